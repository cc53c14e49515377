import { randomUUID } from 'node:crypto';
import { HmsTokens, type MintedToken } from '../../hms.tokens';
import { ApiError } from '../api-error';
import type { Workspace } from '../workspace';

const DAY = 24 * 3_600;

/**
 * An auth token for the holder of a room code.
 *
 * @param userId a new user if it is missing
 * @throws ApiError 404, 403 where the code or its room is disabled
 */
export function tokenForCode(
  { account, clock, rooms, roomCodes }: Workspace,
  given: string,
  userId: string | undefined,
): MintedToken {
  const code = roomCodes.get(given);
  if (!code) throw new ApiError(404, 'Code not found');
  if (!code.enabled) throw new ApiError(403, 'Code is disabled');
  if (!rooms.get(code.room_id)?.enabled) throw new ApiError(403, 'room is not active');
  return new HmsTokens(account.keys, { now: clock.now }).authToken({
    roomId: code.room_id,
    userId: userId || randomUUID(),
    role: code.role,
    ttlSeconds: DAY,
  });
}
