import type { Commands } from '../../database/commands';
import { gathered } from '../asking/gathered';
import { type CountWrites, Remembered } from '../asking/remembered';
import type { MintedToken } from '../bookkeeping.models';
import type { TokenFacts } from '../log/participant-changes';
import type { Models } from '../models';

/** A user in a room. */
interface Holder {
  readonly roomId: string;
  readonly userId: string;
}

/** Users in rooms of whom it is kept what their tokens say. */
const MOST_KNOWN = 10_000;

const seen = { roomId: 1, userId: 1, name: 1, role: 1 } as const;

export type AskTokenFacts = (holder: Holder) => Promise<TokenFacts>;

/** Tells what the newest token says that was minted for a user and a room. */
export function tokenFactsOf(
  { mintedTokens }: Models,
  commands: Commands,
  countTokens: CountWrites,
): AskTokenFacts {
  const known = new Remembered<TokenFacts>(countTokens, MOST_KNOWN);
  const ask = gathered<Holder, TokenFacts>(async (holders) => {
    const newest = new Map<string, TokenFacts>();
    const question = { filter: { $or: byRoom(holders) }, projection: seen, sort: { issuedAt: 1 } } as const;
    const found = await commands.find<MintedToken>(mintedTokens.collection, question);
    for (const { _id: tokenId, name, role, ...holder } of found)
      newest.set(keyOf(holder), { tokenId, name, role });
    return (holder) => newest.get(keyOf(holder)) ?? {};
  });
  return (holder) => known.answer(keyOf(holder), () => ask(holder));
}

function byRoom(holders: readonly Holder[]) {
  const rooms = new Map<string, string[]>();
  for (const { roomId, userId } of holders) rooms.set(roomId, [...(rooms.get(roomId) ?? []), userId]);
  return [...rooms].map(([roomId, userIds]) => ({ roomId, userId: { $in: userIds } }));
}

function keyOf({ roomId, userId }: Holder): string {
  return `${roomId} ${userId}`;
}
