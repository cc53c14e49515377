import type { z } from 'zod';
import {
  anyText,
  isAddressBlock,
  isExactOrigin,
  keySetAddress,
  listOf,
  oneOf,
  serviceAddress,
  textLike,
  textOfAtLeast,
  wholeNumber,
} from './kinds';

/** One variable of the environment. */
interface Variable {
  readonly kind: z.ZodType<unknown, string>;
  /** What a blank or missing variable stands for. Without it the variable may be absent. */
  readonly fallback?: string;
  /** A good value, shown beside a complaint. */
  readonly example: string;
  /** Its value is never printed. */
  readonly secret?: true;
}

const id = /^[\w-]{1,64}$/;
const hostName = /^(\[?[0-9a-f:.]+\]?|[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)$/i;
const isServiceKey = (key: string) =>
  key.startsWith('sha256:') ? /^sha256:[0-9a-f]{64}$/i.test(key) : key.length >= 32;

/**
 * Every variable that Rollcall reads, in the order of docs/settings.md and of `.env.example`; a test holds the
 * three together.
 */
export const variables = {
  PORT: { kind: wholeNumber(0, 65_535), fallback: '3000', example: '3000' },
  HOST: { kind: textLike(hostName, 'an address or host name'), fallback: '127.0.0.1', example: '127.0.0.1' },
  NODE_ENV: { kind: oneOf('production', 'development', 'test'), example: 'production' },
  LOG_LEVEL: {
    kind: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    fallback: 'info',
    example: 'info',
  },
  MONGO_URI: {
    kind: textLike(
      /^mongodb(\+srv)?:\/\/[^/?\s]+([/?]\S*)?$/,
      'a mongodb:// or mongodb+srv:// connection string',
    ),
    example: 'mongodb://db.example.com:27017/rollcall',
    secret: true,
  },
  DATA_DIR: { kind: anyText, fallback: '.data', example: '/var/lib/rollcall' },
  DATA_PORT: { kind: wholeNumber(0, 65_535), example: '27018' },
  API_KEY: {
    kind: textLike(/^\S+$/, 'the access key of your 100ms dashboard, without spaces'),
    example: '<access key>',
    secret: true,
  },
  APP_SECRET: {
    kind: textLike(/^\S+$/, 'the app secret of your 100ms dashboard, without spaces'),
    example: '<app secret>',
    secret: true,
  },
  HMS_API_URL: {
    kind: serviceAddress,
    fallback: 'https://api.100ms.live/v2',
    example: 'https://api.100ms.live/v2',
  },
  HMS_AUTH_URL: {
    kind: serviceAddress,
    fallback: 'https://auth.100ms.live/v2',
    example: 'https://auth.100ms.live/v2',
  },
  HMS_TEMPLATE_ID: {
    kind: textLike(id, 'the id of a 100ms template'),
    example: '66112497abcd52312556c4gg',
  },
  HMS_APP_ID: { kind: textLike(id, 'the id of a 100ms app'), example: '5ff5881b80b66969e1ab35d5' },
  WEBHOOK_SECRET: {
    kind: listOf(
      (secret) => /^[\x21-\x7e]{16,}$/.test(secret),
      '16 characters or more without spaces, or two such, comma-separated',
    ).refine((secrets) => secrets.length <= 2, {
      error: 'one secret, or two during a rotation, comma-separated',
    }),
    example: 'at-least-16-characters',
    secret: true,
  },
  WEBHOOK_HEADER: {
    kind: textLike(/^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/i, 'the name of a header').transform((name) =>
      name.toLowerCase(),
    ),
    fallback: 'x-webhook-secret',
    example: 'x-webhook-secret',
  },
  WEBHOOK_ALLOW: {
    kind: listOf(isAddressBlock, 'addresses or blocks of addresses (CIDR), comma-separated'),
    example: '203.0.113.7,198.51.100.0/24',
  },
  CORS_ORIGINS: {
    kind: listOf(isExactOrigin, 'exact origins, comma-separated, without path or trailing slash'),
    example: 'https://app.example.com,https://admin.example.com',
  },
  AUTH: { kind: oneOf('off', 'secret', 'jwks'), example: 'off' },
  AUTH_SECRET: { kind: textOfAtLeast(32), example: '<32 bytes or more>', secret: true },
  AUTH_JWKS_URL: { kind: keySetAddress, example: 'https://login.example.com/.well-known/jwks.json' },
  AUTH_ISSUER: { kind: anyText, example: 'https://login.example.com/' },
  AUTH_AUDIENCE: { kind: anyText, example: 'rollcall' },
  SERVICE_KEYS: {
    kind: listOf(isServiceKey, '32 characters or more each, or sha256:<64 hex digits>, comma-separated'),
    example: 'sha256:<64 hex digits>',
    secret: true,
  },
  GUEST_ROLE: {
    kind: textLike(/^[\w.:@+-]{1,128}$/, 'the name of a role'),
    fallback: 'guest',
    example: 'guest',
  },
  PRESENCE_LEASE_SECONDS: { kind: wholeNumber(1, 86_400), fallback: '90', example: '90' },
  RECONNECT_GRACE_SECONDS: { kind: wholeNumber(0, 3_600), fallback: '5', example: '5' },
  RECONCILE_SECONDS: { kind: wholeNumber(0, 86_400), fallback: '30', example: '30' },
  RETENTION_ENTRIES: { kind: wholeNumber(1, 10_000_000), fallback: '10000', example: '10000' },
  RETENTION_HOURS: { kind: wholeNumber(1, 87_600), fallback: '24', example: '24' },
  LIMIT_REPLAY: { kind: wholeNumber(1, 10_000_000), fallback: '10000', example: '10000' },
  LIMIT_QUEUE: { kind: wholeNumber(1, 100_000), fallback: '256', example: '256' },
  LIMIT_SOCKETS: { kind: wholeNumber(1, 1_000_000), fallback: '20000', example: '20000' },
  LIMIT_SUBSCRIPTIONS_PER_SOCKET: { kind: wholeNumber(1, 100_000), fallback: '100', example: '100' },
  LIMIT_SOCKETS_PER_IDENTITY: { kind: wholeNumber(1, 1_000_000), fallback: '100', example: '100' },
  LIMIT_SOCKETS_PER_ADDRESS: { kind: wholeNumber(1, 1_000_000), fallback: '20000', example: '1000' },
  LIMIT_DEVICES_PER_USER: { kind: wholeNumber(1, 1_000_000), fallback: '20', example: '20' },
  LIMIT_OPERATIONS_PER_SECOND: { kind: wholeNumber(1, 1_000_000), fallback: '100', example: '100' },
  LIMIT_BODY_BYTES: { kind: wholeNumber(1_024, 10_485_760), fallback: '102400', example: '102400' },
  LIMIT_FRAME_BYTES: { kind: wholeNumber(1_024, 10_485_760), fallback: '65536', example: '65536' },
  LIMIT_TOKENS: { kind: wholeNumber(10, 100_000), fallback: '1000', example: '1000' },
  LIMIT_DEPTH: { kind: wholeNumber(1, 100), fallback: '8', example: '8' },
  LIMIT_COST: { kind: wholeNumber(1, 1_000_000_000), fallback: '1000000', example: '1000000' },
  LIMIT_ALIASES: { kind: wholeNumber(0, 10_000), fallback: '30', example: '30' },
  LIMIT_DIRECTIVES: { kind: wholeNumber(0, 10_000), fallback: '10', example: '10' },
  LIMIT_HEADER_SECONDS: { kind: wholeNumber(1, 3_600), fallback: '10', example: '10' },
  LIMIT_REQUEST_SECONDS: { kind: wholeNumber(1, 3_600), fallback: '30', example: '30' },
  LIMIT_LOGIN_SECONDS: { kind: wholeNumber(1, 3_600), fallback: '10', example: '10' },
  PING_SECONDS: { kind: wholeNumber(1, 3_600), fallback: '25', example: '25' },
  STALL_SECONDS: { kind: wholeNumber(1, 3_600), fallback: '30', example: '30' },
  // Together they leave enough of the 10 s after which a supervisor kills the process.
  DRAIN_GRACE_SECONDS: { kind: wholeNumber(0, 3), example: '3' },
  DRAIN_SPREAD_SECONDS: { kind: wholeNumber(0, 3), fallback: '2', example: '2' },
  METRICS: { kind: oneOf('local', 'service', 'open', 'off'), example: 'service' },
  REDIS_URL: {
    kind: textLike(/^rediss?:\/\/\S+$/, 'a redis:// or rediss:// address'),
    example: 'redis://127.0.0.1:6379',
    secret: true,
  },
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof variables;

type Table = typeof variables;

/** What the environment says: always there where the variable has a fallback. */
export type Values = {
  readonly [Name in VariableName]: Table[Name] extends { fallback: string }
    ? z.output<Table[Name]['kind']>
    : z.output<Table[Name]['kind']> | undefined;
};
