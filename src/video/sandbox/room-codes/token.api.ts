import cors from 'cors';
import express, { Router } from 'express';
import { asObject, optional } from '../body';
import type { Workspace } from '../workspace';
import { tokenForCode } from './token-for-code';

/**
 * `/v2/token`: an auth token for a room code, for client SDKs in browsers of any origin. Asks for no login: the code
 * is what is shown.
 */
export function tokenApi(workspace: Workspace): Router {
  const api = Router().use(cors(), express.json());
  api.post('/', (request, response) => {
    const body = asObject(request.body);
    const code = optional(body, 'code', 'string') ?? '';
    const { token, expiresAt } = tokenForCode(workspace, code, optional(body, 'user_id', 'string'));
    response.json({ token, expires_at: expiresAt.toISOString() });
  });
  return api;
}
