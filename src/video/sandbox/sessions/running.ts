import type { Workspace } from '../workspace';
import type { Peer, Session } from './session';

/** Who is in which room now: what the documents say, kept at hand so that asking does not mean searching them. */
export class Running {
  private readonly byRoom = new Map<string, { session: Session; peers: Map<string, Peer> }>();

  constructor({ sessions, peers }: Workspace) {
    for (const session of sessions.all()) {
      if (!session.active) continue;
      this.opened(session);
      for (const peer of peers.group(session.id)) this.put(peer);
    }
  }

  session(roomId: string): Session | undefined {
    return this.byRoom.get(roomId)?.session;
  }

  /** In the order of joining. */
  peers(roomId: string): Peer[] {
    return [...(this.byRoom.get(roomId)?.peers.values() ?? [])];
  }

  count(roomId: string): number {
    return this.byRoom.get(roomId)?.peers.size ?? 0;
  }

  rooms(): string[] {
    return [...this.byRoom.keys()];
  }

  opened(session: Session): void {
    this.byRoom.set(session.room_id, { session, peers: new Map() });
  }

  closed({ room_id }: Session): void {
    this.byRoom.delete(room_id);
  }

  put(peer: Peer): void {
    const peers = this.byRoom.get(peer.room_id)?.peers;
    if (peer.left_at === undefined) peers?.set(peer.id, peer);
    else peers?.delete(peer.id);
  }
}
