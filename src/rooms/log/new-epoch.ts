import { driverCommands } from '../../database/commands';
import type { Models } from '../models';
import { ParticipantStatus } from '../participant.model';
import type { Room } from '../room.model';
import { newEpoch } from './cursor';
import { writeParticipants } from './fold';
import { readEntries } from './room-entries';

const PAGE = 1_000;

/**
 * The room as it is stored, or, where entries that its fold has not taken in are gone from the log, the same room at
 * the beginning of a new epoch: what the rest of the log says of its participants holds, but no subscriber can receive the
 * whole story, and old cursors say so.
 */
export async function inUnbrokenEpoch(models: Models, room: Room): Promise<Room> {
  const [next] = await readEntries(models, room, room.asOfSeq, 1);
  if (!next || next.seq === room.asOfSeq + 1) return room;
  for (let after = room.asOfSeq; ; ) {
    const page = await readEntries(models, room, after, PAGE);
    if (page.length === 0) break;
    await writeParticipants({ models, commands: driverCommands }, page);
    after = page.at(-1)?.seq ?? after;
  }
  return begin(models, room);
}

/** Participants first, as in every fold: done twice, after a crash in between, it changes nothing. */
async function begin({ rooms, participants }: Models, { roomId, epoch }: Room): Promise<Room> {
  await participants.updateMany({ roomId }, { $set: { asOfSeq: 0 } });
  const users = await participants.distinct('userId', { roomId, status: { $ne: ParticipantStatus.LEFT } });
  await rooms.updateOne(
    { roomId, epoch },
    {
      $set: { epoch: newEpoch(), asOfSeq: 0, participantCount: users.length },
      $unset: { asOfEntry: 1 },
    },
  );
  return rooms.findOne({ roomId }).orFail().lean();
}
