import { randomUUID } from 'node:crypto';
import type { Analytics } from '../analytics/analytics';
import { ApiError, notFound } from '../api-error';
import { readToken } from '../management-check';
import type { Room } from '../rooms/room';
import type { Timers } from '../timers';
import type { Webhooks } from '../webhooks/webhooks';
import type { Workspace } from '../workspace';
import { isFull, whyRefused } from './admission';
import { AttendanceEvents } from './attendance-events';
import { publishedTracks } from './published-tracks';
import { Running } from './running';
import type { LostBy, Peer, Session } from './session';

/** 100ms notices so many seconds after the fact that a connection was lost. */
const NOTICED_AFTER = 60;
/** The longest session there is, in seconds: 12 hours. */
const LONGEST_SESSION = 12 * 3_600;

/** Who joins. The token is an auth token; everything else is up to the client. */
export interface Joining {
  readonly token: string;
  readonly name?: string | undefined;
  readonly metadata?: string | undefined;
  /** Undefined: a new one. */
  readonly peerId?: string | undefined;
  /** By an SDK, which is the default, or by telephone. */
  readonly type?: Peer['type'] | undefined;
}

export interface AttendanceParts {
  readonly workspace: Workspace;
  readonly webhooks: Webhooks;
  readonly analytics: Analytics;
  readonly timers: Timers;
}

/**
 * Who is in which room. The first to join opens a session and the last to leave closes it; each step is told by its
 * webhook. A lost connection is noticed a minute late.
 */
export class Attendance {
  readonly running: Running;
  private readonly events: AttendanceEvents;
  private readonly openedListeners: ((session: Session) => void)[] = [];
  private readonly closedListeners: ((session: Session) => void)[] = [];

  constructor(private readonly parts: AttendanceParts) {
    this.events = new AttendanceEvents(parts);
    this.running = new Running(parts.workspace);
    for (const roomId of this.running.rooms()) this.resume(roomId);
  }

  onOpened(listener: (session: Session) => void): void {
    this.openedListeners.push(listener);
  }

  onClosed(listener: (session: Session) => void): void {
    this.closedListeners.push(listener);
  }

  /** @throws ApiError with what a client SDK would be told; most refusals also send `peer.join.failure` */
  join(joining: Joining): Peer {
    const { workspace } = this.parts;
    const { clock, account } = workspace;
    const claims = readToken(joining.token, 'app', { keys: account.keys, clock });
    const room = workspace.rooms.get(String(claims['room_id']));
    if (!room)
      throw new ApiError(404, 'invalid room id', [`room_id is ${JSON.stringify(claims['room_id'])}`]);
    const at = clock.timestamp();
    const peer = {
      id: joining.peerId ?? randomUUID(),
      room_id: room.id,
      user_id: typeof claims['user_id'] === 'string' ? claims['user_id'] : '',
      name: joining.name ?? '',
      metadata: joining.metadata ?? '',
      role: String(claims['role']),
      type: joining.type ?? ('regular' as const),
      joined_at: at,
    };
    this.admit(room, peer);
    const session = this.running.session(room.id) ?? this.open(room, at);
    const tracks = publishedTracks(workspace.templates.role(room.template_id, peer.role), at);
    const joined = this.put({ ...peer, session_id: session.id, tracks });
    this.events.joined(room, session, joined);
    return joined;
  }

  /** @throws ApiError 404, after `peer.leave.failure` where the peer was once there */
  leave(peerId: string): void {
    const peer = this.parts.workspace.peers.get(peerId);
    if (peer?.left_at !== undefined) this.events.leaveFailed(peer);
    this.depart(this.wanted(peerId), 'client request', '');
  }

  /** The connection is lost. If the peer calls `returned` within the minute, no event is sent. */
  lose(peerId: string, by: LostBy): void {
    const peer = this.wanted(peerId);
    const lost = { at: this.parts.workspace.clock.timestamp(), by };
    const room = this.parts.workspace.rooms.wanted(peer.room_id);
    this.parts.analytics.clientFailed('client.disconnected', { room, peer, message: by });
    this.noticeLater(this.put({ ...peer, lost }));
  }

  returned(peerId: string): void {
    const { lost: _, ...peer } = this.wanted(peerId);
    this.put(peer);
  }

  /** @param by the peer that asks for it; undefined where it is the server API */
  update(
    peerId: string,
    { role, ...rest }: { name?: string; metadata?: string; role?: string },
    by?: string,
  ): Peer {
    const { workspace } = this.parts;
    const { clock, rooms, templates } = workspace;
    const before = this.wanted(peerId);
    const wanted = { ...before, ...rest };
    if (role === undefined || role === before.role) return this.put(wanted);
    const room = rooms.wanted(before.room_id);
    const found = templates.role(room.template_id, role);
    if (!found) throw new ApiError(400, 'Invalid body param', ['Invalid body param: role']);
    if (isFull(found, this.running, room.id)) {
      this.events.roleChangeFailed(room, { ...before, role }, by);
      throw new ApiError(400, 'role limit reached');
    }
    const at = clock.timestamp();
    const changed = this.put({ ...wanted, role, tracks: publishedTracks(found, at) });
    this.events.roleChanged(room, changed, { from: before.role, at, by });
    return changed;
  }

