import { randomUUID } from 'node:crypto';
import cors from 'cors';
import express, { Router } from 'express';
import { HmsTokens } from '../../hms.tokens';
import { ApiError } from '../api-error';
import { asObject, optional } from '../body';
import type { Workspace } from '../workspace';

const DAY = 24 * 3_600;

/**
 * `/v2/token`: an auth token for a room code, for client SDKs in browsers of any origin. Asks for no login: the code
 * is what is shown.
 */
export function tokenApi({ account, clock, rooms, roomCodes }: Workspace): Router {
  const tokens = new HmsTokens(account.keys, { now: clock.now });
  const api = Router().use(cors(), express.json());
  api.post('/', (request, response) => {
    const body = asObject(request.body);
    const code = roomCodes.get(optional(body, 'code', 'string') ?? '');
    if (!code) throw new ApiError(404, 'Code not found');
    if (!code.enabled) throw new ApiError(403, 'Code is disabled');
    if (!rooms.get(code.room_id)?.enabled) throw new ApiError(403, 'room is not active');
    const { token, expiresAt } = tokens.authToken({
      roomId: code.room_id,
      userId: optional(body, 'user_id', 'string') || randomUUID(),
      role: code.role,
      ttlSeconds: DAY,
    });
    response.json({ token, expires_at: expiresAt.toISOString() });
  });
  return api;
}
