import { type Request, Router } from 'express';
import { notFound } from '../api-error';
import { pageOf, queryFlag, queryText, queryTime } from '../pages';
import type { Workspace } from '../workspace';
import type { Peer, Session } from './session';

/** `/v2/sessions`: the running ones and those that were. */
export function sessionsApi(workspace: Workspace): Router {
  const { sessions } = workspace;
  const api = Router();
  api.get('/', (request, response) => {
    const page = pageOf(request, sessions.all().filter(matching(request)));
    response.json({ ...page, data: page.data.map((session) => shownSession(session, workspace)) });
  });
  api.get('/:id', (request, response) => {
    const found = sessions.get(request.params.id);
    if (!found) throw notFound('session');
    response.json(shownSession(found, workspace));
  });
  return api;
}

function shownSession(session: Session, { account, peers }: Workspace): object {
  const { id, room_id, active, created_at, updated_at } = session;
  return {
    id,
    room_id,
    customer_id: account.customerId,
    app_id: account.appId,
    active,
    peers: Object.fromEntries(peers.group(id).map((peer) => [peer.id, peerOfSession(peer)])),
    created_at,
    updated_at,
  };
}

function peerOfSession({ id, session_id, name, role, user_id, joined_at, left_at }: Peer): object {
  return { id, session_id, name, role, user_id, joined_at, ...(left_at === undefined ? {} : { left_at }) };
}

/** Without `active` all of them, as in the documentation's own example. */
function matching(request: Request): (session: Session) => boolean {
  const active = queryFlag(request, 'active');
  const roomId = queryText(request, 'room_id');
  const after = queryTime(request, 'after');
  const before = queryTime(request, 'before');
  return (session) =>
    (active === undefined || session.active === active) &&
    (roomId === undefined || session.room_id === roomId) &&
    (after === undefined || new Date(session.created_at) >= after) &&
    (before === undefined || new Date(session.created_at) <= before);
}
