import { gathered } from '../asking/gathered';
import type { MintedToken } from '../bookkeeping.models';
import type { TokenFacts } from '../log/participant-changes';
import type { Models } from '../models';

/** A user in a room. */
export interface Holder {
  readonly roomId: string;
  readonly userId: string;
}

const seen = { roomId: 1, userId: 1, name: 1, role: 1 };

/** Tells what the newest token says that was minted for a user and a room. */
export function tokenFactsOf({ mintedTokens }: Models): (holder: Holder) => Promise<TokenFacts> {
  return gathered(async (holders) => {
    const newest = new Map<string, TokenFacts>();
    // Asked of the driver itself, as everything that every join needs: mongoose costs as much again.
    const found = await mintedTokens.collection
      .find<MintedToken>({ $or: byRoom(holders) }, { projection: seen, sort: { issuedAt: 1 } })
      .toArray();
    for (const { _id: tokenId, name, role, ...holder } of found)
      newest.set(keyOf(holder), { tokenId, name, role });
    return (holder) => newest.get(keyOf(holder)) ?? {};
  });
}

function byRoom(holders: readonly Holder[]) {
  const rooms = new Map<string, string[]>();
  for (const { roomId, userId } of holders) rooms.set(roomId, [...(rooms.get(roomId) ?? []), userId]);
  return [...rooms].map(([roomId, userIds]) => ({ roomId, userId: { $in: userIds } }));
}

function keyOf({ roomId, userId }: Holder): string {
  return `${roomId} ${userId}`;
}