  /** Removes the peers that match. */
  kick(fits: (peer: Peer) => boolean, roomId: string, message: string): void {
    for (const peer of this.running.peers(roomId)) {
      if (fits(peer)) this.depart(peer, 'peer kicked', message);
    }
  }

  /** Ends the session for all peers. `by` is the peer that ended it; undefined for the server API. */
  end(roomId: string, { lock, reason, by }: { lock: boolean; reason: string; by?: Peer | undefined }): void {
    const { rooms, clock } = this.parts.workspace;
    const room = rooms.wanted(roomId);
    const session = this.running.session(roomId);
    if (!session) {
      this.events.endFailed(room, { lock, reason, by });
      throw notFound('session');
    }
    if (lock) rooms.put({ ...room, enabled: false, updated_at: clock.timestamp() });
    this.events.ended(room, session, { lock, reason, by });
    this.kick(() => true, roomId, reason);
  }

  /** What was under way when the sandbox stopped. */
  private resume(roomId: string): void {
    const session = this.running.session(roomId);
    if (session) this.endLater(session);
    for (const peer of this.running.peers(roomId)) if (peer.lost) this.noticeLater(peer);
  }

  private admit(room: Room, peer: Omit<Peer, 'session_id' | 'tracks'>): void {
    const { templates, peers } = this.parts.workspace;
    const refusal = whyRefused(room, templates.role(room.template_id, peer.role), {
      running: this.running,
      isKnown: peers.get(peer.id) !== undefined,
    });
    if (!refusal) return;
    this.events.joinFailed(room, peer, refusal.toServer);
    this.parts.analytics.clientFailed('client.join.failed', { room, peer, message: refusal.toClient });
    throw new ApiError(refusal.status, refusal.toClient);
  }

  private open(room: Room, at: string): Session {
    const { clock, sessions } = this.parts.workspace;
    const session = sessions.put({
      id: clock.objectId(),
      room_id: room.id,
      active: true,
      created_at: at,
      updated_at: at,
    });
    this.running.opened(session);
    this.events.opened(room, session);
    this.endLater(session);
    for (const hear of this.openedListeners) hear(session);
    return session;
  }

  private endLater({ id, room_id, created_at }: Session): void {
    const seconds = this.parts.workspace.rooms.get(room_id)?.max_duration_seconds ?? LONGEST_SESSION;
    const end = () => {
      if (this.running.session(room_id)?.id !== id) return;
      for (const peer of this.running.peers(room_id))
        this.depart(peer, 'server removed peer', 'max duration reached');
    };
    this.parts.timers.after(seconds, end, new Date(created_at));
  }

  private noticeLater({ id, lost }: Peer): void {
    if (!lost) return;
    const notice = () => {
      const peer = this.parts.workspace.peers.get(id);
      const isStillLost = peer?.lost?.at === lost.at && peer.left_at === undefined;
      if (peer && isStillLost) this.depart(peer, lost.by, '');
    };
    this.parts.timers.after(NOTICED_AFTER, notice, new Date(lost.at));
  }

  private depart(peer: Peer, reason: string, message: string): void {
    const { clock, rooms, sessions } = this.parts.workspace;
    const left_at = clock.timestamp();
    const { lost: _, ...rest } = peer;
    const left = this.put({ ...rest, left_at, tracks: {} });
    const room = rooms.wanted(peer.room_id);
    const session = sessions.get(peer.session_id);
    if (!session) return;
    this.events.left(room, session, { peer: left, left_at, reason, message });
    if (this.running.count(room.id) > 0) return;
    const updated_at = clock.timestamp();
    const closed = sessions.put({ ...session, active: false, updated_at });
    this.running.closed(closed);
    this.events.closed(room, closed);
    for (const hear of this.closedListeners) hear(closed);
  }

  private put(peer: Peer): Peer {
    const { peers, rooms } = this.parts.workspace;
    this.running.put(peer);
    this.parts.analytics.tracksChanged(rooms.wanted(peer.room_id), peers.get(peer.id), peer);
    return peers.put(peer);
  }

  /** @throws ApiError 404 */
  private wanted(peerId: string): Peer {
    const found = this.parts.workspace.peers.get(peerId);
    if (!found || found.left_at !== undefined) throw notFound('peer');
    return found;
  }
}
