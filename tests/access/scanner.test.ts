import { type GraphQLDoor, overHttp, overSocket, overSse, type Shown } from '../helpers/doors';
import { authSecret, serviceKey } from '../helpers/logins';
import { startTestService } from '../helpers/service';

/**
 * What scanners of GraphQL servers look for, graphql-cop among them (whose name on PyPI is a placeholder without a program), and
 * where it is found, written by hand. Whatever is found in development is documented, for whoever develops against it.
 */
const expected = `
                              production  development
introspection                     -          found
circular introspection            -          -
suggestions of fields             -          found
explorer                          -          found
explorer at its usual places      -          -
100 aliases                       -          -
500 times the same field          -          -
ten directives on a field         -          -
a batch of ten                    -          -
tracing                           -          -
exceptions                        -          -
mutation by GET                   -          -
query by GET of a foreign page    -          -
query by GET without a login      -          found
query as a form                   -          -
query as a form, by URL           -          -
query as plain text               -          -
`;

interface Target {
  readonly url: string;
  readonly shown: Shown;
}

interface Result {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[];
  readonly extensions?: Record<string, unknown>;
}

async function ask({ url, shown }: Target, init: RequestInit & { path?: string } = {}): Promise<Response> {
  const { path = '/graphql', headers, ...rest } = init;
  const own = { accept: 'application/json', ...(shown && { authorization: shown }) };
  return fetch(`${url}${path}`, { ...rest, headers: { ...own, ...headers } });
}

async function post(target: Target, body: unknown): Promise<Result> {
  const headers = { 'content-type': 'application/json' };
  return (
    await ask(target, { method: 'POST', headers, body: JSON.stringify(body) })
  ).json() as Promise<Result>;
}

const asked = (target: Target, query: string) => post(target, { query, operationName: 'scan' });
const byAddress = (query: string) => `/graphql?query=${encodeURIComponent(query)}`;
const hasData = async (response: Response) =>
  ((await response.json()) as Result).data?.['__typename'] != null;
const isPage = async (response: Response) =>
  response.ok && /graphiql|playground|EmbeddedSandbox|altair|voyager/i.test(await response.text());

const scans: Readonly<Record<string, (target: Target) => Promise<boolean>>> = {
  introspection: async (target) =>
    (await asked(target, 'query scan { __schema { types { name fields { name } } } }')).data?.['__schema'] !=
    null,
  'circular introspection': async (target) => {
    const inner = 'fields { type { fields { type { fields { type { fields { type { name } } } } } } } }';
    return (await asked(target, `query scan { __schema { types { ${inner} } } }`)).data?.['__schema'] != null;
  },
  'suggestions of fields': async (target) => {
    const { errors = [] } = await asked(target, 'query scan { room { id } roms { id } }');
    expect(errors.length).toBeGreaterThan(0);
    return errors.some(({ message }) => message.includes('Did you mean'));
  },
  explorer: async (target) => isPage(await ask(target, { headers: { accept: 'text/html' } })),
  'explorer at its usual places': async (target) => {
    const places = ['/', '/graphiql', '/playground', '/console', '/altair', '/voyager'];
    const pages = places.map(async (path) =>
      isPage(await ask(target, { path, headers: { accept: 'text/html' } })),
    );
    return (await Promise.all(pages)).includes(true);
  },
  '100 aliases': async (target) => {
    const aliases = Array.from({ length: 101 }, (_, at) => `a${at}: __typename`);
    return (await asked(target, `query scan { ${aliases.join(' ')} }`)).data?.['a100'] != null;
  },
  '500 times the same field': async (target) =>
    (await asked(target, `query scan { ${'__typename '.repeat(500)} }`)).data != null,
  'ten directives on a field': async (target) => {
    const { errors } = await asked(target, `query scan { __typename ${'@scan'.repeat(10)} }`);
    expect(errors).toBeDefined();
    return (errors?.length ?? 0) >= 10;
  },
  'a batch of ten': async (target) => {
    const answer = await post(target, Array(10).fill({ query: 'query scan { __typename }' }));
    return Array.isArray(answer);
  },
  tracing: async (target) => {
    const answer = await asked(target, 'query scan { __typename }');
    expect(answer.data).toEqual({ __typename: 'Query' });
    return JSON.stringify(answer).includes('tracing');
  },
  exceptions: async (target) => {
    const answers = await Promise.all(
      [
        'qwerty scan { abc }',
        'query scan { rooms(limit: 999) { id } }',
        `mutation scan { createRoom(input: { name: "\\u0000" }) { id } }`,
        'mutation scan { generateToken(input: { roomId: "x", role: "guest" }) { id } }',
      ].map((query) => asked(target, query)),
    );
    expect(answers.every(({ errors }) => errors)).toBe(true);
    return /exception|stack|\.ts:|\.js:/i.test(JSON.stringify(answers));
  },
  'mutation by GET': async (target) =>
    hasData(await ask(target, { path: byAddress('mutation scan { __typename }') })),
  'query by GET of a foreign page': async (target) => {
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    return hasData(await ask(target, { path: byAddress('query scan { __typename }'), headers }));
  },
  // With a login it is no cross-site request: no page of another site can send Authorization without asking first.
  'query by GET without a login': async ({ url }) =>
    hasData(await ask({ url, shown: undefined }, { path: byAddress('query scan { __typename }') })),
  'query as a form': async (target) =>
    hasData(
      await ask(target, {
        method: 'POST',
        body: new URLSearchParams({ query: 'query scan { __typename }' }),
      }),
    ),
  'query as a form, by URL': async (target) =>
    hasData(await ask(target, { method: 'POST', path: byAddress('query scan { __typename }') })),
  'query as plain text': async (target) =>
    hasData(
      await ask(target, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: '{"query":"query scan { __typename }"}',
      }),
    ),
};

