import { Gate } from '../../gate';
import { SnapshotReason } from '../log/participant-update';
import type { RoomEvent } from '../log/room-event.model';
import type { RoomLog } from '../log/room-log';
import { Turns } from './turns';

/** Entries of a page, which is in memory once for all its readers. */
const PAGE = 100;
/** How many pages are read at the same time. They use connections that all other work needs, too. */
const READS = 8;
/** Entries that are told in one turn of the event loop, to whomever. */
const ONE_TURN = 20;

/** The log of a room, in one of its epochs. */
interface LogOfRoom {
  readonly roomId: string;
  readonly epoch: string;
}

/** A page, for as long as a replay reads it. */
interface Page {
  readonly entries: Promise<readonly RoomEvent[]>;
  readers: number;
}

/**
 * What watchers missed, read from the log. They come by the hundred, after a deploy or when readers that stalled wake up, and then
 * others must not wait for them: subscribers about as far behind read the same pages, few are read at a time, and they are delivered in slices,
 * one turn of the event loop after another.
 */
export class Past {
  private readonly pages = new Map<string, Page>();
  private readonly slices = new Turns(ONE_TURN);
  private readonly reads = new Gate(READS);

  constructor(private readonly log: Pick<RoomLog, 'read'>) {}

  /** The entries after `seq` up to `upTo`, which must be committed. Throws StoryCut where one of them is gone. */
  async *tell(room: LogOfRoom, seq: number, upTo: number): AsyncGenerator<RoomEvent, void> {
    let last = seq;
    while (last < upTo) {
      // Pages end at the same positions for all subscribers, wherever they began.
      const after = last;
      const end = Math.min(upTo, after - (after % PAGE) + PAGE);
      const key = JSON.stringify([room.roomId, room.epoch, after, end]);
      const page = this.pages.get(key) ?? {
        entries: this.reads.pass(() => this.log.read(room, after, end - after)),
        readers: 0,
      };
      this.pages.set(key, page);
      page.readers += 1;
      try {
        const entries = await page.entries;
        if (entries[0]?.seq !== after + 1) throw new StoryCut(SnapshotReason.TRIMMED);
        for (const [at, entry] of entries.entries()) {
          if (at % ONE_TURN === 0) await this.slices.next(Math.min(ONE_TURN, entries.length - at));
          last = entry.seq;
          yield entry;
        }
      } finally {
        page.readers -= 1;
        if (page.readers === 0) this.pages.delete(key);
      }
    }
  }
}

/** A stretch of the log that a stream still needed was trimmed, or is of an epoch that is over. */
export class StoryCut extends Error {
  constructor(readonly reason: SnapshotReason) {
    super(reason);
  }
}
