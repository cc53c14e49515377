import { Router } from 'express';
import { ApiError } from '../api-error';
import { asObject } from '../body';
import { pageOf, queryFlag, queryText } from '../pages';
import type { Room } from '../rooms/room';
import type { Workspace } from '../workspace';
import { newCode, type RoomCode, shownCode } from './room-code';

const MOST_IN_A_ROOM = 100;

/** `/v2/room-codes`: codes of a room for its roles; they do not expire, and are enabled and disabled. */
export function roomCodesApi(workspace: Workspace): Router {
  const { rooms, roomCodes, templates } = workspace;
  const api = Router();
  const rolesOf = (room: Room) => Object.keys(templates.get(room.template_id)?.roles ?? {});

  api.post('/room/:room', (request, response) => {
    const room = rooms.openWanted(request.params.room);
    const roles = rolesOf(room);
    for (const code of roomCodes.group(room.id)) {
      if (!roles.includes(code.role)) setEnabled(workspace, code, false);
    }
    const missing = roles.filter((role) => !roomCodes.group(room.id).some((code) => code.role === role));
    for (const role of missing) create(workspace, room, role);
    const codes = roomCodes.group(room.id).filter(({ role }) => roles.includes(role));
    response.json({ data: codes.map(shownCode) });
  });
  api.post('/room/:room/role/:role', (request, response) => {
    const room = rooms.openWanted(request.params.room);
    if (!rolesOf(room).includes(request.params.role)) throw new ApiError(404, 'Role not found');
    response.json(shownCode(create(workspace, room, request.params.role)));
  });
  api.get('/room/:room', (request, response) => {
    const room = rooms.openWanted(request.params.room);
    const role = queryText(request, 'role');
    const enabled = queryFlag(request, 'enabled');
    if (role !== undefined && !rolesOf(room).includes(role)) throw new ApiError(404, 'Role not found');
    const codes = roomCodes
      .group(room.id)
      .reverse()
      .filter((code) => role === undefined || code.role === role)
      .filter((code) => enabled === undefined || code.enabled === enabled);
    const { limit, data, last } = pageOf(request, codes);
    // Unlike in other lists, the documented final page names no last one.
    response.json({ limit, data: data.map(shownCode), last: data.length < limit ? '' : last });
  });
  api.post('/code', (request, response) => {
    const { code, enabled, ...others } = asObject(request.body);
    if (typeof enabled !== 'boolean' || Object.keys(others).length > 0) {
      throw new ApiError(400, 'Invalid body parameter');
    }
    const found = roomCodes.get(String(code));
    if (!found) throw new ApiError(404, 'Code not found');
    const room = rooms.get(found.room_id);
    if (enabled && !(room && rolesOf(room).includes(found.role))) {
      throw new ApiError(403, 'Code can not be enabled (role/room does not exist)');
    }
    response.json(shownCode(setEnabled(workspace, found, enabled)));
  });
  return api;
}

function create({ roomCodes, clock }: Workspace, room: Room, role: string): RoomCode {
  if (roomCodes.group(room.id).length >= MOST_IN_A_ROOM) {
    throw new ApiError(400, `room code limit of ${MOST_IN_A_ROOM} reached`);
  }
  const at = clock.timestamp();
  return roomCodes.put({
    id: newCode(),
    room_id: room.id,
    role,
    enabled: true,
    created_at: at,
    updated_at: at,
  });
}

function setEnabled({ roomCodes, clock }: Workspace, code: RoomCode, enabled: boolean): RoomCode {
  return roomCodes.put({ ...code, enabled, updated_at: clock.timestamp() });
}
