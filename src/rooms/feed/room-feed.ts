import { AppError } from '../../errors';
import { BoundedQueue } from '../../events/bounded-queue';
import type { Meter } from '../../figures';
import type { Caller } from '../access/caller';
import type { Watches } from '../access/watches';
import { SharedQuestions } from '../asking/shared-questions';
import { type Cursors, entryTail, type Place } from '../log/cursor';
import { ParticipantAction, type ParticipantUpdate, SnapshotReason } from '../log/participant-update';
import type { RoomEvent } from '../log/room-event.model';
import type { RoomLog } from '../log/room-log';
import type { RoomState } from '../log/room-state';
import { FeedStream } from './feed-stream';
import { FeedWords } from './feed-words';
import type { LivePlace, LiveRelay } from './live-relay';
import { Past, StoryCut } from './past';
import type { RoomTails } from './room-tails';

export interface FeedRequest {
  readonly roomId: string;
  /** Continue after this place. */
  readonly after?: string | null | undefined;
  /** Send the markers SNAPSHOT and CAUGHT_UP, and heal with a fresh SNAPSHOT where `after` cannot be used. */
  readonly snapshot: boolean;
  /** Tells the watcher what happens while it is up to date, in this stream's stead. */
  readonly relay?: LiveRelay | undefined;
}

export interface RoomFeedParts {
  readonly log: RoomLog;
  readonly tails: RoomTails;
  readonly cursors: Cursors;
  readonly watches: Pick<Watches, 'begin'>;
  readonly meter: Meter;
  readonly now: () => Date;
  /** Updates that may wait for one watcher; beyond it, the watcher continues from the log. */
  readonly queueAtMost: number;
  /** Entries that a cursor may lie behind. */
  readonly replayAtMost: number;
}

/** Where a stream begins: what it says first, and the stretch of the past that it tells before the present. */
interface Start {
  readonly markers: ParticipantUpdate[];
  readonly epoch: string;
  readonly seq: number;
  readonly replayTo: number;
  /** Said when the past is told. */
  readonly caughtUp?: ParticipantUpdate;
  /** Said last, where the room is closed: there is no present to tell of. */
  readonly closed?: ParticipantUpdate;
}

/** Log and live entries as one ordered stream for each watcher: every entry after its place, in order, once. */
export class RoomFeed {
  private readonly words: FeedWords;
  private readonly past: Past;
  /** The heads of rooms, shared by subscribers that start at the same time: after a deploy all reconnect at once. */
  private readonly heads = new SharedQuestions<Head>();

  constructor(private readonly parts: RoomFeedParts) {
    this.words = new FeedWords(parts.cursors, parts.now);
    this.past = new Past(parts.log);
  }

  /**
   * Follows a room. The watcher is attached to the live end before anything is read, so nothing falls in between.
   * The stream ends when `signal` aborts or the consumer returns, and with ROOM_NOT_FOUND when the caller may no longer watch:
   * from that moment on it tells nothing.
   *
   * @throws AppError UNAUTHENTICATED, ROOM_NOT_FOUND, BAD_CURSOR; CURSOR_EXPIRED for a place that is gone, unless snapshots are asked
   * for; the last also from the stream itself, to a watcher so slow that the log was trimmed before it came by
   */
  async follow(
    request: FeedRequest,
    caller: Caller,
    signal?: AbortSignal,
  ): Promise<AsyncIterableIterator<ParticipantUpdate>> {
    const { roomId, relay } = request;
    const queue = new BoundedQueue<RoomEvent>(this.parts.queueAtMost);
    const stream = new FeedStream(queue, relay, (reason) =>
      this.tell(request, this.startAnew(request, reason), queue),
    );
    try {
      stream.unwatch = await this.parts.watches.begin(caller, roomId, (why) => stream.forbid(why));
      const live = await this.parts.tails.attach(roomId, (entry) => {
        if (queue.push(entry) === 'overflowed') this.parts.meter.count('subscription_overflows_total');
      });
      stream.detach = live.detach;
      stream.begin(this.tell(request, await this.start(request, live), queue));
      signal?.addEventListener('abort', () => stream.stop(), { once: true });
      if (signal?.aborted) stream.stop();
      return stream;
    } catch (error) {
      stream.stop();
      throw error;
    }
  }

  /**
   * The live end of a room for those who tell it on: from the place in the answer on, `hear` gets every update with its
   * place, until another epoch begins.
   *
   * @throws AppError ROOM_NOT_FOUND
   */
  listen(
    roomId: string,
    hear: (update: ParticipantUpdate, place: LivePlace) => void,
  ): Promise<{ epoch: string; seq: number; detach: () => void }> {
    return this.parts.tails.attach(roomId, (entry) => hear(this.words.update(entry, false), entry));
  }

  private async start(request: FeedRequest, live: { epoch: string; seq: number }): Promise<Start> {
    const { roomId, after, snapshot } = request;
    if (snapshot && !isGiven(after)) return this.snapshot(roomId, SnapshotReason.FIRST);
    const place = isGiven(after) ? this.parts.cursors.read(roomId, after) : undefined;
    const now = await this.heads.answer(roomId, () => this.parts.log.lookAnew(roomId, headOf));
    const ending = now.isClosed ? await this.ending(roomId, now.head) : undefined;
    const closed = ending ? { closed: ending.update } : {};
    if (!place) return { markers: [], epoch: live.epoch, seq: live.seq, replayTo: live.seq, ...closed };
    const reason = await this.whyUnusable(roomId, place, now.head);
    if (reason === undefined) {
      const caughtUp = this.words.marker(roomId, now.head, {
        action: ParticipantAction.CAUGHT_UP,
        participantCount: now.participantCount,
      });
      const { epoch, seq } = now.head;
      const replayTo = ending?.isEntry ? seq - 1 : seq;
      return { markers: [], epoch, seq: place.seq, replayTo, ...(snapshot ? { caughtUp } : {}), ...closed };
    }
    return this.startAnew(request, reason);
  }

