import type { Analytics } from '../analytics/analytics';
import type { Webhooks } from '../webhooks/webhooks';
import type { Workspace } from '../workspace';
import type { Asset, Broadcast } from './broadcast';

/**
 * The webhooks of recordings and streams: `hls.*` for live streams, `beam.*` for the two others, which at 100ms are
 * made by the same machine.
 */
export class BroadcastEvents {
  private readonly workspace: Workspace;
  private readonly webhooks: Webhooks;
  private readonly analytics: Analytics;

  constructor(parts: { workspace: Workspace; webhooks: Webhooks; analytics: Analytics }) {
    this.workspace = parts.workspace;
    this.webhooks = parts.webhooks;
    this.analytics = parts.analytics;
  }

  started(broadcast: Broadcast): void {
    this.send(broadcast, 'started.success', {
      started_at: broadcast.started_at,
      ...(broadcast.kind === 'live-streams' ? playbackOf(broadcast) : { start_delay: 3 }),
    });
  }

  stopped(broadcast: Broadcast): void {
    const { started_at, stopped_at } = broadcast;
    const duration = Math.round((Date.parse(stopped_at ?? '') - Date.parse(started_at ?? '')) / 1_000) || 0;
    this.send(broadcast, 'stopped.success', { started_at, stopped_at, duration, reason: 'client request' });
  }

  processed(broadcast: Broadcast, assets: readonly Asset[]): void {
    const [first] = assets;
    if (!first) return;
    const { created_at, started_at, stopped_at } = broadcast;
    const file = { recording_id: first.id, size: first.size, created_at, started_at, stopped_at };
    this.send(broadcast, 'recording.success', {
      ...file,
      ...(broadcast.kind === 'live-streams'
        ? { hls_vod_recording_path: first.path, hls_vod_recording_size: first.size }
        : { recording_path: first.path, recording_presigned_url: presignedUrl(first) }),
    });
  }

  private send(broadcast: Broadcast, what: string, data: object): void {
    const room = this.workspace.rooms.wanted(broadcast.room_id);
    const session = this.workspace.sessions.get(broadcast.session_id);
    const family = broadcast.kind === 'live-streams' ? 'hls' : 'beam';
    const told = {
      job_id: broadcast.id,
      [`${family}_id`]: broadcast.id,
      room_id: room.id,
      room_name: room.name,
      session_id: broadcast.session_id,
      template_id: room.template_id,
      meeting_url: broadcast.meeting_url,
      recording_enabled: broadcast.asset_types.length > 0,
      session_started_at: session?.created_at ?? '',
      ...data,
    };
    this.webhooks.send(`${family}.${what}`, room, told);
    if (family === 'beam' && what === 'recording.success') this.analytics.recorded(told);
  }
}

/** An address of nothing, that looks like one with a way in. */
export function presignedUrl({ path }: Asset): string {
  return `https://storage.sandbox.invalid/${path}?X-Amz-Signature=${'0'.repeat(64)}`;
}

function playbackOf({ own }: Broadcast): object {
  const { playback, recording } = own as { playback?: { url?: string }; recording?: Record<string, boolean> };
  return {
    url: playback?.url,
    recording_single_file_per_layer_enabled: recording?.['single_file_per_layer'] ?? false,
    recording_vod_playlist_enabled: recording?.['hls_vod'] ?? false,
  };
}
