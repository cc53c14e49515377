import { z } from 'zod';
import { id, objectOf, optionalNumber, optionalText, texts, time } from '../shapes';
import { type HmsVerbs, path } from './verbs';

const hmsDelivery = z
  .object({
    event_id: id,
    event_name: optionalText,
    room_id: optionalText,
    event_timestamp: time,
    payload: z
      .object({
        event_data: z.record(z.string(), z.unknown()).catch({}),
        original_event_name: optionalText,
        error_reason: optionalText,
      })
      .catch({ event_data: {}, original_event_name: undefined, error_reason: undefined }),
  })
  .transform(({ event_id, event_name, room_id, event_timestamp, payload }) => ({
    eventId: event_id,
    /** Such as `peer.join.success`. */
    type: payload.original_event_name,
    roomId: room_id,
    at: event_timestamp,
    data: payload.event_data,
    /** Only failed ones have a reason. */
    failed: payload.error_reason !== undefined || /\.failed$/.test(event_name ?? ''),
    errorReason: payload.error_reason,
  }));

const hmsDeliveries = z.object({
  events: z
    .array(hmsDelivery)
    .nullish()
    .transform((events) => events ?? []),
  pagination: z.object({ has_next: z.boolean().catch(false) }).catch({ has_next: false }),
});

const hmsReplay = objectOf({ workflow_id: id, status: optionalText, message: optionalText });

const counts = { total: optionalNumber, completed: optionalNumber, failed: optionalNumber };
const hmsReplayProgress = objectOf({
  workflow_id: id,
  /** Running, completed, completed_with_failures, failed, Canceled or Terminated. */
  status: optionalText,
  started_at: time,
  completed_at: time,
  progress: objectOf(counts).optional().catch(undefined),
  result: objectOf({ ...counts, failed_events: texts })
    .optional()
    .catch(undefined),
});

const hmsAnalyticsEvent = objectOf({
  id,
  type: optionalText,
  timestamp: time,
  data: z.record(z.string(), z.unknown()).catch({}),
});
const hmsAnalyticsPage = z.object({
  events: z
    .array(hmsAnalyticsEvent)
    .nullish()
    .transform((events) => events ?? []),
  next: optionalText,
});

/** How 100ms fared in delivering one webhook. */
type HmsDelivery = z.infer<typeof hmsDelivery>;
/** `started`, or `already_running` where the same replay was asked for and is not finished. */
export type HmsReplay = z.infer<typeof hmsReplay>;
export type HmsReplayProgress = z.infer<typeof hmsReplayProgress>;
/** A track added or removed, a client that failed, and the like. */
export type HmsAnalyticsEvent = z.infer<typeof hmsAnalyticsEvent>;

export interface HmsDeliveryFilter {
  /** Within the last 30 days; 24 hours ago by default. */
  readonly startTime?: Date | undefined;
  /** Within 14 days after the start; now by default. */
  readonly endTime?: Date | undefined;
  readonly roomId?: string | undefined;
  readonly status?: 'all' | 'failed' | 'success' | undefined;
  /** Types such as `peer.join.success`; all by default. */
  readonly eventNames?: readonly string[] | undefined;
}

export interface HmsReplayRequest extends HmsDeliveryFilter {
  /** 50,000 by default and at most. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

export interface HmsAnalyticsFilter {
  readonly roomId: string;
  readonly types?: readonly string[] | undefined;
  readonly sessionId?: string | undefined;
  readonly peerId?: string | undefined;
  readonly userId?: string | undefined;
  /** Of one recording; only `beam.recording.success` has it. */
  readonly beamId?: string | undefined;
  /** Only what failed. */
  readonly errorsOnly?: boolean | undefined;
}

const PAGE = '100';

/** "Analytics" of the 100ms documentation: webhooks delivered and not, their replay, events of tracks and clients. */
export class HmsAnalytics {
  constructor(private readonly verbs: HmsVerbs) {}

  /** Deliveries in the order in which 100ms lists them, asked for page by page as they are wanted. */
  async *webhookEvents(
    filter: HmsDeliveryFilter = {},
    signal?: AbortSignal,
  ): AsyncGenerator<HmsDelivery, void> {
    const query = {
      start_time: filter.startTime?.toISOString(),
      end_time: filter.endTime?.toISOString(),
      room_id: filter.roomId,
      status: filter.status ?? 'all',
      event_names: filter.eventNames,
      limit: PAGE,
    };
    for (let page = 1; ; page += 1) {
      const { events, pagination } = await this.verbs.get({
        path: '/analytics/webhooks',
        query: { ...query, page: String(page) },
        answer: hmsDeliveries,
        signal,
      });
      yield* events;
      if (!pagination.has_next || events.length === 0) return;
    }
  }

  /** Failed ones by default. They come at 10 a second with `is_replay`. Safe to repeat: the same replay is joined. */
  replay(request: HmsReplayRequest = {}, signal?: AbortSignal): Promise<HmsReplay> {
    const body = {
      start_time: request.startTime?.toISOString(),
      end_time: request.endTime?.toISOString(),
      room_id: request.roomId,
      event_names: request.eventNames,
      limit: request.limit,
      offset: request.offset,
      status: request.status,
    };
    return this.verbs.set({ path: '/analytics/webhooks/replay', body, answer: hmsReplay, signal });
  }

  replayProgress(workflowId: string, signal?: AbortSignal): Promise<HmsReplayProgress> {
    const answer = hmsReplayProgress;
    return this.verbs.get({ path: path`/analytics/webhooks/replay/${workflowId}`, answer, signal });
  }

  /** The last 30 days of one room. The place in the list is good for 24 hours. */
  async *events(filter: HmsAnalyticsFilter, signal?: AbortSignal): AsyncGenerator<HmsAnalyticsEvent, void> {
    const query = {
      room_id: filter.roomId,
      type: filter.types,
      session_id: filter.sessionId,
      peer_id: filter.peerId,
      user_id: filter.userId,
      beam_id: filter.beamId,
      error: filter.errorsOnly ? 'true' : undefined,
      limit: PAGE,
    };
    let start: string | undefined;
    do {
      const answer = hmsAnalyticsPage;
      const page = await this.verbs.get({
        path: '/analytics/events',
        query: { ...query, start },
        answer,
        signal,
      });
      yield* page.events;
      start = page.events.length < Number(PAGE) || page.next === start ? undefined : page.next;
    } while (start !== undefined);
  }

  /** Quality over time as 100ms measured it, in its own words; only after the session has ended. */
  peerStats(
    peer: { readonly sessionId: string; readonly peerId: string },
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const query = { peer_id: peer.peerId, session_id: peer.sessionId };
    const answer = z.record(z.string(), z.unknown());
    return this.verbs.get({ path: '/analytics/peer-stats', query, answer, signal });
  }
}
