/**
 * Every figure that is kept of this process, with its labels and all the values that they can have. One table for those who count,
 * for `/metrics` and for docs/metrics.md, which a test compares with it. A value that is not listed is counted as `other`: no caller
 * can add a series, no matter what they send.
 */
import { errorStatus } from './errors';

/** A label and every value it has, besides `other`. */
type Labels = Readonly<Record<string, readonly string[]>>;

interface Figure {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: Labels;
  /** Upper bounds, of a histogram; by default those of durations in seconds. */
  readonly buckets?: readonly number[];
}

const doors = ['graphql', 'graphql_stream', 'rest', 'webhooks'] as const;
const sockets = ['graphql', 'raw'] as const;
const transports = ['http', 'graphql_ws', 'sse', 'multipart'] as const;
const watchers = ['graphql_ws', 'sse', 'multipart', 'rest', 'raw'] as const;
const codes = Object.keys(errorStatus);
const statuses = ['200', '201', '204', '304', ...new Set(Object.values(errorStatus).map(String))];
const closings =
  '1000 1001 1002 1003 1005 1006 1007 1008 1009 1011 1012 1013 4400 4401 4403 4406 4408 4409 4429 4500';
const sources = ['WEBHOOK', 'REPLAY', 'RECONCILE', 'SOCKET', 'API'];
const actions = ['JOINED', 'LEFT', 'UPDATED', 'RECONNECTING', 'RECONNECTED', 'ROOM_CLOSED'];
const webhooks = [
  ...['session.open.success', 'session.close.success', 'peer.join.success', 'peer.leave.success'],
  ...['room.end.success', 'role.change.success'],
];
const endpoints = [
  ...['rooms', 'active-rooms', 'room-codes', 'sessions', 'templates', 'recordings', 'recording-assets'],
  ...['live-streams', 'external-streams', 'stream-keys', 'polls', 'sip', 'analytics', 'token'],
];
const tasks = [
  ...[
    'overdue presences',
    'held presences',
    'abandoned presences',
    'process lease',
    'access',
    'inbox',
    'checkpoint',
    'trim',
    'overlong sessions',
  ],
  ...['abandoned folds', 'missed webhooks', 'reconcile', 'removals'],
];

/** The checks of `/readyz`. */
const checks = [
  ...['database', 'indexes', 'redis', '100ms', 'template', 'guest role', 'webhooks', 'inbox', 'stored rooms'],
  ...['background tasks', 'drain'],
];

