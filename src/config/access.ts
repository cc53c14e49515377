import type { ConfigProblem } from './bad-config';
import { isLoopback } from './loopback';
import type { EnvironmentRead } from './values';
import { type VariableName, variables } from './variables';

/** Who may do what. Open: everybody may do everything; `explicit` where `AUTH=off` says so. */
export type Access = { readonly mode: 'open'; readonly explicit: boolean };

const ofLogins = ['AUTH_SECRET', 'AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'SERVICE_KEYS'] as const;

/** The access mode, and everything that speaks against starting with it. */
export function readAccess({ values, set, problems }: EnvironmentRead): {
  access: Access;
  problems: ConfigProblem[];
} {
  const bad = new Set(problems.map(({ variable }) => variable));
  const found = [...contradictions(values.AUTH, set)];
  const wanted = ofLogins.filter((name) => set.has(name));
  const explicit = values.AUTH === 'off';
  const withMode: VariableName[] = values.AUTH === undefined || explicit ? [...wanted] : ['AUTH', ...wanted];
  const good = withMode.filter((name) => !bad.has(name));
  if (good.length > 0 && found.length === 0) found.push(notYet(good));
  if (!set.has('AUTH') && wanted.length === 0) found.push(...exposed(values));
  return { access: { mode: 'open', explicit }, problems: found };
}

function* contradictions(auth: string | undefined, set: ReadonlySet<VariableName>): Generator<ConfigProblem> {
  if (set.has('AUTH_SECRET') && set.has('AUTH_JWKS_URL')) {
    yield {
      variable: 'AUTH_SECRET',
      complaint: 'and AUTH_JWKS_URL are both set: keep the one that your logins use',
      example: 'AUTH_SECRET=',
    };
  }
  for (const [mode, needs] of [
    ['secret', 'AUTH_SECRET'],
    ['jwks', 'AUTH_JWKS_URL'],
  ] as const) {
    if (auth !== mode || set.has(needs)) continue;
    const complaint = `is "${mode}" and needs ${needs}, which is not set`;
    yield { variable: 'AUTH', complaint, example: `${needs}=${variables[needs].example}` };
  }
}

function notYet(names: readonly VariableName[]): ConfigProblem {
  const complaint =
    `${names.length === 1 ? 'is' : 'are'} set, but this version of Rollcall cannot check logins yet and will not start ` +
    'as if it did: leave unset on a loopback address, or keep Rollcall behind a gateway of your own that checks who ' +
    'comes in, and say so';
  return { variable: names.join(', '), complaint, example: 'AUTH=off' };
}

/** Open access must be somebody's decision wherever others could reach it. */
function* exposed({ HOST, NODE_ENV }: EnvironmentRead['values']): Generator<ConfigProblem> {
  const reasons = [
    ...(isLoopback(HOST) ? [] : [`HOST is "${HOST}", which others can reach`]),
    ...(NODE_ENV === 'production' ? ['NODE_ENV is "production"'] : []),
  ];
  if (reasons.length === 0) return;
  const complaint = `is not set while ${reasons.join(' and ')}: everybody who reaches this service could do everything. If that is what you want, because a gateway of your own checks who comes in, say so`;
  yield { variable: 'AUTH', complaint, example: 'AUTH=off' };
}
