import { type Request, Router } from 'express';
import { ApiError, badBody } from '../api-error';
import { asObject, type Body, optional } from '../body';
import { queryInteger, queryText, queryTexts, queryTime } from '../pages';
import type { Workspace } from '../workspace';
import type { Delivery } from './delivery';
import type { Replay } from './replay';
import type { Replays } from './replays';
import { timeWindow } from './time-window';

const MOST_REPLAYED = 50_000;

interface Wanted {
  readonly from: Date;
  readonly to: Date;
  readonly roomId: string | undefined;
  readonly status: string;
  readonly types: readonly string[];
}

/** `/v2/analytics/webhooks`: what became of each webhook, and sending them again. */
export function webhookAnalyticsApi(workspace: Workspace, replays: Replays): Router {
  const api = Router();
  api.get('/', (request, response) => {
    const limit = queryInteger(request, 'limit', { least: 1, most: 100, fallback: 50 });
    const page = queryInteger(request, 'page', { least: 1, most: 1_000_000, fallback: 1 });
    const all = chosenFrom(workspace, wantedByQuery(request, workspace.clock.now()));
    const pages = Math.ceil(all.length / limit);
    response.json({
      events: all.slice((page - 1) * limit, page * limit).map(shownDelivery(workspace)),
      pagination: {
        current_page: page,
        page_size: limit,
        total_pages: pages,
        total_items: all.length,
        has_next: page < pages,
        has_prev: page > 1,
      },
      summary: { total_events: all.length },
    });
  });
  api.post('/replay', (request, response) => {
    const body = asObject(request.body);
    const wanted = wantedByBody(body, workspace.clock.now());
    const offset = optional(body, 'offset', 'number') ?? 0;
    const limit = optional(body, 'limit', 'number') ?? MOST_REPLAYED;
    if (!(limit >= 1 && limit <= MOST_REPLAYED)) throw badBody('limit');
    const oldestFirst = chosenFrom(workspace, wanted).reverse();
    const filters = {
      start_time: optional(body, 'start_time', 'string') ?? '',
      end_time: optional(body, 'end_time', 'string') ?? '',
      room_id: wanted.roomId ?? '',
      event_types: wanted.types,
      limit,
      offset,
    };
    const { replay, isNew } = replays.start(oldestFirst.slice(offset, offset + limit), filters);
    response.json({
      workflow_id: replay.id,
      status: isNew ? 'started' : 'already_running',
      message: 'Webhook replay has been queued for processing',
      filters,
    });
  });
  api.get('/replay/:id', (request, response) => {
    response.json(shownReplay(replays.wanted(request.params.id)));
  });
  return api;
}

/** Newest first, what is still on its way left out. */
function chosenFrom({ deliveries }: Workspace, { from, to, roomId, status, types }: Wanted): Delivery[] {
  return deliveries
    .all()
    .filter((delivery) => delivery.status !== 'pending')
    .filter((delivery) => status === 'all' || delivery.status === status)
    .filter(({ at }) => new Date(at).getTime() >= wholeSecond(from) && new Date(at) <= to)
    .filter(({ room_id }) => !roomId || room_id === roomId)
    .filter(({ type }) => types.length === 0 || types.includes(type));
}

/** Events are dated by whole seconds: one of this very second belongs to a stretch that begins within it. */
function wholeSecond(time: Date): number {
  return Math.floor(time.getTime() / 1_000) * 1_000;
}

function wantedByQuery(request: Request, now: Date): Wanted {
  return {
    ...timeWindow(queryTime(request, 'start_time'), queryTime(request, 'end_time'), now),
    roomId: queryText(request, 'room_id'),
    status: statusOf(queryText(request, 'status'), 'all'),
    types: queryTexts(request, 'event_names'),
  };
}

function wantedByBody(body: Body, now: Date): Wanted {
  const types = body['event_names'] ?? [];
  if (!Array.isArray(types)) throw badBody('event_names');
  return {
    ...timeWindow(timeIn(body, 'start_time'), timeIn(body, 'end_time'), now),
    roomId: optional(body, 'room_id', 'string'),
    status: statusOf(optional(body, 'status', 'string'), 'failed'),
    types: types.map(String),
  };
}

function statusOf(given: string | undefined, fallback: string): string {
  const status = given ?? fallback;
  if (!['all', 'failed', 'success'].includes(status)) throw new ApiError(400, 'invalid status');
  return status;
}

function timeIn(body: Body, name: string): Date | undefined {
  const given = optional(body, name, 'string');
  if (!given) return undefined;
  const time = new Date(given);
  if (Number.isNaN(time.getTime())) throw badBody(name);
  return time;
}

function shownDelivery({ settings }: Workspace): (delivery: Delivery) => object {
  return ({ id, room_id, type, at, status, envelope, target, error_reason }) => ({
    event_id: id,
    event_name: `reporter.webhook.delivery.${status === 'failed' ? 'failed' : 'success'}`,
    room_id,
    event_timestamp: at,
    payload: {
      event_data: envelope['data'],
      webhook_url: (target ?? settings.webhook())?.url ?? '',
      original_event_name: type,
      ...(error_reason === undefined ? {} : { error_reason }),
    },
  });
}

function shownReplay({ id, status, started_at, completed_at, filters, ...counted }: Replay): object {
  const { total, completed, failed_events } = counted;
  const progress = { total, completed, failed: failed_events.length };
  return {
    workflow_id: id,
    status,
    started_at,
    ...(completed_at === undefined ? {} : { completed_at }),
    filters,
    progress,
    ...(status === 'Running' ? {} : { result: { ...progress, failed_events } }),
  };
}
