import type { Commands } from '../../database/commands';
import { gathered } from '../asking/gathered';
import { type CountWrites, Remembered } from '../asking/remembered';
import type { MintedToken } from '../bookkeeping.models';
import type { TokenFacts } from '../log/participant-changes';
import type { Models } from '../models';
import type { TokenValidity } from './may-be-inside';

/** A user in a room. */
export interface Holder {
  readonly roomId: string;
  readonly userId: string;
}

/** What is known of all tokens that were minted for a user in a room. */
interface MintedFacts {
  /** What the newest one says about its bearer. */
  readonly newest: TokenFacts;
  readonly validity: TokenValidity;
}

/** Users in rooms whose facts are cached. */
const MAX_CACHED = 10_000;

const read = { roomId: 1, userId: 1, name: 1, role: 1, expiresAt: 1, revokedAt: 1 } as const;
const noTokens: MintedFacts = { newest: {}, validity: { wasMinted: false } };

export type AskTokenFacts = (holder: Holder) => Promise<TokenFacts>;
export type AskMintedFacts = (holder: Holder) => Promise<MintedFacts>;

/** Returns a function that reads the facts of minted tokens, in one query for everything that is asked in the same tick. */
export function mintedFactsOf(
  { mintedTokens }: Models,
  commands: Commands,
  countTokens: CountWrites,
): AskMintedFacts {
  const known = new Remembered<MintedFacts>(countTokens, MAX_CACHED);
  const ask = gathered<Holder, MintedFacts>(async (holders) => {
    const facts = new Map<string, MintedFacts>();
    const question = { filter: { $or: byRoom(holders) }, projection: read, sort: { issuedAt: 1 } } as const;
    for (const token of await commands.find<MintedToken>(mintedTokens.collection, question)) {
      const key = keyOf(token);
      facts.set(key, withToken(facts.get(key), token));
    }
    return (holder) => facts.get(keyOf(holder)) ?? noTokens;
  });
  return (holder) => known.answer(keyOf(holder), () => ask(holder));
}

/** @param before what the older tokens say */
function withToken(before: MintedFacts | undefined, token: MintedToken): MintedFacts {
  const { _id: tokenId, name, role, expiresAt, revokedAt } = token;
  const others = before?.validity.goodUntil;
  const isLast = !revokedAt && (others === undefined || others < expiresAt);
  return {
    newest: { tokenId, name, role },
    validity: { wasMinted: true, goodUntil: isLast ? expiresAt : others },
  };
}

function byRoom(holders: readonly Holder[]) {
  const rooms = new Map<string, Set<string>>();
  for (const { roomId, userId } of holders)
    rooms.set(roomId, (rooms.get(roomId) ?? new Set<string>()).add(userId));
  return [...rooms].map(([roomId, userIds]) => ({ roomId, userId: { $in: [...userIds] } }));
}

function keyOf({ roomId, userId }: Holder): string {
  return `${roomId} ${userId}`;
}
