import type { mongo } from 'mongoose';
import { isDuplicateKey } from '../../database/connect';
import type { Models } from '../models';
import type { Participant } from '../participant.model';
import type { RoomEvent } from './room-event.model';

/** Entries of a room's log that its stored participants and the stored room itself do not show yet. */
export interface Fold {
  readonly roomId: string;
  readonly epoch: string;
  /** The place that the stored room has reached, or is beyond. */
  readonly after: number;
  /** All committed entries behind it, oldest first, at least one. */
  readonly entries: readonly RoomEvent[];
}

/**
 * Writes what entries mean into the stored participants, then into the rooms. Participants come first, so that a room never
 * claims a place that its participants have not reached; every write is guarded by the place it brings its document to, so that
 * folding twice, or after somebody newer, changes nothing.
 *
 * @returns the folds whose rooms are no longer where the log says, which cannot be: they need to be read again
 */
export async function writeFolds(models: Models, folds: readonly Fold[]): Promise<readonly Fold[]> {
  await writeParticipants(
    models,
    folds.flatMap(({ entries }) => entries),
  );
  const { matchedCount } = await models.rooms.collection.bulkWrite(folds.map(roomUpdateOf), {
    ordered: false,
  });
  return matchedCount === folds.length ? [] : lostAmong(models, folds);
}

function roomUpdateOf({ roomId, epoch, after, entries }: Fold) {
  const { seq, _id, participantCount } = lastOf(entries);
  return {
    updateOne: {
      // Whoever moved the room on from `after` wrote those participants before it did.
      filter: { roomId, epoch, asOfSeq: { $gte: after, $lt: seq } },
      update: { $set: { participantCount, asOfSeq: seq, asOfEntry: _id } },
    },
  };
}

/** A room that was not written has been moved on by another process. Where it has not, its log is not the one we knew. */
async function lostAmong({ rooms }: Models, folds: readonly Fold[]): Promise<readonly Fold[]> {
  const found = await rooms
    .find({ roomId: { $in: folds.map(({ roomId }) => roomId) } }, { roomId: 1, epoch: 1, asOfSeq: 1 })
    .lean();
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
export async function writeParticipants(models: Models, entries: readonly RoomEvent[]): Promise<void> {
  const latest = new Map<string, Participant>();
  for (const { participant } of entries) if (participant) latest.set(participant._id, participant);
  if (latest.size === 0) return;
  const writes = [...latest.values()].map(upsertOf) as unknown as mongo.AnyBulkWriteOperation[];
  const write = (some: mongo.AnyBulkWriteOperation[]) =>
    models.participants.collection.bulkWrite(some, { ordered: false }).catch(unlessNewerIsThere);
  // Not every server goes on after a refusal, and one error stands for all: where one came, each is written alone.
  if (!(await write(writes))) await Promise.all(writes.map((each) => write([each])));
}

/** Where the guard refuses an update, the upsert's insert finds the document there: somebody wrote a newer one. */
function unlessNewerIsThere(error: unknown): undefined {
  if (!isDuplicateKey(error)) throw error;
}

/** What holds for a while only, and is gone from the document afterwards. */
const passing = ['leaseUntil', 'lostAt', 'graceUntil', 'roleAsOf'] as const;

function upsertOf(participant: Participant) {
  const { _id, asOfSeq, leaseUntil, ...rest } = participant;
  const over = passing.filter((field) => participant[field] === undefined);
  // A lease may have been renewed since the entry was written; a renewal is not in the log and must not be undone.
  const lease = leaseUntil ? { $max: { leaseUntil } } : {};
  const unset = over.length > 0 ? { $unset: Object.fromEntries(over.map((field) => [field, 1])) } : {};
  return {
    updateOne: {
      filter: { _id, asOfSeq: { $lt: asOfSeq } },
      update: { $set: { ...rest, asOfSeq }, ...lease, ...unset },
      upsert: true,
    },
  };
}
