import { randomUUID } from 'node:crypto';
import { type Request, Router } from 'express';
import { pageOf, queryFlag, queryText, queryTime } from '../pages';
import type { Workspace } from '../workspace';
import type { Room } from './room';
import { checkSize, type RoomSettings, readRoomBody } from './room-body';
import { listedRoom, shownRoom, switchedRoom } from './shown-room';

/** `/v2/rooms`: create, list, get, update, enable and disable. There is no delete. */
export function roomsApi(workspace: Workspace): Router {
  const { rooms, templates } = workspace;
  const api = Router();

  api.post('/', (request, response) => {
    const settings = readRoomBody(request.body, templates);
    const taken = settings.name ? rooms.named(settings.name) : undefined;
    // A name that is taken is no mistake: it means that room, which gets these settings.
    const room = taken ? change(workspace, taken, settings) : create(workspace, settings);
    response.json(shownRoom(room, workspace));
  });
  api.get('/', (request, response) => {
    const page = pageOf(request, rooms.all().filter(matching(request)));
    response.json({ ...page, data: page.data.map((room) => listedRoom(room, workspace)) });
  });
  api.get('/:id', (request, response) => {
    response.json(shownRoom(rooms.wanted(request.params.id), workspace));
  });
  api.post('/:id', (request, response) => {
    const room = rooms.wanted(request.params.id);
    const settings = readRoomBody(request.body, templates);
    const taken = settings.name ? rooms.named(settings.name) : undefined;
    if (taken && taken.id !== room.id) {
      response.json(shownRoom(taken, workspace));
      return;
    }
    const changed = change(workspace, room, settings);
    const isSwitch = Object.keys(settings).every((name) => name === 'enabled');
    response.json(isSwitch ? switchedRoom(changed, workspace) : shownRoom(changed, workspace));
  });
  return api;
}

function create({ rooms, templates, clock }: Workspace, settings: RoomSettings): Room {
  checkSize(settings);
  const at = clock.timestamp();
  const template = settings.template_id ? templates.get(settings.template_id) : templates.default();
  return rooms.put({
    enabled: true,
    description: '',
    large_room: false,
    ...settings,
    id: clock.objectId(),
    name: settings.name || randomUUID(),
    template_id: template?.id ?? '',
    region: regionOf(settings.region, template?.settings['region']),
    created_at: at,
    updated_at: at,
  });
}

function change({ rooms, templates, clock }: Workspace, room: Room, settings: RoomSettings): Room {
  const wanted = { ...room, ...settings };
  checkSize(wanted);
  const template = templates.get(wanted.template_id);
  return rooms.put({
    ...wanted,
    name: settings.name || room.name,
    region: settings.region ? regionOf(settings.region, template?.settings['region']) : room.region,
    updated_at: clock.timestamp(),
  });
}

/** `auto` stands for the region of the template. */
function regionOf(given: string | undefined, ofTemplate: unknown): string {
  if (given !== undefined && given !== 'auto') return given;
  return typeof ofTemplate === 'string' ? ofTemplate : 'in';
}

function matching(request: Request): (room: Room) => boolean {
  const name = queryText(request, 'name')?.toLowerCase();
  const enabled = queryFlag(request, 'enabled') ?? true;
  const templateId = queryText(request, 'template_id');
  const after = queryTime(request, 'after');
  const before = queryTime(request, 'before');
  return (room) =>
    room.enabled === enabled &&
    (name === undefined || room.name.toLowerCase() === name) &&
    (templateId === undefined || room.template_id === templateId) &&
    (after === undefined || new Date(room.created_at) >= after) &&
    (before === undefined || new Date(room.created_at) <= before);
}
