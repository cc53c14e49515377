import type { EventBus } from '../events/event-bus';
import type { RoomEvent } from './room-event.model';
import { type RoomLog, topicOf } from './room-log';

/** Without any message from the bus the log is asked this often, in milliseconds. */
const POLL_EVERY = 5_000;
const PAGE = 1_000;

type Hear = (entry: RoomEvent) => void;

export interface TailParts {
  readonly log: RoomLog;
  readonly bus: EventBus;
  readonly report: (error: unknown, roomId: string) => void;
}

/**
 * The live end of one room's log, shared by everyone who watches the room: they hear every entry once, in order,
 * without a hole. A message of the bus is only a hint; what is missing between it and the last entry is read from
 * the log, and a slow poll stands in for messages that never came.
 */
export class RoomTail {
  private readonly hearers = new Set<Hear>();
  private subscription: number | undefined;
  private poll: NodeJS.Timeout | undefined;
  private catchingUp: Promise<void> | undefined;
  private seq = 0;
  private epoch = '';

  constructor(
    private readonly roomId: string,
    private readonly parts: TailParts,
  ) {}

  /** Begins to listen, then finds where the log ends: whatever is committed afterwards is heard. */
  async open(): Promise<void> {
    const { bus, log, report } = this.parts;
    const early: RoomEvent[] = [];
    let hint = (entries: readonly RoomEvent[]): void => {
      early.push(...entries);
    };
    this.subscription = await bus.subscribe(
      topicOf(this.roomId),
      (entries: RoomEvent[]) => hint(entries),
      {},
    );
    const { epoch, seq } = await log.look(this.roomId, (room) => room.place);
    this.epoch = epoch;
    this.seq = seq;
    hint = (entries) => this.take(entries);
    this.take(early);
    this.poll = setInterval(() => {
      this.catchUp().catch((error: unknown) => report(error, this.roomId));
    }, POLL_EVERY).unref();
  }

  close(): void {
    clearInterval(this.poll);
    if (this.subscription !== undefined) this.parts.bus.unsubscribe(this.subscription);
  }

  /** From now on `hear` is told of every new entry. Answers with the place after which that begins. */
  attach(hear: Hear): { epoch: string; seq: number } {
    this.hearers.add(hear);
    return { epoch: this.epoch, seq: this.seq };
  }

  detach(hear: Hear): void {
    this.hearers.delete(hear);
  }

  private take(entries: readonly RoomEvent[]): void {
    for (const entry of entries) {
      const isOfThisEpoch = entry.epoch === this.epoch;
      if (isOfThisEpoch && entry.seq <= this.seq) continue;
      if (!isOfThisEpoch || entry.seq > this.seq + 1) {
        this.catchUp().catch((error: unknown) => this.parts.report(error, this.roomId));
        return;
      }
      this.seq = entry.seq;
      for (const hear of this.hearers) hear(entry);
    }
  }

  private catchUp(): Promise<void> {
    this.catchingUp ??= this.readOn().finally(() => {
      this.catchingUp = undefined;
    });
    return this.catchingUp;
  }

  private async readOn(): Promise<void> {
    const head = await this.parts.log.look(this.roomId, (room) => room.place);
    if (head.epoch !== this.epoch) {
      // Whoever hears the first entry of another epoch knows that the story was cut.
      this.epoch = head.epoch;
      this.seq = 0;
    }
    while (this.seq < head.seq) {
      const page = await this.parts.log.read({ roomId: this.roomId, epoch: this.epoch }, this.seq, PAGE);
      const first = page[0];
      if (!first) return;
      // Trimmed under our feet: the watchers find the hole themselves, and are reset.
      if (first.seq > this.seq + 1) this.seq = first.seq - 1;
      this.take(page);
    }
  }
}

interface SharedTail {
  readonly opening: Promise<RoomTail>;
  watchers: number;
}

/** The tails of the rooms that somebody watches; each lives as long as it has watchers. */
export class RoomTails {
  private readonly tails = new Map<string, SharedTail>();

  constructor(private readonly parts: TailParts) {}

  /**
   * From now on `hear` is told of every new entry of the room. Answers with the place after which that begins, and
   * with the way to stop it, which may be called again.
   *
   * @throws AppError ROOM_NOT_FOUND
   */
  async attach(roomId: string, hear: Hear): Promise<{ epoch: string; seq: number; detach: () => void }> {
    const shared = this.tails.get(roomId) ?? this.open(roomId);
    // Counted before the wait, so that the last other watcher cannot close the tail meanwhile.
    shared.watchers += 1;
    const release = once(() => this.release(roomId, shared));
    try {
      const tail = await shared.opening;
      const place = tail.attach(hear);
      const detach = () => {
        tail.detach(hear);
        release();
      };
      return { ...place, detach };
    } catch (error) {
      release();
      throw error;
    }
  }

  private open(roomId: string): SharedTail {
    const tail = new RoomTail(roomId, this.parts);
    const shared = { opening: tail.open().then(() => tail), watchers: 0 };
    this.tails.set(roomId, shared);
    shared.opening.catch(() => tail.close());
    return shared;
  }

  private release(roomId: string, shared: SharedTail): void {
    shared.watchers -= 1;
    if (shared.watchers > 0) return;
    if (this.tails.get(roomId) === shared) this.tails.delete(roomId);
    shared.opening.then((tail) => tail.close()).catch(() => undefined);
  }
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