export const figures = {
  http_requests_total: {
    kind: 'counter',
    help: 'Requests answered, by door and status.',
    labels: { door: doors, status: statuses },
  },
  http_request_duration_seconds: {
    kind: 'histogram',
    help: 'From the request to the end of its answer, by door. Streams are left out.',
    labels: { door: doors },
  },
  errors_total: {
    kind: 'counter',
    help: 'Errors that callers were told of, on every door, by code.',
    labels: { code: codes },
  },
  auth_failures_total: {
    kind: 'counter',
    help: 'Logins and secrets that were refused: none was shown, or one that is no good.',
    labels: { door: [...doors, ...sockets.map((kind) => `${kind}_socket`)], reason: ['none', 'bad'] },
  },
  graphql_requests_total: {
    kind: 'counter',
    help: 'GraphQL operations begun, by type and transport; a subscription is one, however much it tells.',
    labels: {
      operation_type: ['query', 'mutation', 'subscription'],
      transport: transports,
      outcome: ['ok', 'error'],
    },
  },
  graphql_request_duration_seconds: {
    kind: 'histogram',
    help: 'From a query or mutation to its result.',
    labels: { operation_type: ['query', 'mutation'] },
  },
  graphql_errors_total: {
    kind: 'counter',
    help: 'Errors in GraphQL results, by code.',
    labels: { code: codes },
  },
  graphql_active_subscriptions: {
    kind: 'gauge',
    help: 'GraphQL subscriptions that are open, by field.',
    labels: { field: ['participantUpdates'] },
  },
  room_watchers: {
    kind: 'gauge',
    help: 'Streams of updates that are open, by door; a poll that waits is one.',
    labels: { door: watchers },
  },
  watched_rooms: { kind: 'gauge', help: 'Rooms with a subscriber on this process.' },
  updates_delivered_total: {
    kind: 'counter',
    help: 'Updates handed to the connections of watchers, by door.',
    labels: { door: watchers },
  },
  subscription_queue_depth: {
    kind: 'histogram',
    help: 'Updates that had gathered for one watcher when it took them, where more than one had.',
    buckets: [2, 4, 8, 16, 32, 64, 128, 256, 1024],
  },
  subscription_overflows_total: {
    kind: 'counter',
    help: 'Times that a watcher was too slow for its queue, and went on from the log.',
  },
  ws_slow_consumer_disconnects_total: {
    kind: 'counter',
    help: 'Sockets and streams closed because their reader took nothing for STALL_SECONDS.',
    labels: { kind: [...sockets, 'stream'] },
  },
  open_connections: {
    kind: 'gauge',
    help: 'WebSockets and streams that are open, by kind.',
    labels: { kind: [...sockets, 'stream'] },
  },
  ws_connections: { kind: 'gauge', help: 'WebSockets that are open, by kind.', labels: { kind: sockets } },
  ws_connections_closed_total: {
    kind: 'counter',
    help: 'WebSockets that have closed, by the code of the close.',
    labels: { kind: sockets, code: closings.split(' ') },
  },
  ws_messages_total: {
    kind: 'counter',
    help: 'Messages on WebSockets: in, all of them; out, results and updates.',
    labels: { kind: sockets, direction: ['in', 'out'] },
  },
  room_log_appends_total: {
    kind: 'counter',
    help: 'Inserts into the logs of rooms; each is one or more entries.',
  },
  room_log_conflicts_total: {
    kind: 'counter',
    help: 'Inserts that lost against another process, and were decided again.',
  },
  room_fold_failures_total: {
    kind: 'counter',
    help: 'Times that a stored room could not be brought up to its log at once; the next checkpoint does.',
  },
  room_events_published_total: {
    kind: 'counter',
    help: 'Entries that this process committed, by where the news came from.',
    labels: { source: sources },
  },
  room_event_gaps_total: {
    kind: 'counter',
    help: 'Holes between the messages of the bus, which were filled from the log.',
  },
  event_delivery_lag_seconds: {
    kind: 'histogram',
    help: 'From the record of an entry to its delivery to the subscribers here, by the clock of the database.',
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
  },
  bus_messages_total: {
    kind: 'counter',
    help: 'Messages of the Redis bus: sent, not sent because Redis is unavailable or slow, received from other instances, and received unreadable.',
    labels: { direction: ['published', 'dropped', 'received', 'unreadable'] },
  },
  bus_deaf: {
    kind: 'gauge',
    help: '1 while nothing is heard through Redis: watchers learn of other processes by looking.',
  },
  webhook_events_total: {
    kind: 'counter',
    help: 'Webhooks of 100ms, by type and what became of them: stale ones told what was known or overtaken; one that is tried again counts as failed each time.',
    labels: {
      type: webhooks,
      result: [
        ...['applied', 'duplicate', 'stale', 'ignored', 'unknown_type', 'unknown_room', 'foreign_app'],
        ...['failed', 'rejected'],
      ],
    },
  },
  webhook_lag_seconds: {
    kind: 'histogram',
    help: 'From the time that 100ms wrote on a webhook to its arrival. Replays are left out.',
    buckets: [0.1, 0.3, 1, 3, 10, 30, 100, 300],
  },
  inbox_pending: { kind: 'gauge', help: 'Webhooks that are due and not applied yet.' },
  inbox_oldest_age_seconds: {
    kind: 'gauge',
    help: 'For how long the oldest webhook that is not applied yet has been due.',
  },
  reconcile_runs_total: {
    kind: 'counter',
    help: 'Comparisons of all active rooms with 100ms: complete, without an answer for some rooms, or failed.',
    labels: { result: ['complete', 'incomplete', 'failed'] },
  },
  reconcile_drift_total: {
    kind: 'counter',
    help: 'Corrections that comparisons made: what no webhook had told.',
    labels: { kind: actions },
  },
  removals_total: {
    kind: 'counter',
    help: 'Users to be removed from a room, by what became of it; one that is retried counts as failed each time.',
    labels: { outcome: ['removed', 'gone', 'allowed', 'failed'] },
  },
  removals_pending: {
    kind: 'gauge',
    help: 'Users to be removed from a room who are not known to be gone yet.',
  },
  upstream_request_duration_seconds: {
    kind: 'histogram',
    help: 'Attempts to call 100ms, by resource and outcome: `none` is no usable answer, `left_alone` was not sent.',
    labels: { endpoint: endpoints, status: ['2xx', '3xx', '4xx', '429', '5xx', 'none', 'left_alone'] },
  },
  upstream_circuit_state: {
    kind: 'gauge',
    help: '1 while 100ms does not answer and is left alone, 0.5 while one call tries whether it is back.',
  },
  upkeep_lease_held: {
    kind: 'gauge',
    help: '1 in the process that sweeps, reconciles and trims for all; always 1 without MONGO_URI.',
  },
  upkeep_runs_total: {
    kind: 'counter',
    help: 'Background tasks that were run, by task and result.',
    labels: { task: tasks, result: ['done', 'failed'] },
  },
  upkeep_task_failing: {
    kind: 'gauge',
    help: '1 while a background task has failed in each of its last three periods, by task.',
    labels: { task: tasks },
  },
  database_command_duration_seconds: {
    kind: 'histogram',
    help: 'For how long commands had a connection to the database.',
    buckets: [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
  },
  database_connections: { kind: 'gauge', help: 'Connections to the database that a command has just now.' },
  readiness_check: {
    kind: 'gauge',
    help: 'Findings of `/readyz`, by check: 0 ok, 0.5 degraded, 1 failed, which makes this process not ready.',
    labels: { check: checks },
  },
  log_lines_dropped_total: {
    kind: 'counter',
    help: 'Log lines that were dropped because standard error was not read and the memory for waiting lines was full.',
  },
  drain_phase: {
    kind: 'gauge',
    help: '0 serving; 1 going, and serving until balancers have noticed; 2 closing.',
  },
} as const satisfies Record<string, Figure>;

type Figures = typeof figures;
export type FigureName = keyof Figures;
type Of<Kind extends Figure['kind']> = {
  [Name in FigureName]: Figures[Name] extends { kind: Kind } ? Name : never;
}[FigureName];

/** A value for each label of a figure. */
export type LabelsOf<Name extends FigureName> = Figures[Name] extends { labels: infer L }
  ? { readonly [Label in keyof L]: string }
  : Readonly<Record<string, never>>;

/** What a gauge that is read has to say: one number, or one for each value of its label. */
export type Reading = () => Read | Promise<Read>;
type Read = number | Readonly<Record<string, number>>;

/** Records metrics. Its methods never throw and never wait. */
export interface Meter {
  count<Name extends Of<'counter'>>(name: Name, labels?: LabelsOf<Name>, by?: number): void;
  observe<Name extends Of<'histogram'>>(name: Name, value: number, labels?: LabelsOf<Name>): void;
  /** Adds to a gauge, or takes away. */
  change<Name extends Of<'gauge'>>(name: Name, by: number, labels?: LabelsOf<Name>): void;
  /** Registers a callback that reads the gauge when it is scraped. */
  read(name: Of<'gauge'>, reading: Reading): void;
}

/** A meter that drops everything, for parts that are built without metrics. */
export const silentMeter: Meter = {
  count: () => undefined,
  observe: () => undefined,
  change: () => undefined,
  read: () => undefined,
};
