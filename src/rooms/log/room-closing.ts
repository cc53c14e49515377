import { everybodyLeft } from '../presence/peer-rules';
import { ParticipantAction, type UpdateSource } from './participant-update';
import type { RoomEvent } from './room-event.model';
import type { Change, RoomState } from './room-state';

/** When something was said, and by whom. */
interface Word {
  readonly at: Date;
  readonly source: UpdateSource;
}

/** The end of a room's stream: the room is disabled and empty. */
function roomClosed({ at, source }: Word): Change {
  return { action: ParticipantAction.ROOM_CLOSED, occurredAt: at, source };
}

/** Whether this entry left the room empty. */
export function isLastLeave(room: RoomState, { action }: RoomEvent): boolean {
  return action === ParticipantAction.LEFT && room.participantCount === 0;
}

/** The last participant to leave a disabled room closes it, for any reason of leaving. */
export function closingAfter(room: RoomState, last: RoomEvent): readonly Change[] {
  if (!isLastLeave(room, last) || !room.isClosed) return [];
  return [roomClosed({ at: last.occurredAt, source: last.source })];
}

/** A room was disabled. Present participants stay; an empty room is closed by it. */
export function roomDisabled(room: RoomState, wasEnabled: boolean, word: Word): readonly Change[] {
  return wasEnabled && room.isClosed ? [roomClosed(word)] : [];
}

/** A room was ended: all participants leave, which also closes a disabled room. */
export function roomEnded(room: RoomState, wasEnabled: boolean, word: Word): readonly Change[] {
  const left = everybodyLeft(room, word.at, word.source);
  return left.length > 0 ? left : roomDisabled(room, wasEnabled, word);
}
