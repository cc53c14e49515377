import { Types } from 'mongoose';
import { Participant, ParticipantStatus } from '../participant.model';
import type { Room } from '../room.model';
import { entryTail, type Place } from './cursor';
import { withKeys } from './participant-keys';
import type { ParticipantAction, UpdateSource } from './participant-update';
import { RoomEvent } from './room-event.model';

/** Something that happened to a participant, or to the room, before it has a place in the log. */
export interface Change {
  readonly action: ParticipantAction;
  /**
   * The participant as the change leaves it: a new object, because earlier entries keep the earlier one. Missing
   * where the change is about the room.
   */
  readonly participant?: Participant;
  readonly occurredAt: Date;
  readonly source: UpdateSource;
  /** The process that has the socket on which the participant hangs from now on. */
  readonly heldBy?: string;
}

/** Who is in a room at one place of its log: the fold of all entries up to there, in memory. */
export class RoomState {
  readonly roomId: string;
  readonly epoch: string;
  /** Sequence number of the newest applied entry; 0 without one. */
  head: number;
  /**
   * Whether new participants may join. Not part of the log: a change in the database is also set here, and
   * commands that depend on it read it again first, because another process may have changed it.
   */
  enabled: boolean;
  private headEntry: string | undefined;
  private recordedAt = new Date(0);
  private readonly byId = new Map<string, Participant>();
  private readonly byKey = new Map<string, Participant>();
  private readonly devices = new Map<string, number>();
  /** How to go back to what was marked, the first step last; undefined where nothing is. */
  private wayBack: (() => void)[] | undefined;

  /** @param room the stored fold, to which entries after its `asOfSeq` are still to be applied */
  constructor(room: Room, present: readonly Participant[]) {
    this.roomId = room.roomId;
    this.epoch = room.epoch;
    this.head = room.asOfSeq;
    this.enabled = room.enabled;
    this.headEntry = room.asOfEntry;
    for (const participant of present) this.enter(participant);
  }

  get place(): Place & { entryId: string | undefined } {
    const entryId = this.headEntry;
    return { epoch: this.epoch, seq: this.head, entryTail: entryTail(entryId), entryId };
  }

  /** Users present: two devices of one user count once. */
  get participantCount(): number {
    return this.devices.size;
  }

  /** Disabled and ended: the room is empty, and no participant can join. */
  get isClosed(): boolean {
    return !this.enabled && this.byId.size === 0;
  }

  /** Everyone present, in the order of joining. */
  present(): Participant[] {
    return [...this.byId.values()].sort(
      (a, b) => a.joinedAt.getTime() - b.joinedAt.getTime() || (a._id < b._id ? -1 : 1),
    );
  }

  /** The participant who holds a key, or held it once, present or, where `remember` or a recent entry brought it, gone. */
  find(key: string): Participant | undefined {
    return this.byKey.get(key);
  }

  /** Those of a user whose return is waited for, the longest lost first. */
  lost(userId: string): Participant[] {
    if (!this.devices.has(userId)) return [];
    return [...this.byId.values()]
      .filter((each) => each.userId === userId && each.status === ParticipantStatus.RECONNECTING)
      .sort((a, b) => (a.lostAt?.getTime() ?? 0) - (b.lostAt?.getTime() ?? 0));
  }

  /** Whether at least so many devices of a user are here by their own report, and not as peers at 100ms. */
  hasReported(userId: string, atLeast: number): boolean {
    if ((this.devices.get(userId) ?? 0) < atLeast) return false;
    const isOne = (each: Participant) => each.userId === userId && each.sessionId === undefined;
    return [...this.byId.values()].filter(isOne).length >= atLeast;
  }

  isPresent(userId: string): boolean {
    return this.devices.has(userId);
  }

  /** Takes in participants read from the database who are no longer present. */
  remember(gone: readonly Participant[]): void {
    for (const participant of gone) this.note(participant);
  }

