import { AppError } from '../../errors';
import type { RoomState } from '../log/room-state';
import type { Device } from './device-rules';

/**
 * Refuses one more self-reported device of a user. Devices at 100ms are not counted: they are not ours to refuse.
 *
 * @throws AppError RATE_LIMITED
 */
export function refuseTooMany(room: RoomState, { userId }: Device, devicesPerUser: number): void {
  if (!room.hasReported(userId, devicesPerUser)) return;
  const message =
    `"${userId}" is in room ${room.roomId} with ${devicesPerUser} devices, which is the limit (LIMIT_DEVICES_PER_USER): ` +
    'leave with one of them, or join with the deviceId of one that is there.';
  throw new AppError('RATE_LIMITED', message, { retryAfter: 1 });
}

/** The error of a new join to a disabled room. */
export function roomDisabled(roomId: string): AppError {
  const message = `Room ${roomId} is disabled: no participant can join it until it is enabled.`;
  return new AppError('ROOM_DISABLED', message);
}
