import { z } from 'zod';
import { id, objectOf, optionalText, time } from '../shapes';
import { type HmsVerbs, path } from './verbs';

const hmsRoomCode = objectOf({
  code: id,
  room_id: z.string(),
  role: z.string(),
  enabled: z.boolean(),
  created_at: time,
  updated_at: time,
});

const hmsRoomCodes = z.object({ data: z.array(hmsRoomCode) }).transform(({ data }) => data);

/** Of the two answers that are documented, Android's has a time and the web's has none. */
const hmsExchanged = objectOf({ token: id, expires_at: optionalText });

/** A code that lets its holder into a room in one role, such as `abc-defg-hij`. */
export type HmsRoomCode = z.infer<typeof hmsRoomCode>;

/** "Room codes" of the 100ms documentation. Rooms made through the API have none until they are asked for. */
export class HmsRoomCodes {
  constructor(private readonly verbs: HmsVerbs) {}

  /** One for every role of the room's template that has none yet; codes of roles that are gone are disabled. */
  createForRoles(roomId: string, signal?: AbortSignal): Promise<readonly HmsRoomCode[]> {
    return this.verbs.act({ path: path`/room-codes/room/${roomId}`, answer: hmsRoomCodes, signal });
  }

  /** One more for this role; at most 100 in a room. */
  createForRole(roomId: string, role: string, signal?: AbortSignal): Promise<HmsRoomCode> {
    const answer = hmsRoomCode;
    return this.verbs.act({ path: path`/room-codes/room/${roomId}/role/${role}`, answer, signal });
  }

  list(
    roomId: string,
    { role, enabled }: { readonly role?: string; readonly enabled?: boolean } = {},
    signal?: AbortSignal,
  ): AsyncIterable<HmsRoomCode> {
    const query = { role, enabled: enabled === undefined ? undefined : String(enabled) };
    return this.verbs.list(path`/room-codes/room/${roomId}`, hmsRoomCode, { query, signal });
  }

  /** Tokens that were given for it stay good. */
  setEnabled(code: string, enabled: boolean, signal?: AbortSignal): Promise<HmsRoomCode> {
    return this.verbs.set({ path: '/room-codes/code', body: { code, enabled }, answer: hmsRoomCode, signal });
  }

  /** An auth token for a code, as 100ms's client SDKs ask for it: without credentials, at the auth address. */
  async exchange(
    code: string,
    userId?: string,
    signal?: AbortSignal,
  ): Promise<{ readonly token: string; readonly expiresAt?: string | undefined }> {
    const body = { code, user_id: userId };
    return this.verbs.ask({ path: '/token', body, answer: hmsExchanged, signal });
  }
}
