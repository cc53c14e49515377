import type { Config } from './config';
import { withoutCredentials } from './database/connect';
import type { Readiness } from './observability/health';

/** Where things are that only the running service knows. */
export interface BannerFacts {
  /** Of the doors, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly database: { readonly uri: string; readonly tcpUri?: string | undefined };
  /** Where people are let in and out by hand; of the sandbox alone. */
  readonly controlUrl?: string | undefined;
  /** What `/readyz` says just now. */
  readonly checks: Readiness['checks'];
}

/** What an operator should read at the start: addresses, the database, 100ms and access. */
export function bannerOf(config: Config, { url, database, controlUrl, checks }: BannerFacts): string[] {
  const socket = url.replace(/^http/, 'ws');
  const rows: readonly (readonly [what: string, where: string])[] = [
    ['GraphQL', `${url}/graphql`],
    ['subscriptions', `${socket}/graphql`],
    ['over SSE', `${url}/graphql/stream`],
    ['REST', `${url}/rooms`],
    ['raw WebSocket', `${socket}/`],
    ['100ms webhooks', `${url}/webhooks/100ms`],
    ['descriptions', describedAt(config, url)],
    ['operations', `${url}/livez, ${url}/readyz, ${url}/metrics`],
    ['database', `${config.mongoUri ? 'MongoDB' : 'embedded'}, ${withoutCredentials(database.uri)}`],
    ...(database.tcpUri ? [['its port', database.tcpUri] as const] : []),
    ['100ms', videoOf(config)],
    ...(controlUrl ? [['its control', controlUrl] as const] : []),
    ['access', accessOf(config.access)],
    ...Object.entries(checks).flatMap(([name, { message }]) =>
      message === undefined ? [] : [['warning', `${name}: ${message}`] as const],
    ),
  ];
  return ['Rollcall', ...rows.map(([what, where]) => `  ${what.padEnd(16)}${where}`)];
}

function describedAt({ production }: Config, url: string): string {
  const documents = ['/openapi.json', '/asyncapi.json', ...(production ? [] : ['/docs'])];
  return documents.map((path) => url + path).join(', ');
}

function videoOf({ hms }: Config): string {
  return hms.keys
    ? `live, ${hms.apiUrl}`
    : 'the built-in sandbox (set API_KEY and APP_SECRET for the real one)';
}

function accessOf(access: Config['access']): string {
  if (access.mode === 'open') {
    const from = access.explicit ? '' : ', from this machine only';
    return `warning: open, every caller who reaches this address may do everything${from}`;
  }
  const { users, serviceKeys } = access;
  const ways = {
    secret: ['users by AUTH_SECRET'],
    jwks: ['users by the keys of AUTH_JWKS_URL'],
    none: [],
  }[users.by];
  return [...ways, ...(serviceKeys.length > 0 ? [`services by ${serviceKeys.length} keys`] : [])].join(', ');
}
