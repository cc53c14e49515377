import { type Request, Router } from 'express';
import { ApiError, badBody, notFound } from '../api-error';
import { asObject, optional } from '../body';
import { tokenForCode } from '../room-codes/token-for-code';
import type { Attendance } from '../sessions/attendance';
import type { Workspace } from '../workspace';
import type { Trunk } from './trunk';

/** `/v2/sip/outbound`: calls out of a room. Here every call is answered at once, and the person called joins the room. */
export function sipApi(workspace: Workspace, attendance: Attendance): Router {
  const { clock, trunks } = workspace;
  const api = Router();
  api.post('/outbound/trunks', (request, response) => {
    const { id } = trunks.put({ id: clock.objectId(), ...readTrunk(request) });
    response.json({ id });
  });
  api.post('/outbound/trunks/:trunk', (request, response) => {
    const { id } = wantedTrunk(workspace, request.params.trunk);
    trunks.put({ id, ...readTrunk(request) });
    response.json({ id });
  });
  api.post('/outbound/call', (request, response) => {
    const body = asObject(request.body);
    const mandatory = (name: string) => {
      const value = optional(body, name, 'string');
      if (!value) throw new ApiError(400, `${name} is mandatory`);
      return value;
    };
    mandatory('to');
    const code = mandatory('room_code');
    wantedTrunk(workspace, mandatory('trunk_id'));
    checkHeaders(body['headers']);
    const { token } = tokenForCode(workspace, code, optional(body, 'user_id', 'string'));
    attendance.join({ token, name: optional(body, 'name', 'string'), type: 'sip' });
    response.json({ id: clock.objectId() });
  });
  return api;
}

function readTrunk(request: Request): Omit<Trunk, 'id'> {
  const body = asObject(request.body);
  const text = (name: string) => {
    const value = optional(body, name, 'string');
    if (!value) throw badBody(name);
    return value;
  };
  return {
    username: text('username'),
    password: text('password'),
    address: text('address'),
    from: text('from'),
  };
}

/** Names are SIP tokens, and no value has a line break. */
function checkHeaders(headers: unknown): void {
  for (const [name, value] of Object.entries(asObject(headers))) {
    if (!/^[\w.!%*+`'~-]+$/.test(name) || typeof value !== 'string' || /[\r\n]/.test(value)) {
      throw badBody('headers');
    }
  }
}

function wantedTrunk({ trunks }: Workspace, id: string): Trunk {
  const found = trunks.get(id);
  if (!found) throw notFound('trunk');
  return found;
}