  /** Drops those who were gone at a place that the stored participants have reached: the database has them. */
  forgetGone(foldedSeq: number): void {
    for (const [key, { status, asOfSeq }] of this.byKey) {
      if (status === ParticipantStatus.LEFT && asOfSeq <= foldedSeq) this.byKey.delete(key);
    }
  }

  /** Marks the room as it is now: until `keep`, `takeBack` leads here. */
  mark(): void {
    const { head, headEntry, recordedAt } = this;
    this.wayBack = [() => Object.assign(this, { head, headEntry, recordedAt })];
  }

  /** What was taken in since `mark` is committed. */
  keep(): void {
    this.wayBack = undefined;
  }

  /** What was taken in since `mark` was not committed. */
  takeBack(): void {
    for (const step of this.wayBack?.reverse() ?? []) step();
    this.wayBack = undefined;
  }

  /** Gives a change the next place in the log and takes it in. The caller commits the entry, or takes it back, or drops this state. */
  next(change: Change, now: Date): RoomEvent {
    const seq = this.head + 1;
    const participant = change.participant && Object.assign(change.participant, { asOfSeq: seq });
    const entry = Object.assign(new RoomEvent(), {
      _id: new Types.ObjectId().toHexString(),
      roomId: this.roomId,
      epoch: this.epoch,
      seq,
      action: change.action,
      ...(participant ? { participant } : {}),
      occurredAt: change.occurredAt,
      recordedAt: now > this.recordedAt ? now : this.recordedAt,
      source: change.source,
      ...(change.heldBy === undefined ? {} : { heldBy: change.heldBy }),
    });
    if (participant) entry.userWasPresent = this.isPresent(participant.userId);
    this.apply(entry);
    entry.participantCount = this.participantCount;
    if (participant) entry.userPresent = this.isPresent(participant.userId);
    return entry;
  }

  /**
   * Takes in the next entry of the log. A participant read later than that entry was written stays as it is.
   *
   * @throws EntryMissing where it is not the next one
   */
  apply(entry: RoomEvent): void {
    if (entry.seq !== this.head + 1) {
      throw new EntryMissing(`log of room ${this.roomId}: entry ${entry.seq} cannot follow ${this.head}`);
    }
    this.head = entry.seq;
    this.headEntry = entry._id;
    this.recordedAt = entry.recordedAt;
    const { participant } = entry;
    if (!participant) return;
    const known = this.byId.get(participant._id);
    if (known && known !== participant && known.asOfSeq >= entry.seq) return;
    if (known) keepKeys(participant, known);
    if (known) this.exit(known);
    if (participant.status === ParticipantStatus.LEFT) this.note(participant);
    else this.enter(participant);
  }

  private enter(participant: Participant): void {
    this.put(this.byId, participant._id, participant);
    this.note(participant);
    this.put(this.devices, participant.userId, (this.devices.get(participant.userId) ?? 0) + 1);
  }

  /** The stored participants can be ahead of the log that is read after them: the last holder of a key keeps it. */
  private note(participant: Participant): void {
    for (const key of participant.keys) {
      const known = this.byKey.get(key);
      if (!known || known.asOfSeq < participant.asOfSeq) this.put(this.byKey, key, participant);
    }
  }

  private exit({ _id, userId }: Participant): void {
    this.put(this.byId, _id, undefined);
    this.put(this.devices, userId, (this.devices.get(userId) ?? 0) - 1 || undefined);
  }

  private put<T>(map: Map<string, T>, key: string, value: T | undefined): void {
    const before = map.get(key);
    this.wayBack?.push(() => setOrDelete(map, key, before));
    setOrDelete(map, key, value);
  }
}

/** Entries between what is known and what is read were trimmed. */
export class EntryMissing extends Error {}

/** A stored entry has the newest key alone: those before it are known from the entries before. */
function keepKeys(participant: Participant, { keys: before }: Participant): void {
  const { keys } = participant;
  if (before.length === 1 && keys.length === 1 && before[0] === keys[0]) return;
  participant.keys = withKeys({ ...participant, keys: before }, keys);
}

function setOrDelete<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
