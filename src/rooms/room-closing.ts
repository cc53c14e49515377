import { ParticipantAction, UpdateSource } from './participant-update';
import { everybodyLeft } from './presence-rules';
import type { Change, RoomState } from './room-state';

/** The end of a room's stream: it is disabled, and nobody is inside. */
function roomClosed(occurredAt: Date, source: UpdateSource): Change {
  return { action: ParticipantAction.ROOM_CLOSED, occurredAt, source };
}

/** Who leaves a disabled room as the last one closes it, whichever way they left. */
export function closingAfter(room: RoomState, changes: readonly Change[]): readonly Change[] {
  const last = changes.at(-1);
  if (last?.action !== ParticipantAction.LEFT || !room.isClosed) return [];
  return [roomClosed(last.occurredAt, last.source)];
}

/** A room was disabled. Whoever is inside stays; an empty one is closed by it. */
export function roomDisabled(room: RoomState, wasEnabled: boolean, at: Date): readonly Change[] {
  return wasEnabled && room.isClosed ? [roomClosed(at, UpdateSource.API)] : [];
}

/** A room was ended: everybody leaves, which closes it where it is disabled, too. */
export function roomEnded(room: RoomState, wasEnabled: boolean, at: Date): readonly Change[] {
  const left = everybodyLeft(room, at, UpdateSource.API);
  return left.length > 0 ? left : roomDisabled(room, wasEnabled, at);
}
