import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Doors that a request can come through, as a closed set: a caller's own path would make labels without end. */
export type DoorName = 'graphql' | 'graphql_stream' | 'rest' | 'webhooks' | 'other';

/** What is asked for only when somebody collects: a number that something else knows. */
type Reading = () => number | Promise<number>;

/** What is open or waiting at the moment. */
export interface Readings {
  /** By kind: `graphql`, `raw`, `stream`. */
  readonly connections: Readonly<Record<string, Reading>>;
  readonly inbox: () => Promise<{ pending: number; oldestAgeSeconds: number }>;
  readonly watchedRooms: Reading;
}

/**
 * The figures of this process in the text format of Prometheus, with its base units. Labels are of closed sets only: no
 * room, no user and nothing else that callers could multiply.
 */
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered, by door and status.',
    labelNames: ['door', 'status'] as const,
    registers: [this.registry],
  });
  private readonly durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the request to the end of its answer, by door. Streams are left out.',
    labelNames: ['door'] as const,
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers: [this.registry],
  });
  private readonly errors = new Counter({
    name: 'errors_total',
    help: 'Errors that callers were told of, on every door, by code.',
    labelNames: ['code'] as const,
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  answered(door: DoorName, status: number, seconds: number | undefined): void {
    this.requests.inc({ door, status });
    if (seconds !== undefined) this.durations.observe({ door }, seconds);
  }

  failed(code: string): void {
    this.errors.inc({ code });
  }

  /** Says where the figures of the moment are to be had; once. */
  observe({ connections, inbox, watchedRooms }: Readings): void {
    const open = new Gauge({
      name: 'open_connections',
      help: 'WebSockets and streams that are open, by kind.',
      labelNames: ['kind'] as const,
      registers: [this.registry],
      async collect() {
        for (const [kind, read] of Object.entries(connections)) open.set({ kind }, await read());
      },
    });
    const oldestAge = new Gauge({
      name: 'inbox_oldest_age_seconds',
      help: 'Age of the oldest webhook that is kept and not applied yet.',
      registers: [this.registry],
    });
    const pending = new Gauge({
      name: 'inbox_pending',
      help: 'Webhooks kept and not applied yet.',
      registers: [this.registry],
      async collect() {
        const backlog = await inbox();
        pending.set(backlog.pending);
        oldestAge.set(backlog.oldestAgeSeconds);
      },
    });
    const watched = new Gauge({
      name: 'watched_rooms',
      help: 'Rooms that somebody watches through this process.',
      registers: [this.registry],
      async collect() {
        watched.set(await watchedRooms());
      },
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** All of it, as Prometheus reads it. A reading that fails fails the collection: half of the figures would mislead. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}
