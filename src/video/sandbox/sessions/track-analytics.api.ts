import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import { ApiError, notFound } from '../api-error';
import { queryInteger, queryText, queryTexts } from '../pages';
import type { Workspace } from '../workspace';
import type { Peer, Track } from './session';

/** What `/analytics/events` can be asked for; the sandbox has only the first of them to tell. */
const types = [
  'track.add.success',
  'track.update.success',
  'track.remove.success',
  'beam.recording.success',
  'client.publish.failed',
  'client.subscribe.failed',
  'client.join.failed',
  'client.disconnected',
  'client.connect.failed',
];

/** `/v2/analytics/events` and `/peer-stats`: of tracks the moment they were added, of quality nothing but its shape. */
export function trackAnalyticsApi(workspace: Workspace): Router {
  const { rooms, sessions, peers } = workspace;
  const api = Router();
  api.get('/events', (request, response) => {
    const room = rooms.get(queryText(request, 'room_id') ?? '');
    if (!room) throw new ApiError(400, 'Invalid query parameter', ['Invalid query parameter: room_id']);
    const wanted = queryTexts(request, 'type');
    if (wanted.some((type) => !types.includes(type)))
      throw new ApiError(400, 'Invalid query parameter', ['type']);
    const isWanted = wanted.length === 0 || wanted.includes('track.add.success');
    const all = sessions
      .group(room.id)
      .flatMap(({ id }) => peers.group(id))
      .filter(fits(queryText(request, 'session_id'), ({ session_id }) => session_id))
      .filter(fits(queryText(request, 'peer_id'), ({ id }) => id))
      .filter(fits(queryText(request, 'user_id'), ({ user_id }) => user_id))
      .flatMap((peer) =>
        isWanted ? Object.values(peer.tracks).map((track) => added(room.name, peer, track)) : [],
      );
    const limit = queryInteger(request, 'limit', { least: 1, most: 100, fallback: 10 });
    const from = Number(queryText(request, 'start') ?? 0);
    const next = from + limit < all.length ? String(from + limit) : '';
    response.json({ limit, total: all.length, next, events: all.slice(from, from + limit) });
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

function fits(wanted: string | undefined, of: (peer: Peer) => string): (peer: Peer) => boolean {
  return (peer) => wanted === undefined || of(peer) === wanted;
}

function added(room_name: string, peer: Peer, track: Track): object {
  return {
    version: '2.0',
    id: randomUUID(),
    timestamp: track.started_at,
    type: 'track.add.success',
    data: {
      room_id: peer.room_id,
      session_id: peer.session_id,
      room_name,
      peer_id: peer.id,
      user_id: peer.user_id,
      user_name: peer.name,
      joined_at: peer.joined_at,
      role: peer.role,
      track_id: track.id,
      stream_id: track.stream_id,
      type: track.type,
      source: track.source,
      mute: track.mute,
      started_at: track.started_at,
    },
  };
}
