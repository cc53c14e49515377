import type { Commands } from '../../database/commands';
import type { EventBus } from '../../events/event-bus';
import type { Meter } from '../../figures';
import type { Traces } from '../../spans';
import { gathered } from '../asking/gathered';
import { type CountWrites, Remembered } from '../asking/remembered';
import { type Append, wakeUp } from '../feed/wake-up';
import type { Models } from '../models';
import { Room } from '../room.model';
import { LateFolds } from './late-folds';
import type { Question } from './questions';
import { RoomCommits } from './room-commits';
import { readEntries } from './room-entries';
import type { RoomEvent } from './room-event.model';
import { RoomLane } from './room-lane';
import type { RoomState } from './room-state';

/** Idle rooms whose state is kept in memory; beyond it the longest unused is read again when next needed. */
const MOST_ROOMS_IN_MEMORY = 2_000;
/** Rooms of which it is kept whether they are enabled. */
const MOST_KNOWN = 10_000;

export interface RoomLogParts {
  readonly models: Models;
  readonly bus: EventBus;
  /** Whether other processes may work on the same database. */
  readonly severalProcesses: boolean;
  readonly commands: Commands;
  readonly countRooms?: CountWrites;
  /** Of entries. */
  readonly countEntries?: CountWrites;
  readonly now: () => Date;
  readonly meter: Meter;
  readonly traces?: Traces | undefined;
  /** Receives errors of writing folds and of the bus. Neither loses data. */
  readonly report: (error: unknown, roomId: string) => void;
}

/** The bus topic on which a room's new entries are told. */
export function topicOf(roomId: string): string {
  return `room:${roomId}`;
}

/**
 * The append-only history of every room, and the one way to change who is there.
 *
 * - Within an epoch places start at 1 and grow by exactly 1, in commit order.
 * - The insert of an entry is the commit. The stored room and participants follow in a moment; after a crash in between, when
 *   the room is next asked, or at the next start.
 * - Entries can be read before a command's result is returned, and listeners receive them only after they are committed.
 */
export class RoomLog {
  private readonly lanes = new Map<string, RoomLane>();
  private readonly commits: RoomCommits;
  private readonly folds: LateFolds;

  /** Whether the database has the room enabled at this moment, read in its lane; false for an unknown room. */
  readonly isEnabled: (roomId: string) => Promise<boolean>;

  constructor(private readonly parts: RoomLogParts) {
    const { models, commands } = parts;
    this.commits = new RoomCommits(models, commands);
    const known = new Remembered<boolean>(parts.countRooms, MOST_KNOWN);
    this.folds = new LateFolds({ models, commands, enabled: known }, parts.severalProcesses);
    const ask = gathered<string, boolean>(async (roomIds) => {
      const asked = { roomId: { $in: [...new Set(roomIds)] }, enabled: true };
      const enabled = new Set(await parts.models.rooms.collection.distinct('roomId', asked));
      return (roomId) => enabled.has(roomId);
    });
    this.isEnabled = (roomId) => known.answer(roomId, () => ask(roomId));
  }

  /**
   * Puts a question to the room as it is and commits what it decides.
   *
   * @throws AppError ROOM_NOT_FOUND, the errors of `decide`, or UNAVAILABLE while other processes keep appending first.
   */
  ask<T>(roomId: string, question: Question<T>): Promise<T> {
    return this.lane(roomId).ask(question);
  }

  /** What `look` sees in the room at one moment that is in the log. It must copy what it keeps. */
  look<T>(roomId: string, look: (room: RoomState) => T): Promise<T> {
    return this.ask(roomId, { decide: (room) => ({ changes: [], answer: look(room) }) });
  }

  /** As `look`, at a room that another process may have enabled or disabled, of which the log says nothing. */
  async lookAnew<T>(roomId: string, look: (room: RoomState) => T): Promise<T> {
    let isEnabled = false;
    return this.ask(roomId, {
      prepare: async () => {
        isEnabled = await this.isEnabled(roomId);
      },
      decide: (room) => {
        room.enabled = isEnabled;
        return { changes: [], answer: look(room) };
      },
    });
  }

  /** At most `limit` entries of one epoch after `seq`, oldest first. */
  read(room: { roomId: string; epoch: string }, after: number, limit: number): Promise<RoomEvent[]> {
    return readEntries(this.parts.models, room, after, limit);
  }

  /**
   * To be awaited before stored rooms or participants are read: they then include everything that this process has acknowledged, of one
   * room or of all. Never rejects: where the fold could not be written, they are as old as they are.
   */
  async folded(roomId?: string): Promise<void> {
    if (roomId === undefined || this.lanes.get(roomId)?.unwritten) await this.folds.written();
  }

  /** A stored room as it is by what this process has committed, also while that cannot be written to it, on a full disk say. */
  current(stored: Room): Room {
    const ahead = this.lanes.get(stored.roomId)?.ahead;
    const isAhead = ahead?.epoch === stored.epoch && ahead.asOfSeq > stored.asOfSeq;
    return isAhead ? Object.assign(new Room(), stored, ahead) : stored;
  }

  /** A hint that a log has reached a position. It only makes the room read the log before its next decision. */
  wasToldOf({ roomId, seq }: { roomId: string; seq: number }): void {
    this.lanes.get(roomId)?.wasToldOf(seq);
  }

  /** Rooms whose stored fold may lag behind their log, with the moment since when. */
  dirty(): { roomId: string; since: Date }[] {
    return [...this.lanes].flatMap(([roomId, { dirtySince }]) =>
      dirtySince ? [{ roomId, since: dirtySince }] : [],
    );
  }

  private lane(roomId: string): RoomLane {
    const lane = this.lanes.get(roomId) ?? this.open(roomId);
    // Moved to the end: the map's order is the order of last use.
    this.lanes.delete(roomId);
    this.lanes.set(roomId, lane);
    return lane;
  }

  private open(roomId: string): RoomLane {
    if (this.lanes.size >= MOST_ROOMS_IN_MEMORY) {
      for (const [other, { idle }] of this.lanes) {
        if (!idle) continue;
        this.lanes.delete(other);
        break;
      }
    }
    const { isEnabled, commits, folds } = this;
    const { models, now, report, bus, meter, traces, countEntries } = this.parts;
    const announce = (room: string, entries: readonly RoomEvent[], appends?: readonly Append[]) => {
      if (entries.length === 0) return;
      bus.publish(topicOf(room), wakeUp(entries, appends)).catch((error: unknown) => report(error, room));
    };
    const announceHere = (room: string, entries: readonly RoomEvent[]) => {
      if (entries.length > 0) bus.publishHere(topicOf(room), wakeUp(entries));
    };
    const doing = { models, commits, folds, isEnabled, countEntries, now };
    return new RoomLane(roomId, { ...doing, announce, announceHere, report, meter, traces });
  }
}
