import type { Connection } from 'mongoose';
import { pingDatabase } from './database/connect';
import { verifyIndexes } from './database/indexes';
import { WriteProbe } from './database/write-probe';
import type { EventBus } from './events/event-bus';
import { type HealthCheck, Unwell } from './observability/health';
import type { Rooms } from './rooms';
import { problemOf } from './rooms/upkeep/failing-tasks';
import type { HmsService } from './video/hms.service';
import type { SetupCheck } from './video/setup-check';

export interface CheckedParts {
  readonly connection: Connection;
  readonly bus: EventBus;
  readonly hms: Pick<HmsService, 'isLeftAlone'>;
  readonly setup: Pick<SetupCheck, 'findings'>;
  /** Whether webhooks come from a 100ms that an operator configures; the sandbox is configured by us. */
  readonly areWebhooksSetByHand: boolean;
  readonly rooms: Pick<Rooms, 'inbox' | 'behindSince' | 'upkeep'>;
  /** The clock of `rooms`. */
  readonly now: () => Date;
}

/** Seconds that a webhook may wait to be applied, and a stored room to be brought up to its log, before it counts as degraded. */
const BEHIND_AFTER = 30;

/** What `/readyz` asks: the database is needed for everything, and without the rest things are later or fewer. */
export function healthChecksOf(parts: CheckedParts): Record<string, HealthCheck> {
  const { connection, bus, hms, rooms, now } = parts;
  const writes = new WriteProbe(connection);
  return {
    database: {
      required: true,
      holds: async () => {
        await pingDatabase(connection);
        throwIfUnwell(writes.isRefused ? WRITES_REFUSED : undefined);
      },
      otherwise: 'The database does not answer within 1 s.',
    },
    indexes: {
      required: true,
      holds: () => verifyIndexes(connection),
      otherwise:
        'The indexes of the database cannot be verified, or are not as they must be; the log of a start names them.',
    },
    redis: {
      required: false,
      holds: async () => {
        if (bus.isDeaf)
          throw new Unwell(
            'Redis pub/sub is down: subscribers poll the log every 250 ms. Check REDIS_URL, and that Redis is up and reachable from here.',
          );
      },
      otherwise: 'Redis does not answer.',
    },
    '100ms': {
      required: false,
      holds: async () => {
        if (hms.isLeftAlone)
          throw new Unwell(
            '100ms did not answer for a while and is left alone for some seconds: no new rooms, no comparisons.',
          );
        throwIfUnwell(parts.setup.findings.keys);
      },
      otherwise: '100ms does not answer.',
    },
    ...setupChecksOf(parts),
    inbox: {
      required: false,
      holds: async () => {
        const { pending, oldestAgeSeconds } = await rooms.inbox.backlog();
        if (oldestAgeSeconds < BEHIND_AFTER) return;
        throw new Unwell(
          `${pending} webhooks are kept and not applied yet, the oldest for ${Math.round(oldestAgeSeconds)} s.`,
        );
      },
      otherwise: 'It is not known how many webhooks wait to be applied.',
    },
    'background tasks': {
      required: true,
      holds: async () => {
        const problem = problemOf(rooms.upkeep.failing());
        if (problem) throw new Unwell(problem.message, problem.isOfDatabase);
      },
      otherwise: 'It is not known whether the background tasks run.',
    },
    'stored rooms': {
      required: false,
      holds: async () => {
        const since = rooms.behindSince();
        const seconds = since ? (now().getTime() - since.getTime()) / 1_000 : 0;
        if (seconds < BEHIND_AFTER) return;
        throw new Unwell(
          `Stored rooms have been behind their logs for ${Math.round(seconds)} s, and are being repaired.`,
        );
      },
      otherwise: 'It is not known whether the stored rooms are true to their logs.',
    },
  };
}

function setupChecksOf({ setup, rooms, areWebhooksSetByHand }: CheckedParts): Record<string, HealthCheck> {
  const subjects = ['template', 'guest role'] as const;
  const checks = subjects.map((subject): [string, HealthCheck] => [
    subject,
    {
      required: false,
      holds: async () => throwIfUnwell(setup.findings[subject]),
      otherwise: `The ${subject} could not be checked.`,
    },
  ]);
  const webhooks: HealthCheck = {
    required: false,
    holds: async () => throwIfUnwell((await rooms.inbox.hasReceived()) ? undefined : NO_WEBHOOK),
    otherwise: 'It is not known whether a webhook has arrived.',
  };
  return { ...Object.fromEntries(checks), ...(areWebhooksSetByHand ? { webhooks } : {}) };
}

const WRITES_REFUSED =
  'The database stores nothing: its disk is full or cannot be written. Free space under DATA_DIR, or on the disk of MongoDB.';

const NO_WEBHOOK =
  'No webhook from 100ms has arrived yet. On your 100ms dashboard, set the public address of this service with the path /webhooks/100ms, and the header with WEBHOOK_SECRET.';

function throwIfUnwell(message: string | undefined): void {
  if (message !== undefined) throw new Unwell(message);
}
