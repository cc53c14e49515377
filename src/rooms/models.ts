import { buildSchema } from '@typegoose/typegoose';
import type { Connection, Model } from 'mongoose';
import { CreateRequest, InboxEvent, MintedToken, Session, Setting } from './bookkeeping.models';
import { Participant } from './participant.model';
import { Room } from './room.model';
import { RoomEvent } from './room-event.model';

/** The collections of one database. */
export interface Models {
  rooms: Model<Room>;
  participants: Model<Participant>;
  events: Model<RoomEvent>;
  sessions: Model<Session>;
  createRequests: Model<CreateRequest>;
  mintedTokens: Model<MintedToken>;
  inbox: Model<InboxEvent>;
  settings: Model<Setting>;
}

/** Binds the models to a connection: no global one, so that a process may hold several. */
export function openModels(connection: Connection): Models {
  return {
    rooms: connection.model<Room>('Room', buildSchema(Room)),
    participants: connection.model<Participant>('Participant', buildSchema(Participant)),
    events: connection.model<RoomEvent>('RoomEvent', buildSchema(RoomEvent)),
    sessions: connection.model<Session>('Session', buildSchema(Session)),
    createRequests: connection.model<CreateRequest>('CreateRequest', buildSchema(CreateRequest)),
    mintedTokens: connection.model<MintedToken>('MintedToken', buildSchema(MintedToken)),
    inbox: connection.model<InboxEvent>('InboxEvent', buildSchema(InboxEvent)),
    settings: connection.model<Setting>('Setting', buildSchema(Setting)),
  };
}
