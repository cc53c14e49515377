import type { Commands } from '../../database/commands';
import { gathered } from '../asking/gathered';
import { type CountWrites, Remembered } from '../asking/remembered';
import type { Models } from '../models';
import type { EntryFacts } from './may-be-inside';
import { grantId, RoomAccess, type RoomGrant } from './room-grant.model';
import type { AskMintedFacts, Holder } from './token-facts';

export type AskEntryFacts = (holder: Holder) => Promise<EntryFacts>;

type Removed = Pick<RoomGrant, '_id' | 'putOutAt' | 'uninvitedAt'>;

/** Users in rooms whose grants are cached. */
const MAX_CACHED = 10_000;

const read = { putOutAt: 1, uninvitedAt: 1 } as const;

export interface EntryFactsDeps {
  readonly models: Pick<Models, 'grants' | 'rooms'>;
  readonly commands: Commands;
  readonly mintedFacts: AskMintedFacts;
  readonly countGrants: CountWrites;
}

/**
 * Returns a function that reads what decides whether a user may be inside a room. A storm of joins costs one query for grants and
 * one for tokens per tick; where this process sees every write to the database, a user who is known costs none.
 */
export function entryFactsOf({ models, commands, mintedFacts, countGrants }: EntryFactsDeps): AskEntryFacts {
  const known = new Remembered<Removed | undefined>(countGrants, MAX_CACHED);
  const askGrant = gathered<string, Removed | undefined>(async (ids) => {
    const filter = { _id: { $in: [...new Set(ids)] } };
    const found = await commands.find<Removed>(models.grants.collection, { filter, projection: read });
    const byId = new Map(found.map((grant) => [grant._id, grant]));
    return (id) => byId.get(id);
  });
  const isForInvited = gathered<string, boolean>(async (roomIds) => {
    const filter = { roomId: { $in: [...new Set(roomIds)] }, access: RoomAccess.INVITED };
    const found = new Set(await models.rooms.distinct('roomId', filter));
    return (roomId) => found.has(roomId);
  });
  return async (holder) => {
    const { roomId, userId } = holder;
    const id = grantId(roomId, userId);
    const [grant, { validity: tokens }] = await Promise.all([
      known.answer(id, () => askGrant(id)),
      mintedFacts(holder),
    ]);
    // An OPEN room takes in users who were uninvited, as guests.
    const isUninvited = grant?.uninvitedAt !== undefined && (await isForInvited(roomId));
    return { isRemoved: grant?.putOutAt !== undefined || isUninvited, tokens };
  };
}
