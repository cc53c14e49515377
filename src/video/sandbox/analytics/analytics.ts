import { randomUUID } from 'node:crypto';
import type { Room } from '../rooms/room';
import type { Peer, Track } from '../sessions/session';
import type { Workspace } from '../workspace';
import type { AnalyticsEvent } from './analytics-event';

/** In milliseconds: 30 days, in which events can be asked for. */
const REMEMBERED_FOR = 30 * 24 * 3_600 * 1_000;

/** What a client says of its failure, as far as a sandbox without clients knows it. */
const failures = {
  'client.join.failed': { action: 'JOIN', is_terminal: true },
  'client.disconnected': { action: 'RECONNECT_SIGNAL', is_terminal: false },
};

/** Keeps what `/analytics/events` tells: tracks that come and go, clients that fail, recordings that are done. */
export class Analytics {
  constructor(private readonly workspace: Workspace) {
    for (const { id, timestamp } of workspace.analytics.all())
      if (new Date(timestamp) < this.oldest) workspace.analytics.delete(id);
  }

  /** Of the last 30 days, oldest first. */
  of(roomId: string): AnalyticsEvent[] {
    const oldest = this.oldest;
    return this.workspace.analytics.group(roomId).filter(({ timestamp }) => new Date(timestamp) >= oldest);
  }

  /** A peer came, went, or publishes something else than before. */
  tracksChanged(room: Room, before: Peer | undefined, { tracks, ...peer }: Peer): void {
    const of = (track: Track) => ({ ...aboutPeer(room, peer), ...aboutTrack(track) });
    for (const track of Object.values(before?.tracks ?? {})) {
      const stopped_at = this.workspace.clock.timestamp();
      if (!tracks[track.id]) this.note('track.remove.success', { ...of(track), stopped_at });
    }
    for (const track of Object.values(tracks))
      if (!before?.tracks[track.id]) this.note('track.add.success', of(track));
  }

  clientFailed(
    type: keyof typeof failures,
    { room, peer, message }: { room: Room; peer: Partial<Peer>; message: string },
  ): void {
    this.note(type, { ...aboutPeer(room, peer), ...failures[type], error_message: message });
  }

  /** With the data of its webhook. */
  recorded(data: AnalyticsEvent['data']): void {
    this.note('beam.recording.success', data);
  }

  private note(type: AnalyticsEvent['type'], data: AnalyticsEvent['data']): void {
    const timestamp = this.workspace.clock.timestamp();
    this.workspace.analytics.put({ version: '2.0', id: randomUUID(), timestamp, type, data });
  }

  private get oldest(): Date {
    return new Date(this.workspace.clock.now().getTime() - REMEMBERED_FOR);
  }
}

function aboutPeer(room: Room, { session_id, id, user_id, name, joined_at, role }: Partial<Peer>) {
  return {
    room_id: room.id,
    ...(session_id === undefined ? {} : { session_id }),
    room_name: room.name,
    peer_id: id,
    user_id,
    user_name: name,
    joined_at,
    role,
  };
}

function aboutTrack({ id, stream_id, type, source, mute, started_at }: Track) {
  return { track_id: id, stream_id, type, source, mute, started_at };
}
