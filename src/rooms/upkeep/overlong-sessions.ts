import { UpdateSource } from '../log/participant-update';
import type { Models } from '../models';
import type { PeerPresence } from '../presence/peer-presence';

/** 100ms ends every session after 12 hours, in seconds. */
const LONGEST_SESSION = 12 * 3_600;
/** How long its own word about that may take, in seconds. */
const PATIENCE = 120;
const AT_MOST = 500;

/**
 * Closes here what 100ms must have ended by its own rules, after 12 hours or the room's `maxDurationSeconds`, and has
 * not told of.
 *
 * @returns how many sessions that were
 */
export async function closeOverlongSessions(
  { models, peers }: { models: Models; peers: PeerPresence },
  now: Date,
): Promise<number> {
  const open = await models.sessions
    .find({ closedAt: null, openedAt: { $lte: new Date(now.getTime() - PATIENCE * 1_000) } })
    .sort({ openedAt: 1 })
    .limit(AT_MOST)
    .lean();
  const rooms = await models.rooms
    .find({ roomId: { $in: open.map(({ roomId }) => roomId) } }, { roomId: 1, maxDurationSeconds: 1 })
    .lean();
  const limits = new Map(rooms.map((room) => [room.roomId, room.maxDurationSeconds ?? LONGEST_SESSION]));
  const over = open.flatMap(({ _id: sessionId, roomId, openedAt }) => {
    const limit = Math.min(limits.get(roomId) ?? LONGEST_SESSION, LONGEST_SESSION);
    const stoppedAt = new Date((openedAt?.getTime() ?? 0) + limit * 1_000);
    const isOver = stoppedAt.getTime() + PATIENCE * 1_000 <= now.getTime();
    return isOver ? [{ kind: 'session.closed', roomId, sessionId, stoppedAt } as const] : [];
  });
  for (const notice of over) await peers.notice(notice, { source: UpdateSource.RECONCILE, heardAt: now });
  return over.length;
}