const settings = {
  production: { NODE_ENV: 'production', AUTH_SECRET: authSecret, SERVICE_KEYS: serviceKey },
  development: {},
};
const rows = expected
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [, scan = '', production = '', development = ''] = /^(.{30})\s*(\S+)\s+(\S+)$/.exec(line) ?? [];
    return { scan: scan.trim(), production, development };
  });

it('scans for everything in the table', () => {
  expect(rows.map(({ scan }) => scan)).toEqual(Object.keys(scans));
});

describe.each(['production', 'development'] as const)('a scanner in %s', (mode) => {
  let service: Awaited<ReturnType<typeof startTestService>>;
  let target: Target;
  beforeAll(async () => {
    service = await startTestService(settings[mode]);
    target = { url: service.url, shown: mode === 'production' ? `Bearer ${serviceKey}` : undefined };
  });
  afterAll(() => service.close());

  it.each(rows.map((row) => ({ scan: row.scan, is: row[mode] })))('$scan: $is', async ({ scan, is }) => {
    expect(await scans[scan]?.(target)).toBe(is === 'found');
  });

  const doors: Readonly<Record<string, GraphQLDoor>> = {
    'GraphQL over HTTP': overHttp,
    'graphql-ws': overSocket,
    'GraphQL over SSE': overSse,
  };
  it.each(Object.entries(doors))('finds on %s what it finds on the others', async (_name, door) => {
    const outcomes = [
      '{ __schema { types { name } } }',
      `{ ${Array.from({ length: 101 }, (_, at) => `a${at}: __typename`).join(' ')} }`,
      `{ ${'__typename '.repeat(500)} }`,
      `{ __typename ${'@scan'.repeat(10)} }`,
      'qwerty scan { abc }',
    ].map(async (query) => (await door(target.url, target.shown, { query })).outcome);
    expect(await Promise.all(outcomes)).toEqual([
      mode === 'production' ? 'GRAPHQL_VALIDATION_FAILED' : 'ok',
      'QUERY_TOO_COMPLEX',
      'QUERY_TOO_COMPLEX',
      'GRAPHQL_VALIDATION_FAILED',
      'GRAPHQL_PARSE_FAILED',
    ]);
  });
});
