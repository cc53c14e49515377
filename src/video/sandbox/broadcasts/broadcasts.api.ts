import { type Request, Router } from 'express';
import { ApiError, notFound } from '../api-error';
import { pageOf, queryInteger, queryText } from '../pages';
import type { Workspace } from '../workspace';
import { type Asset, type Broadcast, type BroadcastKind, shownBroadcast } from './broadcast';
import { checkTimedMetadata, readBroadcastBody } from './broadcast-body';
import { presignedUrl } from './broadcast-events';
import type { Broadcasts } from './broadcasts';

/** In seconds: three days. */
const PRESIGNED_FOR = 3 * 24 * 3_600;

/** `/v2/recordings`, `/v2/live-streams` or `/v2/external-streams`, which are alike. */
export function broadcastsApi(kind: BroadcastKind, workspace: Workspace, broadcasts: Broadcasts): Router {
  const api = Router();
  const shown = (broadcast: Broadcast) => shownBroadcast(broadcast, workspace.assets.group(broadcast.id));
  const listed = (request: Request, all: readonly Broadcast[]) => {
    const page = pageOf(request, all);
    return { ...page, data: page.data.map((broadcast) => shownBroadcast(broadcast, undefined)) };
  };
  const ofRoom = (roomId: string) => {
    const found = broadcasts.underWay(roomId).filter((broadcast) => broadcast.kind === kind);
    if (found.length === 0) throw notFound(kind.slice(0, -1));
    return found;
  };

  api.post('/room/:room/start', (request, response) => {
    const { id } = workspace.rooms.wanted(request.params.room);
    const wanted = readBroadcastBody(request.body, kind, id);
    response.json(shown(broadcasts.start({ ...wanted, kind, room_id: id })));
  });
  api.post('/room/:room/stop', (request, response) => {
    const stopped = ofRoom(request.params.room).map(({ id }) => broadcasts.stop(id));
    const last = stopped.at(-1)?.id ?? '';
    response.json({ limit: stopped.length, data: stopped.map(shown), last });
  });
  api.get('/', (request, response) => {
    response.json(listed(request, workspace.broadcasts.all().filter(matching(request, kind))));
  });
  api.get('/:id', (request, response) => {
    response.json(shown(broadcasts.wanted(request.params.id, kind)));
  });
  api.post('/:id/stop', (request, response) => {
    const { id } = broadcasts.wanted(request.params.id, kind);
    response.json(shown(broadcasts.stop(id)));
  });
  const running = (broadcast: Broadcast | undefined) => {
    if (broadcast?.status !== 'running') throw new ApiError(400, `${kind.slice(0, -1)} is not running`);
    return shown(broadcast);
  };
  if (kind === 'recordings') {
    api.post(['/room/:room/pause', '/room/:room/resume'], (request, response) => {
      response.json(running(ofRoom(String(request.params['room']))[0]));
    });
  }
  if (kind === 'live-streams') {
    api.post(['/:id/pause-recording', '/:id/resume-recording'], (request, response) => {
      response.json(running(broadcasts.wanted(String(request.params['id']), kind)));
    });
    api.post('/:id/timed-metadata', (request, response) => {
      const stream = broadcasts.wanted(request.params.id, kind);
      checkTimedMetadata(request.body);
      response.json(running(stream));
    });
  }
  return api;
}

/** `/v2/recording-assets`: what recordings left. */
export function assetsApi({ assets }: Workspace): Router {
  const api = Router();
  const wanted = (id: string): Asset => {
    const found = assets.get(id);
    if (!found) throw notFound('asset');
    return found;
  };
  api.get('/', (request, response) => {
    response.json(pageOf(request, assets.all().filter(matching(request))));
  });
  api.get('/:id', (request, response) => {
    response.json(wanted(request.params.id));
  });
  api.get('/:id/presigned-url', (request, response) => {
    const asset = wanted(request.params.id);
    const range = { least: 1, most: 7 * 24 * 3_600, fallback: PRESIGNED_FOR };
    const expiry = queryInteger(request, 'presign_duration', range);
    response.json({ id: asset.id, path: asset.path, url: presignedUrl(asset), expiry });
  });
  return api;
}

function matching(request: Request, kind?: BroadcastKind) {
  const roomId = queryText(request, 'room_id');
  const sessionId = queryText(request, 'session_id');
  const status = queryText(request, 'status');
  return (found: { room_id: string; session_id: string; status: string; kind?: BroadcastKind }) =>
    (kind === undefined || found.kind === kind) &&
    (roomId === undefined || found.room_id === roomId) &&
    (sessionId === undefined || found.session_id === sessionId) &&
    (status === undefined || found.status === status);
}
