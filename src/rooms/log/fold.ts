import type { Commands, Update } from '../../database/commands';
import { isDuplicateKey } from '../../database/connect';
import type { Remembered } from '../asking/remembered';
import type { Models } from '../models';
import { type Participant, ParticipantStatus } from '../participant.model';
import type { Room } from '../room.model';
import type { RoomEvent } from './room-event.model';

/** Entries of a room's log that its stored participants and the stored room itself may not show yet. */
export interface Fold {
  readonly roomId: string;
  readonly epoch: string;
  /** The place that the stored room has reached, or is beyond. */
  readonly after: number;
  /** All committed entries behind it, oldest first, at least one. */
  readonly entries: readonly RoomEvent[];
  /** The last of them that another process committed, and folds unless it dies: all behind it are of this one. 0 where all are. */
  readonly othersUpTo: number;
}

/** What writes a fold. */
export interface FoldParts {
  readonly models: Models;
  readonly commands: Commands;
  /** What is known of which rooms are enabled: a fold changes nothing of that. */
  readonly enabled: Pick<Remembered<boolean>, 'spare'>;
}

/** Folds that were not written as they usually are. */
export interface Unusual {
  /** Whose entries another process had committed, and not folded: they were folded in its stead. */
  readonly inStead: readonly Fold[];
  /** Whose rooms are no longer where the log says, which cannot be: they need to be read again. */
  readonly lost: readonly Fold[];
}

/**
 * Writes what entries mean into the stored participants, then into the rooms. Participants come first, so that a room never
 * claims a place that its participants have not reached; every write is guarded by the place it brings its document to, so that
 * folding twice, or after a newer fold, changes nothing.
 *
 * Each process folds what it committed: a room is moved on from the last entry of another process, which shows that the other has
 * folded it. Where it has not, which is rare, it is folded in its stead.
 */
export async function writeFolds(parts: FoldParts, folds: readonly Fold[]): Promise<Unusual> {
  const { models } = parts;
  const isDone = await writeEach(parts, folds.flatMap(ownOf));
  const hasOnlyOwn = folds.every(({ entries, othersUpTo }) => lastOf(entries).seq > othersUpTo);
  const behind = isDone && hasOnlyOwn ? [] : await behindAmong(models, folds);
  const inStead = behind.filter(({ after, othersUpTo }) => after < othersUpTo);
  if (inStead.length === 0 || (await writeEach(parts, inStead))) {
    return { inStead, lost: behind.filter((fold) => !inStead.includes(fold)) };
  }
  return { inStead, lost: await behindAmong(models, behind) };
}

/** What of a fold this process committed, behind everything of others: they are at `after` once they have folded theirs. */
function ownOf({ after, entries, othersUpTo, ...room }: Fold): Fold[] {
  const own = entries.filter(({ seq }) => seq > othersUpTo);
  return own.length > 0 ? [{ ...room, othersUpTo, after: Math.max(after, othersUpTo), entries: own }] : [];
}

/** Whether all of them were written by this very call. */
async function writeEach(parts: FoldParts, folds: readonly Fold[]): Promise<boolean> {
  if (folds.length === 0) return true;
  const { models, commands, enabled } = parts;
  await writeParticipants(
    parts,
    folds.flatMap(({ entries }) => entries),
  );
  const { matchedCount } = await enabled.spare(() =>
    commands.update(models.rooms.collection, folds.map(roomUpdateOf)),
  );
  return matchedCount === folds.length;
}

function roomUpdateOf({ roomId, epoch, after, entries }: Fold): Update {
  const { seq, _id, participantCount } = lastOf(entries);
  return {
    // The process that advanced the room past `after` wrote those participants first.
    filter: { roomId, epoch, asOfSeq: { $gte: after, $lt: seq } },
    update: { $set: { participantCount, asOfSeq: seq, asOfEntry: _id } },
  };
}

/** Those whose stored rooms have not reached their last entry, or are of another epoch. */
async function behindAmong({ rooms }: Models, folds: readonly Fold[]): Promise<readonly Fold[]> {
  const found = await rooms.collection
    .find<Pick<Room, 'roomId' | 'epoch' | 'asOfSeq'>>(
      { roomId: { $in: folds.map(({ roomId }) => roomId) } },
      { projection: { roomId: 1, epoch: 1, asOfSeq: 1 } },
    )
    .toArray();
  const stored = new Map(found.map((room) => [room.roomId, room]));
  return folds.filter(({ roomId, epoch, entries }) => {
    const room = stored.get(roomId);
    return room?.epoch !== epoch || room.asOfSeq < lastOf(entries).seq;
  });
}

function lastOf(entries: readonly RoomEvent[]): RoomEvent {
  return entries.at(-1) as RoomEvent;
}

/** Brings the stored participants up to entries, which may be told twice, and after newer ones. */
export async function writeParticipants(
  { models, commands }: Pick<FoldParts, 'models' | 'commands'>,
  entries: readonly RoomEvent[],
): Promise<void> {
  const latest = new Map<string, Latest>();
  for (const entry of entries) {
    const { participant } = entry;
    if (participant) latest.set(participant._id, { participant, heldBy: holderAfter(entry, latest) });
  }
  if (latest.size === 0) return;
  const updates = [...latest.values()].map(upsertOf);
  const write = (some: readonly Update[]) =>
    commands.update(models.participants.collection, some).catch(unlessNewerIsThere);
  // Not every server continues after a rejected write, and one error stands for all: after an error each is written alone.
  if (!(await write(updates))) await Promise.all(updates.map((each) => write([each])));
}

/** A participant after the last of some entries, and which process holds it: null is no process, undefined leaves it unchanged. */
interface Latest {
  readonly participant: Participant;
  readonly heldBy: string | null | undefined;
}

function holderAfter({ participant, heldBy }: RoomEvent, before: ReadonlyMap<string, Latest>) {
  if (participant?.status !== ParticipantStatus.ACTIVE) return null;
  return heldBy ?? before.get(participant._id)?.heldBy;
}

/** Where the guard refuses an update, the upsert's insert finds the document there: another process wrote a newer one. */
function unlessNewerIsThere(error: unknown): undefined {
  if (!isDuplicateKey(error)) throw error;
}

/** What holds for a while only, and is gone from the document afterwards. */
const passing = ['leaseUntil', 'lostAt', 'graceUntil', 'roleAsOf'] as const;

function upsertOf({ participant, heldBy }: Latest): Update {
  const { _id, asOfSeq, leaseUntil, ...rest } = participant;
  const over: string[] = passing.filter((field) => participant[field] === undefined);
  if (heldBy === null) over.push('heldBy');
  const holder = heldBy ? { heldBy } : {};
  // A lease may have been renewed since the entry was written; a renewal is not in the log and must not be undone.
  const lease = leaseUntil ? { $max: { leaseUntil } } : {};
  const unset = over.length > 0 ? { $unset: Object.fromEntries(over.map((field) => [field, 1])) } : {};
  return {
    filter: { _id, asOfSeq: { $lt: asOfSeq } },
    update: { $set: { ...rest, asOfSeq, ...holder }, ...lease, ...unset },
    upsert: true,
  };
}
