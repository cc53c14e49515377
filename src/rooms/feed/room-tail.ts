import type { EventBus } from '../../events/event-bus';
import type { Meter } from '../../figures';
import type { Traces } from '../../spans';
import type { RoomEvent } from '../log/room-event.model';
import { type RoomLog, topicOf } from '../log/room-log';
import { type Append, readWakeUp } from './wake-up';

const PAGE = 1_000;

export type EntryListener = (entry: RoomEvent) => void;

export interface TailParts {
  readonly log: RoomLog;
  readonly bus: EventBus;
  readonly meter: Meter;
  readonly now: () => Date;
  readonly traces?: Traces | undefined;
  readonly report: (error: unknown, roomId: string) => void;
}

/**
 * The live end of one room's log, shared by all its subscribers, who receive every entry once, in order,
 * without a gap. A message of the bus is only a hint; what is missing between it and the last entry is read from
 * the log, and `lookFrom` (./head-watch.ts) stands in for messages that never came.
 */
export class RoomTail {
  private readonly listeners = new Set<EntryListener>();
  private subscription: number | undefined;
  private catchingUp: Promise<void> | undefined;
  private mustLook = false;
  private seq = 0;
  private epoch = '';

  constructor(
    private readonly roomId: string,
    private readonly parts: TailParts,
  ) {}

  /** Starts to listen, then reads the head of the log: all entries committed afterwards are received. */
  async open(): Promise<void> {
    const { bus, log } = this.parts;
    const early: unknown[] = [];
    let hint = (message: unknown): void => {
      early.push(message);
    };
    this.subscription = await bus.subscribe(topicOf(this.roomId), (message: unknown) => hint(message), {});
    const { epoch, seq } = await log.look(this.roomId, (room) => room.place);
    this.epoch = epoch;
    this.seq = seq;
    hint = (message) => this.onHint(message);
    for (const message of early) this.onHint(message);
  }

  /** Receives a head of the log that is further than the entries received, or in another epoch. */
  lookFrom(head: { epoch: string; seq: number }): void {
    if (head.epoch !== this.epoch || head.seq > this.seq) this.look();
  }

  close(): void {
    if (this.subscription !== undefined) this.parts.bus.unsubscribe(this.subscription);
  }

  /** From now on `hear` is told of every new entry. Answers with the place after which that begins. */
  attach(listener: EntryListener): { epoch: string; seq: number } {
    this.listeners.add(listener);
    return { epoch: this.epoch, seq: this.seq };
  }

  detach(listener: EntryListener): void {
    this.listeners.delete(listener);
  }

  private onHint(message: unknown): void {
    const appends = readWakeUp(this.roomId, message);
    if (appends) for (const append of appends) this.deliver(append);
    else this.look();
  }

  /** One span for all watchers here; what is read from the log has none, because the log does not know what it was asked in. */
  private deliver({ entries, traceparent: cause }: Append): void {
    const { traces, log } = this.parts;
    const last = entries.at(-1);
    if (last && last.epoch === this.epoch) log.wasToldOf(last);
    const [began, before] = [performance.now(), this.seq];
    this.take(entries);
    if (!traces || cause === undefined || this.seq === before) return;
    const facts = {
      'rollcall.room_id': this.roomId,
      'rollcall.seq': this.seq,
      'rollcall.entries': this.seq - before,
      'rollcall.watchers': this.listeners.size,
    };
    traces.ended({ name: 'update delivery', kind: 'consumer', cause, facts }, began);
  }

  private look(): void {
    this.catchUp().catch((error: unknown) => this.parts.report(error, this.roomId));
  }

  private take(entries: readonly RoomEvent[]): void {
    const { meter, now } = this.parts;
    for (const entry of entries) {
      const isOfThisEpoch = entry.epoch === this.epoch;
      if (isOfThisEpoch && entry.seq <= this.seq) continue;
      if (!isOfThisEpoch || entry.seq > this.seq + 1) {
        meter.count('room_event_gaps_total');
        this.look();
        return;
      }
      this.seq = entry.seq;
      const lag = (now().getTime() - entry.recordedAt.getTime()) / 1_000;
      meter.observe('event_delivery_lag_seconds', Math.max(0, lag));
      for (const listener of this.listeners) listener(entry);
    }
  }

  /** Told again while it is at it, it looks again: the end that it read may be an older one. */
  private catchUp(): Promise<void> {
    this.mustLook = true;
    this.catchingUp ??= this.readOn().finally(() => {
      this.catchingUp = undefined;
    });
    return this.catchingUp;
  }

  private async readOn(): Promise<void> {
    while (this.mustLook) {
      this.mustLook = false;
      await this.readToEnd();
    }
  }

  private async readToEnd(): Promise<void> {
    const head = await this.parts.log.look(this.roomId, (room) => room.place);
    if (head.epoch !== this.epoch) {
      // A listener that receives the first entry of another epoch knows that the history was cut.
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
