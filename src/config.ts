import { resolve } from 'node:path';
import { type Access, readAccess } from './config/access';
import { BadConfig, type ConfigProblem } from './config/bad-config';
import { areTracesWanted } from './config/standard-traces';
import { unknownNames } from './config/unknown-names';
import { type Environment, type EnvironmentRead, readValues } from './config/values';
import { variables } from './config/variables';

export type { UserLogins } from './config/access';
export { BadConfig } from './config/bad-config';
export { isLoopback } from './config/loopback';

/** Everything that can be set from outside, checked and frozen. Durations say their unit in their name. */
export interface Config {
  /** `NODE_ENV=production`: no introspection, no explorer, no suggestions. */
  readonly production: boolean;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Where the embedded database lives; absolute. */
  readonly dataDir: string;
  /** Where tools on this machine reach the embedded database, beside its socket. Undefined: nowhere. */
  readonly dataPort?: number;
  readonly logLevel: string;
  /** Whether the standard variables of OpenTelemetry, which its SDK reads itself, name a collector. */
  readonly traces: boolean;
  /** Undefined: the embedded database. */
  readonly mongoUri?: string;
  /** Undefined: one process, which needs no bus to others. */
  readonly redisUrl?: string;
  readonly access: Access;
  readonly hms: {
    /** Undefined: the sandbox. */
    readonly keys?: { readonly accessKey: string; readonly secret: string };
    /** With its `/v2`, without a slash at the end; so is `authUrl`. */
    readonly apiUrl: string;
    readonly authUrl: string;
    /** Undefined: the default template of the 100ms account. */
    readonly templateId?: string;
    /** Undefined: as 100ms's own responses say. */
    readonly appId?: string;
  };
  readonly webhook: {
    /** Any one of them opens the door. Empty: none is asked for. */
    readonly secrets: readonly string[];
    /** In small letters. */
    readonly header: string;
    /** Addresses and blocks that webhooks may come from. Undefined: from anywhere. */
    readonly allow?: readonly string[];
  };
  /** Undefined: the service's own origin, and outside production those of this machine and Apollo Studio. */
  readonly corsOrigins?: readonly string[];
  readonly presence: { readonly leaseSeconds: number; readonly graceSeconds: number };
  /** What the log of a room keeps. */
  readonly retention: { readonly entries: number; readonly hours: number };
  readonly limits: {
    /** The most entries that one subscription is told of the past. */
    readonly replay: number;
    /** Updates that wait for one slow reader. */
    readonly queue: number;
    readonly sockets: number;
    readonly subscriptionsPerSocket: number;
    /** Sockets and streams of one user; services are not counted. */
    readonly socketsPerIdentity: number;
    readonly socketsPerAddress: number;
    /** Of one user in one room, by `joinRoom` and on raw WebSockets. */
    readonly devicesPerUser: number;
    /** Of one user; services are not counted. */
    readonly operationsPerSecond: number;
    readonly bodyBytes: number;
    /** Of one message on a WebSocket. */
    readonly frameBytes: number;
    /** Of one GraphQL operation, as `OperationLimits` has them. */
    readonly tokens: number;
    readonly depth: number;
    readonly cost: number;
    readonly aliases: number;
    readonly directives: number;
    /** Within which the headers of a request, and all of it, must arrive; and within which a socket must say who it is. */
    readonly headerSeconds: number;
    readonly requestSeconds: number;
    readonly loginSeconds: number;
  };
  /** How this process goes: see `DrainSettings`. */
  readonly drain: { readonly graceSeconds: number; readonly spreadSeconds: number };
  readonly pingSeconds: number;
  readonly stallSeconds: number;
  readonly reconcileSeconds: number;
  /** Who may read `/metrics`: every caller, this machine and services, services alone, or no caller. */
  readonly metrics: 'open' | 'local' | 'service' | 'off';
  readonly guestRole: string;
  /** Lines for the banner about settings that were accepted and may surprise. */
  readonly warnings: readonly string[];
}

/** Seconds in which a balancer that polls once a second has noticed. Without a balancer there is no wait. */
const PRODUCTION_GRACE = 3;

/**
 * The one reader of an environment. Pure: relative paths are taken from `directory`.
 *
 * @param namesInFile the names that `.env` sets, each of which should be one that something reads
 * @throws BadConfig that lists everything that is wrong, not only the first.
 */
