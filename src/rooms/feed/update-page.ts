import type { Caller } from '../access/caller';
import { ParticipantAction, type ParticipantUpdate, SnapshotReason } from '../log/participant-update';
import { parseInput, type UpdatesInput, updatesInput } from '../room.input';
import { placeGone, type RoomFeed } from './room-feed';

export interface UpdatePage {
  readonly updates: readonly ParticipantUpdate[];
  /** Where the next page continues, also without updates. */
  readonly cursor: string;
}

/**
 * A page of a room's updates, for who comes and asks: everything after a place that has happened, at most `limit` of it. Where
 * there is nothing, waits up to `wait` seconds for the first update. Without `after`, from now on.
 *
 * @param gone aborts when the client has disconnected; `hurry`, when the page is due at once, with the updates so far
 * @throws AppError BAD_USER_INPUT, UNAUTHENTICATED, ROOM_NOT_FOUND, BAD_CURSOR; CURSOR_EXPIRED unless a snapshot is asked for
 */
export async function readUpdates(
  feed: Pick<RoomFeed, 'follow'>,
  input: UpdatesInput,
  { caller, gone, hurry }: { caller: Caller; gone: AbortSignal; hurry: AbortSignal },
): Promise<UpdatePage> {
  const { roomId, after, snapshot, limit, wait } = parseInput(updatesInput, input);
  const stop = new AbortController();
  const end = () => stop.abort();
  gone.addEventListener('abort', end, { once: true });
  let timer: NodeJS.Timeout | undefined;
  // Before the wait there is a past to be told, and the place where it ends.
  const waitNoMore = () => timer && end();
  hurry.addEventListener('abort', waitNoMore, { once: true });
  // The markers are asked for in any case: they tell where the past ends.
  const stream = await feed.follow({ roomId, after, snapshot: true }, caller, stop.signal);
  const updates: ParticipantUpdate[] = [];
  let cursor = after ?? '';
  try {
    for await (const update of stream) {
      const { action, reason } = update;
      const isMarker = action === ParticipantAction.SNAPSHOT || action === ParticipantAction.CAUGHT_UP;
      if (reason && reason !== SnapshotReason.FIRST && !snapshot) throw placeGone(reason);
      if (!isMarker || (reason && snapshot)) updates.push(update);
      cursor = update.cursor;
      const isPast = update.replayed && updates.length < limit;
      if (isPast) continue;
      if (updates.length > 0 || wait === 0 || hurry.aborted) break;
      timer ??= setTimeout(end, wait * 1_000);
    }
    return { updates, cursor };
  } finally {
    clearTimeout(timer);
    gone.removeEventListener('abort', end);
    hurry.removeEventListener('abort', waitNoMore);
  }
}
