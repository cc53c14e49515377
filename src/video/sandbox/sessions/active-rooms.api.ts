import { Router } from 'express';
import { ApiError, badBody, notFound } from '../api-error';
import { asObject, optional, withoutUndefined } from '../body';
import { queryText } from '../pages';
import type { Timers } from '../timers';
import type { Workspace } from '../workspace';
import type { Attendance } from './attendance';
import { type Peer, type Session, shownPeer } from './session';

interface Parts {
  readonly workspace: Workspace;
  readonly attendance: Attendance;
  readonly timers: Timers;
}

/** `/v2/active-rooms`: rooms with people in them. Removing and ending are done soon after they were answered. */
export function activeRoomsApi({ workspace, attendance, timers }: Parts): Router {
  const { account, rooms } = workspace;
  const api = Router();
  const running = (roomId: string): Session => {
    const session = attendance.running.session(roomId);
    if (!session) throw notFound('session');
    return session;
  };
  const there = (roomId: string, peerId: string): Peer => {
    running(roomId);
    const peer = attendance.running.peers(roomId).find(({ id }) => id === peerId);
    if (!peer) throw notFound('peer');
    return peer;
  };

  api.get('/:room', (request, response) => {
    const { id, name } = rooms.wanted(request.params.room);
    const session = running(id);
    const peers = attendance.running.peers(id).map((peer) => peer.id);
    const { created_at } = session;
    response.json({
      id,
      name,
      customer_id: account.customerId,
      session: { id: session.id, created_at, peers },
    });
  });
  api.get('/:room/peers', (request, response) => {
    const userId = queryText(request, 'user_id');
    const role = queryText(request, 'role');
    running(request.params.room);
    const fitting = attendance.running
      .peers(request.params.room)
      .filter((peer) => userId === undefined || peer.user_id === userId)
      .filter((peer) => role === undefined || peer.role === role);
    response.json({ peers: Object.fromEntries(fitting.map((peer) => [peer.id, shownPeer(peer)])) });
  });
  api.get('/:room/peers/:peer', (request, response) => {
    response.json(withTracks(there(request.params.room, request.params.peer)));
  });
  api.post('/:room/peers/:peer', (request, response) => {
    const { id } = there(request.params.room, request.params.peer);
    const body = asObject(request.body);
    const changes = withoutUndefined({
      name: optional(body, 'name', 'string'),
      metadata: optional(body, 'metadata', 'string'),
      role: optional(body, 'role', 'string'),
    });
    response.json(withTracks(attendance.update(id, changes)));
  });
  api.post('/:room/send-message', (request, response) => {
    running(request.params.room);
    const body = asObject(request.body);
    if (!optional(body, 'message', 'string')) throw badBody('message');
    const peerId = optional(body, 'peer_id', 'string');
    if (peerId) there(request.params.room, peerId);
    response.json({ message: 'message sent' });
  });
  api.post('/:room/remove-peers', (request, response) => {
    const { room } = request.params;
    const body = asObject(request.body);
    const peerId = optional(body, 'peer_id', 'string');
    const role = optional(body, 'role', 'string');
    if (!peerId && !role) throw new ApiError(400, 'Invalid body param', ['peer_id or role is required']);
    running(room);
    if (peerId) there(room, peerId);
    const fits = (peer: Peer) => (peerId ? peer.id === peerId : peer.role === role);
    timers.after(0, () => attendance.kick(fits, room, optional(body, 'reason', 'string') ?? ''));
    response.json({ message: 'peer remove request submitted' });
  });
  api.post('/:room/end-room', (request, response) => {
    const { id } = rooms.wanted(request.params.room);
    const body = asObject(request.body);
    const lock = optional(body, 'lock', 'boolean') ?? false;
    const reason = optional(body, 'reason', 'string') ?? '';
    const end = () => attendance.end(id, { lock, reason });
    if (attendance.running.session(id)) timers.after(0, () => attendance.running.session(id) && end());
    else end();
    response.json({ message: 'session is ending' });
  });
  return api;
}

function withTracks(peer: Peer): object {
  return { ...shownPeer(peer), tracks: peer.tracks };
}
