import { type Cursors, entryTail, type Place } from '../log/cursor';
import { ParticipantUpdate } from '../log/participant-update';
import type { RoomEvent } from '../log/room-event.model';

/** Puts entries and places of a log into the words of a room's stream, each with its cursor. */
export class FeedWords {
  constructor(
    private readonly cursors: Cursors,
    private readonly now: () => Date,
  ) {}

  update(entry: RoomEvent, replayed: boolean): ParticipantUpdate {
    const { roomId, action, participant, participantCount, occurredAt, source } = entry;
    const cursor = this.cursors.write(roomId, {
      epoch: entry.epoch,
      seq: entry.seq,
      entryTail: entryTail(entry._id),
    });
    return Object.assign(new ParticipantUpdate(), {
      action,
      roomId,
      ...(participant ? { userId: participant.userId, participant } : {}),
      participantCount,
      cursor,
      occurredAt,
      source,
      userWasPresent: entry.userWasPresent,
      userPresent: entry.userPresent,
      replayed,
    });
  }

  /** What is said of a place, and is no entry of the log. */
  marker(roomId: string, place: Place, fields: Partial<ParticipantUpdate>): ParticipantUpdate {
    return Object.assign(new ParticipantUpdate(), {
      roomId,
      cursor: this.cursors.write(roomId, place),
      occurredAt: this.now(),
      replayed: false,
      ...fields,
    });
  }
}
