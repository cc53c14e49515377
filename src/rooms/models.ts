import { buildSchema } from '@typegoose/typegoose';
import type { Connection, Model, Schema } from 'mongoose';
import { RoomGrant } from './access/room-grant.model';
import {
  AccessNote,
  CreateRequest,
  InboxEvent,
  MintedToken,
  RevokedLogins,
  RunningProcess,
  Session,
  Setting,
} from './bookkeeping.models';
import { RoomEvent } from './log/room-event.model';
import { Participant } from './participant.model';
import { Removal } from './removals/removal.model';
import { Room } from './room.model';

/** The collections of one database. */
export interface Models {
  rooms: Model<Room>;
  participants: Model<Participant>;
  events: Model<RoomEvent>;
  sessions: Model<Session>;
  createRequests: Model<CreateRequest>;
  mintedTokens: Model<MintedToken>;
  grants: Model<RoomGrant>;
  revokedLogins: Model<RevokedLogins>;
  accessNotes: Model<AccessNote>;
  removals: Model<Removal>;
  inbox: Model<InboxEvent>;
  processes: Model<RunningProcess>;
  settings: Model<Setting>;
  /** With which the logs are read; undefined for that of the server. */
  logReadConcern?: 'majority' | undefined;
}

/** Binds the models to a connection: no global one, so that a process may hold several. */
export function openModels(connection: Connection, logReadConcern?: 'majority'): Models {
  // Typegoose and mongoose each describe a document in types of their own, which do not meet.
  const bind = <T>(model: new () => T): Model<T> =>
    connection.model(model.name, buildSchema(model) as unknown as Schema) as unknown as Model<T>;
  return {
    rooms: bind(Room),
    participants: bind(Participant),
    events: bind(RoomEvent),
    sessions: bind(Session),
    createRequests: bind(CreateRequest),
    mintedTokens: bind(MintedToken),
    grants: bind(RoomGrant),
    revokedLogins: bind(RevokedLogins),
    accessNotes: bind(AccessNote),
    removals: bind(Removal),
    inbox: bind(InboxEvent),
    processes: bind(RunningProcess),
    settings: bind(Setting),
    logReadConcern,
  };
}
