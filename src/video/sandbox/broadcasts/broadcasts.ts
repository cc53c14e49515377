import type { Analytics } from '../analytics/analytics';
import { ApiError, notFound } from '../api-error';
import type { Attendance } from '../sessions/attendance';
import type { Timers } from '../timers';
import type { Webhooks } from '../webhooks/webhooks';
import type { Workspace } from '../workspace';
import { type Asset, type Broadcast, type BroadcastKind, isUnderWay } from './broadcast';
import { BroadcastEvents } from './broadcast-events';

/** Seconds until one that was started runs, until one that was stopped is processed, and until its files are there. */
const STARTS_WITHIN = 3;
const STOPS_WITHIN = 1;
const PROCESSED_WITHIN = 5;

export interface BroadcastsParts {
  readonly workspace: Workspace;
  readonly attendance: Attendance;
  readonly webhooks: Webhooks;
  readonly analytics: Analytics;
  readonly timers: Timers;
}

type NewBroadcast = Pick<
  Broadcast,
  'kind' | 'room_id' | 'meeting_url' | 'destination' | 'own' | 'asset_types'
>;

/** Recordings and streams of rooms: each goes its way from starting to completed by itself, and tells so. */
export class Broadcasts {
  private readonly events: BroadcastEvents;

  constructor(private readonly parts: BroadcastsParts) {
    this.events = new BroadcastEvents(parts);
    for (const broadcast of parts.workspace.broadcasts.all())
      if (isUnderWay(broadcast)) this.goOn(broadcast.id);
    parts.attendance.onClosed((session) => {
      for (const broadcast of this.underWay(session.room_id)) this.stop(broadcast.id);
    });
  }

  /** @throws ApiError 404 if the room is empty, 400 if one of this kind is running */
  start(wanted: NewBroadcast): Broadcast {
    const { clock, broadcasts } = this.parts.workspace;
    const session = this.parts.attendance.running.session(wanted.room_id);
    if (!session) throw notFound('session');
    if (this.underWay(wanted.room_id).some(({ kind }) => kind === wanted.kind)) {
      throw new ApiError(400, `${wanted.kind} already running in this room`);
    }
    const at = clock.timestamp();
    const broadcast = broadcasts.put({
      ...wanted,
      id: clock.objectId(),
      session_id: session.id,
      status: 'starting',
      created_at: at,
      started_at: null,
      updated_at: at,
      stopped_at: null,
    });
    this.goOn(broadcast.id);
    return broadcast;
  }

  /** What is over stays as it is. */
  stop(id: string): Broadcast {
    const broadcast = this.wanted(id);
    if (broadcast.status !== 'starting' && broadcast.status !== 'running') return broadcast;
    const stopping = this.put(broadcast, { status: 'stopping' });
    this.goOn(id);
    return stopping;
  }

  underWay(roomId: string): Broadcast[] {
    return this.parts.workspace.broadcasts.group(roomId).filter(isUnderWay);
  }

  /** @throws ApiError 404 */
  wanted(id: string, kind?: BroadcastKind): Broadcast {
    const found = this.parts.workspace.broadcasts.get(id);
    if (!found || (kind !== undefined && found.kind !== kind))
      throw notFound(kind?.slice(0, -1) ?? 'broadcast');
    return found;
  }

  /** Takes the next step of one when it is due; a step that no longer applies is skipped. */
  private goOn(id: string): void {
    const { status, updated_at } = this.wanted(id);
    const within = { starting: STARTS_WITHIN, stopping: STOPS_WITHIN, post_processing: PROCESSED_WITHIN };
    if (!(status in within)) return;
    const step = () => {
      const now = this.wanted(id);
      if (now.status === status) this.step(now);
    };
    this.parts.timers.after(within[status as keyof typeof within], step, new Date(updated_at));
  }

  private step(broadcast: Broadcast): void {
    const at = this.parts.workspace.clock.timestamp();
    switch (broadcast.status) {
      case 'starting':
        this.events.started(this.put(broadcast, { status: 'running', started_at: at }));
        break;
      case 'stopping':
        this.events.stopped(this.put(broadcast, { status: 'post_processing', stopped_at: at }));
        this.goOn(broadcast.id);
        break;
      case 'post_processing': {
        const assets = broadcast.asset_types.map((type) => this.leave(broadcast, type));
        this.events.processed(this.put(broadcast, { status: 'completed' }), assets);
      }
    }
  }

  private put(broadcast: Broadcast, changes: Partial<Broadcast>): Broadcast {
    const { broadcasts, clock } = this.parts.workspace;
    return broadcasts.put({ ...broadcast, ...changes, updated_at: clock.timestamp() });
  }

  private leave(broadcast: Broadcast, type: string): Asset {
    const { assets, clock } = this.parts.workspace;
    const { id: job_id, room_id, session_id, started_at, stopped_at } = broadcast;
    const duration = Math.round((Date.parse(stopped_at ?? '') - Date.parse(started_at ?? '')) / 1_000) || 0;
    return assets.put({
      id: clock.objectId(),
      job_id,
      room_id,
      session_id,
      type,
      path: `sandbox/${room_id}/${job_id}/${type}`,
      status: 'completed',
      duration,
      size: 100_000 * (duration + 1),
      created_at: clock.timestamp(),
      thumbnails: null,
      metadata: {},
    });
  }
}
