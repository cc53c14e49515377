import type { RoomWebhook } from '../rooms/room';
import type { Outcome } from './delivery';

/** Real milliseconds, independent of the time scale: the receiver is a real program. */
const ANSWERED_WITHIN = 5_000;

/** Posts an event once. Only 200 is success; a redirect is not followed. */
export async function postWebhook(target: RoomWebhook | undefined, event: object): Promise<Outcome> {
  if (!target) return { ok: false, reason: 'no webhook url is configured' };
  try {
    const response = await fetch(target.url, {
      method: 'POST',
      headers: { ...target.headers, 'content-type': 'application/json' },
      body: JSON.stringify(event),
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWERED_WITHIN),
    });
    await response.body?.cancel();
    return response.status === 200 ? { ok: true } : { ok: false, reason: `status ${response.status}` };
  } catch (error) {
    const isLate = (error as Error).name === 'TimeoutError';
    return { ok: false, reason: isLate ? 'timeout' : 'connection failed' };
  }
}
