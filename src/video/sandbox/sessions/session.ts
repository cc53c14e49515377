/** One session of a room: from the first join to the last leave. */
export interface Session {
  readonly id: string;
  readonly room_id: string;
  readonly active: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface Track {
  readonly id: string;
  readonly stream_id: string;
  readonly mute: boolean;
  readonly type: 'audio' | 'video';
  readonly source: 'regular' | 'screen';
  readonly started_at: string;
  readonly description: string;
}

export type LostBy = 'websocket closed' | 'ice connection state closed';

/** One device of one user in a session. Joining again is a new peer. */
export interface Peer {
  readonly id: string;
  readonly session_id: string;
  readonly room_id: string;
  readonly user_id: string;
  readonly name: string;
  readonly metadata: string;
  readonly role: string;
  readonly type: 'regular' | 'sip';
  readonly joined_at: string;
  readonly left_at?: string;
  /** Its connection is gone, and 100ms does not know it yet. */
  readonly lost?: { readonly at: string; readonly by: LostBy };
  readonly tracks: Readonly<Record<string, Track>>;
}

/** As `/active-rooms` shows it, without tracks. */
export function shownPeer({ id, name, user_id, metadata, role, joined_at }: Peer): object {
  return { id, name, user_id, metadata, role, joined_at };
}
