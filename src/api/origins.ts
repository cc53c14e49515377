import { isIP } from 'node:net';

export interface OriginRules {
  /** Exact origins, as `CORS_ORIGINS` lists them; undefined where the defaults hold. */
  readonly listed?: readonly string[] | undefined;
  readonly production: boolean;
  /** What the server was told to listen on. */
  readonly host: string;
  /** Whether access is open: then `Host` is the only thing that tells a foreign page's name from ours. */
  readonly isOpen: boolean;
}

const thisMachine = new Set(['localhost', '127.0.0.1', '[::1]']);
const studio = 'https://studio.apollographql.com';

/**
 * Whether a page of `origin` may talk to a server that was asked for as `host`. A request without an origin comes from
 * no page and is not asked.
 */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  rules: OriginRules,
): boolean {
  if (origin === undefined) return true;
  if (rules.listed) return rules.listed.includes(origin);
  const { host: from, hostname } = parsed(origin);
  if (from !== '' && from === host) return true;
  return !rules.production && (origin === studio || thisMachine.has(hostname));
}

/**
 * Whether a request may call this server by the name in `Host`. While access is open, a foreign name is how a page elsewhere
 * reaches it through a name of its own that it points here (DNS rebinding); an address cannot be pointed anywhere. With
 * logins on, such a page has no login to send, so every name is allowed.
 */
export function isHostAllowed(host: string | undefined, rules: OriginRules): boolean {
  if (!rules.isOpen) return true;
  const { hostname } = parsed(`http://${host ?? ''}`);
  const ours = [rules.host, ...(rules.listed ?? []).map((origin) => parsed(origin).hostname)];
  const isAddress = isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
  return thisMachine.has(hostname) || isAddress || ours.includes(hostname);
}

function parsed(url: string): { host: string; hostname: string } {
  return URL.canParse(url) ? new URL(url) : { host: '', hostname: '' };
}
