import { z } from 'zod';
import { id, objectOf, optionalText, time } from '../shapes';
import { type HmsVerbs, path } from './verbs';

/** One device of one user, there or gone. Who joins again is another one: attendance is summed by user. */
const hmsSessionPeer = objectOf({
  id,
  name: optionalText,
  role: optionalText,
  user_id: optionalText,
  joined_at: time,
  /** Undefined: still there. */
  left_at: time,
});

const hmsSession = objectOf({
  id,
  room_id: z.string(),
  customer_id: optionalText,
  active: z.boolean(),
  peers: z
    .record(z.string(), hmsSessionPeer)
    .nullish()
    .transform((peers) => Object.values(peers ?? {})),
  created_at: time,
  updated_at: time,
});

/** One session of a room, at most 12 h: from `createdAt` to `updatedAt`. */
export type HmsSession = z.infer<typeof hmsSession>;

export interface HmsSessionFilter {
  /** Running ones, or those that are over: what comes without it is not documented. */
  readonly active: boolean;
  readonly roomId?: string | undefined;
  /** Both inclusive, by the time of opening. */
  readonly after?: Date | undefined;
  readonly before?: Date | undefined;
}

/** "Sessions" of the 100ms documentation. */
export class HmsSessions {
  constructor(private readonly verbs: HmsVerbs) {}

  get(sessionId: string, signal?: AbortSignal): Promise<HmsSession> {
    return this.verbs.get({ path: path`/sessions/${sessionId}`, answer: hmsSession, signal });
  }

  /** Newest first. */
  list({ active, roomId, after, before }: HmsSessionFilter, signal?: AbortSignal): AsyncIterable<HmsSession> {
    const query = {
      active: String(active),
      room_id: roomId,
      after: after?.toISOString(),
      before: before?.toISOString(),
    };
    return this.verbs.list('/sessions', hmsSession, { query, signal });
  }
}
