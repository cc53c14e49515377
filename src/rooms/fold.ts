import type { mongo } from 'mongoose';
import { isDuplicateKey } from '../database/connect';
import type { Models } from './models';
import type { Participant } from './participant.model';
import type { RoomEvent } from './room-event.model';
import type { RoomState } from './room-state';

/**
 * Writes what the entries after `foldedSeq` mean into the stored participants, then into the room. Participants come
 * first, so that a room never claims a place that its participants have not reached; every write is guarded by the
 * place it brings its document to, so that folding twice, or after somebody newer, changes nothing.
 *
 * @returns the place that the stored room has reached
 */
export async function foldInto(
  models: Models,
  state: RoomState,
  entries: readonly RoomEvent[],
  foldedSeq: number,
): Promise<number> {
  await writeParticipants(models, entries);
  let reached = foldedSeq;
  for (;;) {
    const { seq, entryId } = state.place;
    const { matchedCount } = await models.rooms.updateOne(
      { roomId: state.roomId, epoch: state.epoch, asOfSeq: reached },
      { $set: { participantCount: state.participantCount, asOfSeq: seq, asOfEntry: entryId } },
    );
    if (matchedCount === 1) return seq;
    // Another process moved the room on. Whatever is still missing from where it stands now is written above.
    const room = await models.rooms.findOne({ roomId: state.roomId, epoch: state.epoch }).lean();
    if (!room || room.asOfSeq <= reached)
      throw new Error(`room ${state.roomId}: its stored place is not its log's`);
    if (room.asOfSeq >= seq) return room.asOfSeq;
    reached = room.asOfSeq;
  }
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
