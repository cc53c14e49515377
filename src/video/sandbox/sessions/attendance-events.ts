import { ZERO_TIME } from '../clock';
import type { Room } from '../rooms/room';
import type { Webhooks } from '../webhooks/webhooks';
import type { Workspace } from '../workspace';
import type { Peer, Session } from './session';

type Ending = { lock: boolean; reason: string; by?: Peer | undefined };

/** The webhooks that tell who came and went, member for member as the documentation's samples have them. */
export class AttendanceEvents {
  private readonly workspace: Workspace;
  private readonly webhooks: Webhooks;

  constructor(parts: { workspace: Workspace; webhooks: Webhooks }) {
    this.workspace = parts.workspace;
    this.webhooks = parts.webhooks;
  }

  opened(room: Room, session: Session): void {
    this.send(room, 'session.open.success', { ...ofRoom(room), session_id: session.id, ...startOf(session) });
  }

  closed(room: Room, session: Session): void {
    this.send(room, 'session.close.success', {
      ...ofRoom(room),
      session_id: session.id,
      session_duration: secondsBetween(session.created_at, session.updated_at),
      ...startOf(session),
      session_stopped_at: session.updated_at,
    });
  }

  joined(room: Room, session: Session, peer: Peer): void {
    this.send(room, 'peer.join.success', {
      ...ofPeer(room, peer),
      session_id: session.id,
      ...startOf(session),
    });
  }

  joinFailed(room: Room, peer: Omit<Peer, 'session_id' | 'tracks'>, error_message: string): void {
    this.send(room, 'peer.join.failure', { ...ofPeer(room, peer), joined_at: ZERO_TIME, error_message });
  }

  left(
    room: Room,
    session: Session,
    { peer, left_at, reason, message }: { peer: Peer; left_at: string; reason: string; message: string },
  ): void {
    this.send(room, 'peer.leave.success', {
      duration: secondsBetween(peer.joined_at, left_at),
      ...ofPeer(room, peer),
      left_at,
      reason,
      message,
      session_id: session.id,
      ...startOf(session),
    });
  }

  leaveFailed(peer: Peer): void {
    const room = this.workspace.rooms.wanted(peer.room_id);
    this.send(room, 'peer.leave.failure', {
      duration: 0,
      left_at: ZERO_TIME,
      ...ofPeer(room, peer),
      error_message: 'Peer not joined',
    });
  }

  ended(room: Room, session: Session, ending: Ending): void {
    this.send(room, 'room.end.success', {
      ...ofEnding(room, ending),
      session_id: session.id,
      ...startOf(session),
    });
  }

  endFailed(room: Room, ending: Ending): void {
    this.send(room, 'room.end.failure', {
      ...ofEnding(room, ending),
      session_id: '',
      session_started_at: ZERO_TIME,
      error_code: 404,
      error_message: 'session not found',
    });
  }

  roleChanged(
    room: Room,
    peer: Peer,
    { from, at, by }: { from: string; at: string; by: string | undefined },
  ): void {
    this.send(room, 'role.change.success', {
      ...this.ofRoleChange(room, peer, by),
      previous_role: from,
      role_changed_at: at,
    });
  }

  roleChangeFailed(room: Room, peer: Peer, by: string | undefined): void {
    this.send(room, 'role.change.failure', {
      ...this.ofRoleChange(room, peer, by),
      error_message: 'role limit reached',
    });
  }

  private ofRoleChange(room: Room, peer: Peer, by: string | undefined): object {
    const { type: _, ...data } = ofPeer(room, peer);
    const session = this.workspace.sessions.get(peer.session_id);
    return {
      ...data,
      session_id: peer.session_id,
      session_started_at: session?.created_at ?? ZERO_TIME,
      ...(by === undefined ? {} : { role_change_requested_by: by }),
    };
  }

  private send(room: Room, type: string, data: object): void {
    this.webhooks.send(type, room, data);
  }
}

function ofRoom(room: Room) {
  return { room_id: room.id, room_name: room.name, template_id: room.template_id };
}

function ofPeer(room: Room, peer: Omit<Peer, 'session_id' | 'tracks'>) {
  return {
    ...ofRoom(room),
    peer_id: peer.id,
    user_id: peer.user_id,
    user_name: peer.name,
    user_data: peer.metadata,
    role: peer.role,
    joined_at: peer.joined_at,
    type: peer.type,
  };
}

/** The server API has no peer, and says so with empty texts and `api`. */
function ofEnding(room: Room, { lock, reason, by }: Ending) {
  return {
    ...ofRoom(room),
    peer_id: by?.id ?? '',
    user_id: by?.user_id ?? '',
    user_name: by?.name ?? '',
    role: by?.role ?? '',
    lock_room: lock,
    reason,
    source: by ? 'peer' : 'api',
  };
}

function startOf({ created_at }: Session) {
  return { session_started_at: created_at };
}

function secondsBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 1_000);
}
