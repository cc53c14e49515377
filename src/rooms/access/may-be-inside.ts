/** What is known of the tokens that were minted for one user in one room. */
export interface TokenValidity {
  readonly wasMinted: boolean;
  /** When the last token expires that was not revoked; undefined where every one was. */
  readonly goodUntil?: Date | undefined;
}

/** What decides whether one user may be inside one room. */
export interface EntryFacts {
  /** The user is on the block list of the room. */
  readonly isBlocked?: boolean;
  /** The user was removed from the room, or uninvited from one that is INVITED, and was not invited since. */
  readonly isRemoved: boolean;
  readonly tokens: TokenValidity;
}

/** Why a user may not be inside. */
export type Bar = 'blocked' | 'removed' | 'no valid token';

/** 100ms checks a token before it writes down the time of the join, and by its own clock. In milliseconds. */
const JOIN_TOLERANCE_MS = 10_000;

/**
 * Returns why a user who is inside since `joinedAt` may not be; undefined where they may.
 *
 * A token expires for joins only, here as at 100ms: one that was good at the join and was not revoked is enough to stay. A user for
 * whom none was minted came by a room code or the dashboard, and stays unless they were removed or blocked.
 */
export function whyBarred(facts: EntryFacts, joinedAt: Date): Bar | undefined {
  const { tokens } = facts;
  const bar = barOfReport(facts);
  if (bar || !tokens.wasMinted) return bar;
  const goodUntil = tokens.goodUntil?.getTime() ?? Number.NEGATIVE_INFINITY;
  return joinedAt.getTime() <= goodUntil + JOIN_TOLERANCE_MS ? undefined : 'no valid token';
}

/** Returns why a user may not report their own presence. Tokens do not matter for that: a login does. */
export function barOfReport({ isBlocked, isRemoved }: EntryFacts): Bar | undefined {
  if (isBlocked) return 'blocked';
  return isRemoved ? 'removed' : undefined;
}
