import { z } from 'zod';
import { id, objectOf, optionalText, time } from '../shapes';
import { type HmsVerbs, path } from './verbs';

const hmsStreamKey = objectOf({
  id,
  room_id: z.string(),
  url: z.string(),
  key: z.string(),
  enabled: z.boolean(),
  created_at: time,
  updated_at: time,
});

/** A room has one active key at the most. */
const hmsStreamKeys = z
  .object({ data: z.tuple([hmsStreamKey], z.unknown()) })
  .transform(({ data }) => data[0]);

const hmsMessage = objectOf({ message: optionalText });

/**
 * With `key` any encoder streams into the room at `url` by RTMP, until the key is disabled: treat it as a secret. The
 * address may change, so ask for it before each stream.
 */
export type HmsStreamKey = z.infer<typeof hmsStreamKey>;

/** "Stream keys" of the 100ms documentation, which 100ms opens to an account when it is asked to. */
export class HmsStreamKeys {
  constructor(private readonly verbs: HmsVerbs) {}

  /** Refused with 400 where the room has an active one. To replace it, disable that first. */
  create(roomId: string, signal?: AbortSignal): Promise<HmsStreamKey> {
    return this.verbs.act({ path: path`/stream-keys/room/${roomId}`, answer: hmsStreamKey, signal });
  }

  /** The active key of the room. 404 without one. */
  get(roomId: string, signal?: AbortSignal): Promise<HmsStreamKey> {
    return this.verbs.get({ path: path`/stream-keys/room/${roomId}`, answer: hmsStreamKeys, signal });
  }

  /** Refused with 404 where the room has no active one. */
  async disable(roomId: string, signal?: AbortSignal): Promise<void> {
    const asked = { path: path`/stream-keys/room/${roomId}/disable`, answer: hmsMessage, signal };
    await this.verbs.act(asked);
  }
}