  /** For a place that is gone. */
  private async startAnew({ roomId, snapshot }: FeedRequest, reason: SnapshotReason): Promise<Start> {
    if (!snapshot) throw placeGone(reason);
    return this.snapshot(roomId, reason);
  }

  /** How the stream of a closed room ends: with its last entry, or, where that does not say so, in other words. */
  private async ending(
    roomId: string,
    head: Place,
  ): Promise<{ update: ParticipantUpdate; isEntry: boolean }> {
    const [last] = await this.parts.log.read({ roomId, epoch: head.epoch }, head.seq - 1, 1);
    if (last?.action === ParticipantAction.ROOM_CLOSED) {
      return { update: this.words.update(last, true), isEntry: true };
    }
    const marker = { action: ParticipantAction.ROOM_CLOSED, participantCount: 0 };
    return { update: this.words.marker(roomId, head, marker), isEntry: false };
  }

  private async whyUnusable(roomId: string, place: Place, head: Place): Promise<SnapshotReason | undefined> {
    if (place.epoch !== head.epoch) return SnapshotReason.EPOCH_CHANGED;
    if (place.seq > head.seq) return SnapshotReason.AHEAD;
    if (place.seq === head.seq) {
      return place.entryTail === head.entryTail ? undefined : SnapshotReason.EPOCH_CHANGED;
    }
    // The cursor's own entry, where it is still kept, and the one that must follow it.
    const found = await this.parts.log.read({ roomId, epoch: head.epoch }, place.seq - 1, 2);
    const own = found.find((entry) => entry.seq === place.seq);
    if (own && entryTail(own._id) !== place.entryTail) return SnapshotReason.EPOCH_CHANGED;
    if (!found.some((entry) => entry.seq === place.seq + 1)) return SnapshotReason.TRIMMED;
    return head.seq - place.seq > this.parts.replayAtMost ? SnapshotReason.GAP_TOO_LARGE : undefined;
  }

  private async snapshot(roomId: string, reason: SnapshotReason): Promise<Start> {
    const { place, isClosed, marker } = await this.parts.log.lookAnew(roomId, (room) => {
      const { place, participantCount, isClosed } = room;
      const marker = this.words.marker(roomId, place, {
        action: ParticipantAction.SNAPSHOT,
        participants: room.present(),
        participantCount,
        reason,
      });
      return { place, isClosed, marker };
    });
    const closed = isClosed ? { closed: (await this.ending(roomId, place)).update } : {};
    return { markers: [marker], epoch: place.epoch, seq: place.seq, replayTo: place.seq, ...closed };
  }

  /**
   * Replays from the log, then delivers from the queue, with entries that the queue lacks read from the log, until
   * the room closes.
   */
  private async *tell(
    { roomId, relay }: FeedRequest,
    start: Start | Promise<Start>,
    queue: BoundedQueue<RoomEvent>,
  ): AsyncGenerator<ParticipantUpdate, void> {
    const { markers, epoch, seq: begin, replayTo, caughtUp, closed } = await start;
    // Let go of as they are told: a snapshot of a large room would stay as long as its watcher.
    for (let marker = markers.shift(); marker; marker = markers.shift()) yield marker;
    let seq = begin;
    for await (const entry of this.past.tell({ roomId, epoch }, seq, replayTo)) {
      seq = entry.seq;
      yield this.words.update(entry, true);
    }
    if (caughtUp) yield caughtUp;
    if (closed) yield closed;
    if (closed) return;
    let handedBackAt: number | undefined;
    for (;;) {
      // Handed back without progress, it waits for the next entry here, or a relay that delivers nothing would keep it spinning.
      if (relay && queue.isIdle && seq !== handedBackAt) {
        // From here on the relay tells what happens, and afterwards the log.
        queue.overflow();
        seq = await relay.carry({ roomId, epoch, seq });
        handedBackAt = seq;
      }
      const taken = await queue.take();
      if (taken === 'ended') return;
      if (taken.length > 1 && taken !== 'overflowed') {
        this.parts.meter.observe('subscription_queue_depth', taken.length);
      }
      const next =
        taken === 'overflowed' ? await this.parts.log.look(roomId, (room) => room.place) : taken[0];
      if (next?.epoch !== epoch) throw new StoryCut(SnapshotReason.EPOCH_CHANGED);
      const upTo = taken === 'overflowed' ? next.seq : next.seq - 1;
      for await (const entry of this.past.tell({ roomId, epoch }, seq, upTo)) {
        seq = entry.seq;
        yield this.words.update(entry, false);
        if (entry.action === ParticipantAction.ROOM_CLOSED) return;
      }
      if (taken === 'overflowed') continue;
      for (const entry of taken) {
        if (entry.epoch !== epoch) throw new StoryCut(SnapshotReason.EPOCH_CHANGED);
        if (entry.seq <= seq) continue;
        seq = entry.seq;
        yield this.words.update(entry, false);
        if (entry.action === ParticipantAction.ROOM_CLOSED) return;
      }
    }
  }
}

type Head = ReturnType<typeof headOf>;

function headOf({ place, participantCount, isClosed }: RoomState) {
  return { head: place, participantCount, isClosed };
}

function isGiven(after: string | null | undefined): after is string {
  return after !== undefined && after !== null;
}

/** For who asked for no snapshot that would stand in for a place that is gone. */
export function placeGone(reason: SnapshotReason): AppError {
  return new AppError(
    'CURSOR_EXPIRED',
    `This cursor is no longer in the log (${reason}). Query the room again, or subscribe with snapshot: true.`,
  );
}