export function readConfig(
  env: Environment,
  directory: string = process.cwd(),
  namesInFile: readonly string[] = [],
): Config {
  const read = readValues(env);
  const { values } = read;
  const { access, problems, warnings: ofAccess } = readAccess(read);
  const ofNames = unknownNames(env, namesInFile);
  const all = [...read.problems, ...problems, ...halfSet(read)];
  if (all.length > 0) throw new BadConfig(all, ofNames);
  return deepFreeze({
    production: values.NODE_ENV === 'production',
    host: values.HOST.replace(/^\[(.*)\]$/, '$1'),
    port: values.PORT,
    dataDir: resolve(directory, values.DATA_DIR),
    dataPort: values.DATA_PORT,
    logLevel: values.LOG_LEVEL,
    traces: areTracesWanted(env),
    mongoUri: values.MONGO_URI,
    redisUrl: values.REDIS_URL,
    access,
    hms: {
      keys:
        values.API_KEY && values.APP_SECRET
          ? { accessKey: values.API_KEY, secret: values.APP_SECRET }
          : undefined,
      apiUrl: values.HMS_API_URL,
      authUrl: values.HMS_AUTH_URL,
      templateId: values.HMS_TEMPLATE_ID,
      appId: values.HMS_APP_ID,
    },
    webhook: {
      secrets: values.WEBHOOK_SECRET ?? [],
      header: values.WEBHOOK_HEADER,
      allow: values.WEBHOOK_ALLOW,
    },
    corsOrigins: values.CORS_ORIGINS,
    presence: { leaseSeconds: values.PRESENCE_LEASE_SECONDS, graceSeconds: values.RECONNECT_GRACE_SECONDS },
    retention: { entries: values.RETENTION_ENTRIES, hours: values.RETENTION_HOURS },
    limits: {
      replay: values.LIMIT_REPLAY,
      queue: values.LIMIT_QUEUE,
      sockets: values.LIMIT_SOCKETS,
      subscriptionsPerSocket: values.LIMIT_SUBSCRIPTIONS_PER_SOCKET,
      socketsPerIdentity: values.LIMIT_SOCKETS_PER_IDENTITY,
      socketsPerAddress: values.LIMIT_SOCKETS_PER_ADDRESS,
      devicesPerUser: values.LIMIT_DEVICES_PER_USER,
      operationsPerSecond: values.LIMIT_OPERATIONS_PER_SECOND,
      bodyBytes: values.LIMIT_BODY_BYTES,
      frameBytes: values.LIMIT_FRAME_BYTES,
      tokens: values.LIMIT_TOKENS,
      depth: values.LIMIT_DEPTH,
      cost: values.LIMIT_COST,
      aliases: values.LIMIT_ALIASES,
      directives: values.LIMIT_DIRECTIVES,
      headerSeconds: values.LIMIT_HEADER_SECONDS,
      requestSeconds: values.LIMIT_REQUEST_SECONDS,
      loginSeconds: values.LIMIT_LOGIN_SECONDS,
    },
    drain: {
      graceSeconds: values.DRAIN_GRACE_SECONDS ?? (values.NODE_ENV === 'production' ? PRODUCTION_GRACE : 0),
      spreadSeconds: values.DRAIN_SPREAD_SECONDS,
    },
    pingSeconds: values.PING_SECONDS,
    stallSeconds: values.STALL_SECONDS,
    reconcileSeconds: values.RECONCILE_SECONDS,
    metrics: values.METRICS ?? (values.NODE_ENV === 'production' ? 'local' : 'open'),
    guestRole: values.GUEST_ROLE,
    warnings: [...ofAccess, ...ofNames],
  });
}

/** With one half of the 100ms credentials the sandbox would start where the real service was meant. */
function halfSet({ set }: EnvironmentRead): ConfigProblem[] {
  const pair = ['API_KEY', 'APP_SECRET'] as const;
  const missing = pair.filter((name) => !set.has(name));
  if (missing.length !== 1) return [];
  return missing.map((variable) => ({
    variable,
    complaint: `is not set, but ${pair.find((name) => name !== variable)} is: set both for the real 100ms, or neither for the sandbox`,
    example: `${variable}=${variables[variable].example}`,
  }));
}

function deepFreeze<T extends object>(value: T): Readonly<T> {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part);
  return Object.freeze(value);
}
