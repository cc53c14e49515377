import type { Participant } from '../participant.model';

/** Keys of a participant that are kept: a client that reconnects all the time brings a new one each time. */
const MAX_KEYS = 8;

type Keyed = Pick<Participant, 'keys' | 'keysDroppedAt' | 'sessionId' | 'userId'>;

/** By what a participant is found who once held keys that were dropped: any of a user in a 100ms session. */
export function droppedKey({ sessionId, userId }: { sessionId: string; userId: string }): string {
  return `dropped ${sessionId} ${userId}`;
}

/** The participant's keys with those behind them that are newer, the newest last: at most 8, the oldest are dropped. */
export function withKeys(participant: Keyed, newer: readonly string[]): string[] {
  const { sessionId, userId, keysDroppedAt } = participant;
  const marker = sessionId === undefined ? undefined : droppedKey({ sessionId, userId });
  const kept = participant.keys.filter((key) => key !== marker && !newer.includes(key));
  const keys = [...kept, ...newer.filter((key) => key !== marker)].slice(-MAX_KEYS);
  return marker !== undefined && keysDroppedAt ? [marker, ...keys] : keys;
}

/** Whether another key makes the participant drop one. */
export function isFullOfKeys({ keys, keysDroppedAt }: Pick<Keyed, 'keys' | 'keysDroppedAt'>): boolean {
  return keys.length >= (keysDroppedAt ? MAX_KEYS + 1 : MAX_KEYS);
}
