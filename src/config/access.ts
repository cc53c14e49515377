import { createHash } from 'node:crypto';
import type { ConfigProblem } from './bad-config';
import { isLoopback } from './loopback';
import type { EnvironmentRead } from './values';
import { type VariableName, variables } from './variables';

/** How users' logins are checked. `issuer` and `audience` are checked where set. */
export type UserLogins =
  | { readonly by: 'secret'; readonly secret: string; readonly issuer?: string; readonly audience?: string }
  | { readonly by: 'jwks'; readonly url: string; readonly issuer?: string; readonly audience?: string }
  /** No users, services only. */
  | { readonly by: 'none' };

/** Who has access. Open: every caller may do everything; `explicit` where `AUTH=off` says so. */
export type Access =
  | { readonly mode: 'open'; readonly explicit: boolean }
  /** `serviceKeys`: SHA-256 of each, 64 small hex digits. */
  | { readonly mode: 'logins'; readonly users: UserLogins; readonly serviceKeys: readonly string[] };

const ofLogins = ['AUTH_SECRET', 'AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'SERVICE_KEYS'] as const;

/** The access mode, everything that speaks against starting with it, and what may surprise about it. */
export function readAccess(read: EnvironmentRead): {
  access: Access;
  problems: ConfigProblem[];
  warnings: string[];
} {
  const { values, set } = read;
  const wanted = ofLogins.filter((name) => set.has(name));
  if (values.AUTH === 'off') {
    const warnings =
      wanted.length === 0 ? [] : [`warning: of no effect while AUTH is off: ${wanted.join(', ')}`];
    return { access: { mode: 'open', explicit: true }, problems: [], warnings };
  }
  if (values.AUTH === undefined && wanted.length === 0) {
    const problems = set.has('AUTH') ? [] : [...exposed(values)];
    return { access: { mode: 'open', explicit: false }, problems, warnings: [] };
  }
  const access: Access = {
    mode: 'logins',
    users: userLogins(values),
    serviceKeys: (values.SERVICE_KEYS ?? []).map(keyDigest),
  };
  const warnings = set.has('WEBHOOK_SECRET')
    ? []
    : [
        'warning: webhooks are refused until WEBHOOK_SECRET is set: joins and leaves at 100ms are not received',
      ];
  return { access, problems: [...contradictions(read)], warnings };
}

function userLogins(values: EnvironmentRead['values']): UserLogins {
  const { AUTH_SECRET: secret, AUTH_JWKS_URL: url, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = values;
  const claims = { ...(issuer && { issuer }), ...(audience && { audience }) };
  if (secret) return { by: 'secret', secret, ...claims };
  return url ? { by: 'jwks', url, ...claims } : { by: 'none' };
}

/** A key that is given as its digest never stands in the environment as itself. */
function keyDigest(key: string): string {
  const given = /^sha256:(.*)$/.exec(key)?.[1];
  return given?.toLowerCase() ?? createHash('sha256').update(key).digest('hex');
}

function* contradictions({ values, set }: EnvironmentRead): Generator<ConfigProblem> {
  if (set.has('AUTH_SECRET') && set.has('AUTH_JWKS_URL')) {
    const complaint = 'and AUTH_JWKS_URL are both set: keep the one that your logins use';
    yield { variable: 'AUTH_SECRET', complaint, example: 'AUTH_SECRET=' };
  }
  for (const [mode, needs] of [
    ['secret', 'AUTH_SECRET'],
    ['jwks', 'AUTH_JWKS_URL'],
  ] as const) {
    if (values.AUTH !== mode || set.has(needs)) continue;
    const complaint = `is "${mode}" and needs ${needs}, which is not set`;
    yield { variable: 'AUTH', complaint, example: exampleOf(needs) };
  }
  for (const name of ['AUTH_ISSUER', 'AUTH_AUDIENCE'] as const) {
    if (values.AUTH !== undefined || !set.has(name) || set.has('AUTH_SECRET') || set.has('AUTH_JWKS_URL')) {
      continue;
    }
    const complaint = 'is set, and neither AUTH_SECRET nor AUTH_JWKS_URL, with which logins would be checked';
    yield { variable: name, complaint, example: exampleOf('AUTH_JWKS_URL') };
  }
  if (values.AUTH_SECRET !== undefined && values.AUTH_SECRET === values.APP_SECRET) {
    const complaint =
      'is the same as APP_SECRET: the holder of a token for a room could make it look like a login';
    yield { variable: 'AUTH_SECRET', complaint, example: exampleOf('AUTH_SECRET') };
  }
}

/** Open access must be set explicitly wherever others could reach the service. */
function* exposed({ HOST, NODE_ENV }: EnvironmentRead['values']): Generator<ConfigProblem> {
  const reasons = [
    ...(isLoopback(HOST) ? [] : [`HOST is "${HOST}", which others can reach`]),
    ...(NODE_ENV === 'production' ? ['NODE_ENV is "production"'] : []),
  ];
  if (reasons.length === 0) return;
  const complaint =
    `is not set while ${reasons.join(' and ')}: every caller who reaches this service could do everything. Set AUTH_SECRET ` +
    'or AUTH_JWKS_URL so that logins are checked; or, if a gateway of your own checks who comes in, say so';
  yield { variable: 'AUTH', complaint, example: 'AUTH=off' };
}

function exampleOf(name: VariableName): string {
  return `${name}=${variables[name].example}`;
}
