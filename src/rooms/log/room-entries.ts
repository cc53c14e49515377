import type { Models } from '../models';
import { LeftReason, Participant, ParticipantStatus } from '../participant.model';
import { RoomEvent } from './room-event.model';

/** Entries of a room after `seq`, oldest first, at most `limit`. */
export async function readEntries(
  models: Models,
  { roomId, epoch }: { roomId: string; epoch: string },
  after: number,
  limit: number,
): Promise<RoomEvent[]> {
  // Asked of the driver itself, as everything that every entry costs: mongoose costs as much again.
  const { logReadConcern: level } = models;
  // An entry that is delivered must not be rolled back by a failover.
  const options = { sort: { seq: 1 }, limit, ...(level && { readConcern: { level } }) } as const;
  const found = await models.events.collection
    .find<RoomEvent>({ roomId, epoch, seq: { $gt: after } }, options)
    .toArray();
  return found.map((entry) =>
    Object.assign(
      new RoomEvent(),
      entry,
      entry.participant ? { participant: revive(entry.participant) } : {},
    ),
  );
}

/** A stored participant as an object of its class again, without what is no part of the log. Older ones have no reason of their leave. */
export function revive({ heldBy: _, ...stored }: Participant): Participant {
  const participant = Object.assign(new Participant(), stored);
  if (stored.status === ParticipantStatus.LEFT) participant.leftReason ??= LeftReason.UNKNOWN;
  return participant;
}
