import { type Request, Router } from 'express';
import { notFound } from '../api-error';
import { badQuery, queryFlag, queryInteger, queryText, queryTexts } from '../pages';
import type { Workspace } from '../workspace';
import type { Analytics } from './analytics';
import { type AnalyticsEvent, analyticsTypes } from './analytics-event';

/** `/v2/analytics/events` and `/peer-stats`: of quality nothing but its shape. */
export function analyticsApi({ rooms, sessions, peers }: Workspace, analytics: Analytics): Router {
  const api = Router();
  api.get('/events', (request, response) => {
    const room = rooms.get(queryText(request, 'room_id') ?? '');
    if (!room) throw badQuery('room_id');
    const limit = queryInteger(request, 'limit', { least: 1, most: 100, fallback: 10 });
    const { all, first } = snapshot(analytics.of(room.id).filter(matching(request)), request);
    const events = all.slice(first, first + limit);
    const next = all[first + limit];
    response.json({
      limit: events.length,
      total: all.length,
      next: next ? `${next.id}:${all.at(-1)?.id}` : '',
      events,
    });
  });
  api.get('/peer-stats', (request, response) => {
    const peer = peers.get(queryText(request, 'peer_id') ?? '');
    const session = sessions.get(queryText(request, 'session_id') ?? '');
    if (!peer || !session || session.active || peer.session_id !== session.id) throw notFound('peer stats');
    const none = { video: [], audio: [] };
    const { id: peer_id, session_id, room_id } = peer;
    response.json({ peer_id, session_id, room_id, publisher: none, subscriber: none });
  });
  return api;
}

/** What there was at the first question, and where its next page begins: `start` names both that event and the last. */
function snapshot(found: readonly AnalyticsEvent[], request: Request) {
  const start = queryText(request, 'start') ?? '';
  if (start === '') return { all: found, first: 0 };
  const [first, last] = start.split(':').map((wanted) => found.findIndex(({ id }) => id === wanted));
  if (first === undefined || last === undefined || first < 0 || last < 0) throw badQuery('start');
  return { all: found.slice(0, last + 1), first };
}

function matching(request: Request): (event: AnalyticsEvent) => boolean {
  const wanted = queryTexts(request, 'type');
  if (!wanted.every((type) => analyticsTypes.some((known) => known === type))) throw badQuery('type');
  const errorsOnly = queryFlag(request, 'error') ?? false;
  const given = ['session_id', 'peer_id', 'user_id', 'beam_id'].flatMap((name) => {
    const value = queryText(request, name);
    return value === undefined ? [] : [{ name, value }];
  });
  return ({ type, data }) =>
    (wanted.length === 0 || wanted.includes(type)) &&
    (!errorsOnly || type.startsWith('client.')) &&
    given.every(({ name, value }) => data[name] === value);
}
