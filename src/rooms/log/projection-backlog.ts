import type { Room } from '../room.model';
import type { Fold } from './fold';
import type { RoomEvent } from './room-event.model';

/** What is committed in one room and not yet projected into the stored room and its participants. */
export class ProjectionBacklog {
  /** Oldest first. */
  private entries: RoomEvent[] = [];
  /** The last of them that another process committed. That process projects and publishes it, unless it dies. */
  private othersUpTo = 0;
  /** The place in the log that the stored room has reached. */
  private projectedSeq = 0;
  /** Since when it is unknown whether an insert was stored. */
  private unsureSince: Date | undefined;

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  get projectedUpTo(): number {
    return this.projectedSeq;
  }

  /** Since when there may be committed entries that the stored room lacks; undefined without any. */
  get dirtySince(): Date | undefined {
    const since = [this.entries[0]?.recordedAt, this.unsureSince].filter((each) => each !== undefined);
    return since.length > 0 ? new Date(Math.min(...since.map((each) => each.getTime()))) : undefined;
  }

  get unwritten(): Fold | undefined {
    const [first] = this.entries;
    if (!first) return undefined;
    const { roomId, epoch } = first;
    const { projectedSeq: after, othersUpTo } = this;
    return { roomId, epoch, after, entries: [...this.entries], othersUpTo };
  }

  /** What the newest entry says of the room: the stored room is behind it where it cannot be written. */
  get ahead(): Pick<Room, 'epoch' | 'participantCount' | 'asOfSeq' | 'asOfEntry'> | undefined {
    const last = this.entries.at(-1);
    if (last?.participantCount === undefined) return undefined;
    const { epoch, participantCount, seq: asOfSeq, _id: asOfEntry } = last;
    return { epoch, participantCount, asOfSeq, asOfEntry };
  }

  /** Begins again with a room as it was read, and with what the log holds after its place. */
  restart(projectedSeq: number, entries: readonly RoomEvent[]): void {
    this.projectedSeq = projectedSeq;
    this.othersUpTo = 0;
    this.entries = [];
    this.unsureSince = undefined;
    this.addOthers(entries);
  }

  addOthers(entries: readonly RoomEvent[]): void {
    this.othersUpTo = entries.at(-1)?.seq ?? this.othersUpTo;
    this.entries.push(...entries);
  }

  /** An insert begins: unless `stored` or another read of the log follows, it is unknown what became of it. */
  inserting(at: Date): void {
    this.unsureSince ??= at;
  }

  stored(entries: readonly RoomEvent[]): void {
    this.unsureSince = undefined;
    this.entries.push(...entries);
  }

  /** Returns false where the entries are of another epoch: the room was read again in the meantime, and may even have begun again. */
  wasProjected({ epoch, entries }: Fold): boolean {
    if (this.entries[0]?.epoch !== epoch) return false;
    const projected = entries.at(-1)?.seq ?? 0;
    this.projectedSeq = Math.max(this.projectedSeq, projected);
    this.entries = this.entries.filter(({ seq }) => seq > projected);
    return true;
  }
}
