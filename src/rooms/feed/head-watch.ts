import type { EventBus } from '../../events/event-bus';
import type { Models } from '../models';
import type { RoomTails } from './room-tails';

/** How often the heads of the watched rooms are looked at, in milliseconds: while the bus is heard, and while it is not. */
const LOOK_EVERY = { heard: 5_000, deaf: 250 } as const;
/** Rooms of one query. */
const AT_ONCE = 1_000;

export interface HeadWatchParts {
  readonly models: Models;
  readonly tails: RoomTails;
  readonly bus: Pick<EventBus, 'isDeaf'>;
  readonly report: (error: unknown, about: string) => void;
}

/**
 * Stands in for wake-ups that never came: looks where the logs of all watched rooms end, in one query, and tells their
 * tails. Losing every message of the bus therefore costs latency only.
 */
export class HeadWatch {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: HeadWatchParts) {}

  start(): void {
    this.timer = setInterval(() => this.lookWhenDue(), LOOK_EVERY.deaf).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  private lookWhenDue(): void {
    const every = this.parts.bus.isDeaf ? LOOK_EVERY.deaf : LOOK_EVERY.heard;
    if (performance.now() - this.lookedAt < every) return;
    // The next look begins that long after this one ended, however slow the database is.
    this.lookedAt = Number.POSITIVE_INFINITY;
    this.looking = this.look()
      .catch((error: unknown) => this.parts.report(error, 'watched rooms'))
      .finally(() => {
        this.lookedAt = performance.now();
      });
  }

  private async look(): Promise<void> {
    const { models, tails } = this.parts;
    const watched = tails.watched();
    for (let from = 0; from < watched.length; from += AT_ONCE) {
      const roomId = { $in: watched.slice(from, from + AT_ONCE) };
      const heads = await models.rooms.find({ roomId }, { roomId: 1, epoch: 1, asOfSeq: 1 }).lean();
      for (const { roomId: id, epoch, asOfSeq } of heads) tails.tell(id, { epoch, seq: asOfSeq });
    }
  }
}
