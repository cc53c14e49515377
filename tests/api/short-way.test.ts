import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Operations } from '../../src/api/graphql/operation';
import { buildGraphQLSchema } from '../../src/api/graphql/schema';
import { shortWay } from '../../src/api/graphql/short-way';
import type { Identities } from '../../src/api/logins/identity';
import { readConfig } from '../../src/config';
import { openLogger } from '../../src/observability/logger';
import { Metrics } from '../../src/observability/metrics';
import { authSecret, loginOf, serviceKey } from '../helpers/logins';
import { startTestService } from '../helpers/service';

const json = { 'content-type': 'application/json' };
/** Asks the same with a parameter that says nothing: only a request without one goes the short way. */
const theLongWay = { 'content-type': 'application/json; long=way' };

interface Answer {
  readonly status: number | undefined;
  readonly headers: readonly string[];
  readonly body: string;
}

function post(url: string, body: string, headers: Record<string, string>): Promise<Answer> {
  const length = `${Buffer.byteLength(body)}`;
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      `${url}/graphql`,
      { method: 'POST', headers: { 'content-length': length, ...headers } },
      async (response) => {
        let text = '';
        for await (const piece of response.setEncoding('utf8')) text += piece;
        resolve({ status: response.statusCode, headers: withoutDate(response.rawHeaders), body: text });
      },
    );
    sent.once('error', reject).end(body);
  });
}

function withoutDate(headers: readonly string[]): string[] {
  return headers.filter((_, at) => headers[at - (at % 2)] !== 'Date');
}

describe('the short way answers byte for byte as Express and Apollo Server do', () => {
  let service: Awaited<ReturnType<typeof startTestService>>;
  let roomId: string;
  const auth = { authorization: `Bearer ${serviceKey}` };

  beforeAll(async () => {
    service = await startTestService({ AUTH_SECRET: authSecret, SERVICE_KEYS: serviceKey });
    const query = 'mutation { createRoom(input: { name: "Größe ✓ 会議" }) { id } }';
    const made = await post(service.url, JSON.stringify({ query }), { ...json, ...auth });
    roomId = JSON.parse(made.body).data.createRoom.id;
    const token = `mutation { generateToken(input: { roomId: "${roomId}", role: "host", userId: "ana" }) { id } }`;
    await post(service.url, JSON.stringify({ query: token }), { ...json, ...auth });
  });
  afterAll(() => service.close());

  const asked: Record<string, unknown> = {
    'a list': { query: '{ rooms(limit: 50) { id name participantCount createdAt } }' },
    'everything of a room': {
      query:
        'query Q($id: ID!) { room(id: $id) { __typename id roomId name description enabled createdAt access ' +
        'participantCount lastReconciledAt webhookLagSeconds cursor myRole participants { id name } } }',
      variables: { id: '$roomId' },
    },
    aliases: { query: '{ a: rooms { b: id id } c: __typename }' },
    fragments: { query: '{ rooms { ...R ... on Room { createdAt } } } fragment R on Room { id name }' },
    'skip and include, one way': {
      query: 'query($no: Boolean!) { rooms { id name @skip(if: $no) enabled @include(if: $no) } }',
      variables: { no: true },
    },
    'skip and include, the other way': {
      query: 'query($no: Boolean!) { rooms { id name @skip(if: $no) enabled @include(if: $no) } }',
      variables: { no: false },
    },
    'one of several operations': {
      query: 'query A { __typename } query B { rooms { id } }',
      operationName: 'B',
    },
    'a client that names itself': {
      query: '{ __typename }',
      variables: null,
      operationName: null,
      extensions: { clientLibrary: { name: '@apollo/client', version: '4.3.8' } },
    },
    introspection: { query: '{ __schema { queryType { name } types { name kind } } }' },
    pages: {
      query: '{ roomConnection(first: 1) { totalCount pageInfo { hasNextPage endCursor } nodes { id } } }',
    },
    'an audit with dates and nulls': {
      query: '{ tokenAudit(limit: 5) { id by userId role issuedAt revokedAt } }',
    },
    'a mutation that changes nothing': {
      query: 'mutation($input: LeaveRoomInput!) { leaveRoom(input: $input) { id status } }',
      variables: { input: { roomId: '$roomId', userId: 'nobody' } },
    },
    'a value that a service refuses': { query: '{ rooms(limit: 1000) { id } }' },
    'a refusal in one of two fields that may be null': {
      query: '{ room(id: "none") { id } audit: tokenAudit(limit: 0) { id } }',
    },
    'a mutation that is refused': {
      query: 'mutation { generateToken(input: { roomId: "none", role: "host" }) { token } }',
    },
    'a mutation that names a role which there is not': {
      query: 'mutation($id: ID!) { generateToken(input: { roomId: $id, role: "king" }) { token } }',
      variables: { id: '$roomId' },
    },
    'a failure within a list': { query: '{ rooms { id participants(limit: 0) { id } } }' },
    'a mistake in the syntax': { query: '{ rooms { id }' },
    'a field that there is not': { query: '{ rooms { id colour } }' },
    'a variable of another type': {
      query: 'query($limit: Int!) { rooms(limit: $limit) { id } }',
      variables: { limit: 'many' },
    },
    'a variable that is missing': {
      query: 'mutation($input: CreateRoomInput!) { createRoom(input: $input) { id } }',
    },
    'an operation that there is not': { query: 'query A { __typename }', operationName: 'B' },
    'an operation without its name': { query: 'query A { __typename } query B { __typename }' },
    'too much': { query: `{ ${'a: __typename '.repeat(500)} }` },
    'a subscription': { query: `subscription { participantUpdates(roomId: "x") { action } }` },
    'a persisted query': {
      query: '{ __typename }',
      extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } },
    },
    'variables as text': { query: '{ __typename }', variables: '{}' },
    'a list of operations': [{ query: '{ __typename }' }],
    'no query': { variables: {} },
    'an empty query': { query: '' },
    'a query that is a number': { query: 5 },
    'a member that means nothing': { query: '{ __typename }', colour: 'red' },
    null: null,
    text: 'rooms',
  };
  const accepts = [
    undefined,
    '*/*',
    'application/json',
    'application/graphql-response+json',
    'application/graphql-response+json,application/json;q=0.9',
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    'text/html',
  ];

  const both = async (body: string, headers: Record<string, string>) => {
    const sent = { 'x-request-id': 'the-same', ...auth, ...headers };
    return Promise.all([
      post(service.url, body, { ...sent, ...json }),
      post(service.url, body, { ...sent, ...theLongWay }),
    ]);
  };

  it.each(Object.entries(asked))('%s', async (_what, body) => {
    const text = JSON.stringify(body).replaceAll('$roomId', roomId);
    for (const accept of accepts) {
      const [short, long] = await both(text, accept === undefined ? {} : { accept });
      expect(short).toEqual(long);
    }
  });

  it.each<[string, string]>([
    ['what is no JSON', '{ "query": '],
    ['nothing but space', '  '],
    ['a byte order mark', '\ufeff{"query":"{ __typename }"}'],
    ['half a surrogate pair', '{"query":"{ room(id: \\"\\ud800\\") { id } }"}'],
    ['more than a body may be', JSON.stringify({ query: `{ __typename } #${'x'.repeat(102_400)}` })],
    ['a body of many pieces', JSON.stringify({ query: `{ __typename } #${'x'.repeat(100_000)}` })],
  ])('%s', async (_what, body) => {
    const [short, long] = await both(body, {});
    expect(short).toEqual(long);
  });

  it.each<[string, Record<string, string>]>([
    ['nobody', { authorization: '' }],
    ['a user', { authorization: `Bearer ${loginOf('ana')}` }],
    ['a login that is none', { authorization: 'Bearer nonsense' }],
    ['a page of this machine', { origin: 'http://localhost:5173' }],
    ['a page of elsewhere', { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' }],
    ['a compressed body that is none', { 'content-encoding': 'gzip' }],
    ['an id that is none', { 'x-request-id': '' }],
  ])('from %s', async (_who, headers) => {
    const [short, long] = await both(JSON.stringify({ query: '{ rooms { id myRole } }' }), headers);
    const ids = /[0-9a-f-]{36}/g;
    const told = ({ status, headers: all, body }: Answer) =>
      JSON.stringify([status, all, body]).replace(ids, 'an id');
    expect(told(short)).toEqual(told(long));
  });

  it('gives each its own id of the request with an error, also where many are told of the same one', async () => {
    const body = JSON.stringify({ query: '{ rooms(limit: 0) { id } }' });
    const ids = Array.from({ length: 20 }, (_, at) => `request-${at}`);
    const answers = await Promise.all(
      ids.map((id) => post(service.url, body, { ...json, ...auth, 'x-request-id': id })),
    );
    expect(answers.map(({ body: text }) => JSON.parse(text).errors[0].extensions.requestId)).toEqual(ids);
  });
});

describe('who goes the short way', () => {
  const meter = new Metrics();

  /** How a request is answered by a server whose long way says so and nothing else. */
  async function wayOf(body: string, headers: Record<string, string>, path = ''): Promise<string> {
    const config = readConfig({});
    const describe = () => ({ code: 'FORBIDDEN', message: '', requestId: '' }) as never;
    const operations = new Operations({
      schema: await buildGraphQLSchema(),
      production: false,
      limits: config.limits,
      describe,
      meter,
      context: (caller, requestId) => ({ caller, requestId }) as never,
    });
    const identities = {
      ofHeader: async () => ({ caller: { kind: 'service', id: 'a test' } }),
      charge: () => undefined,
    } as unknown as Identities;
    const logger = openLogger({ ...config, logLevel: 'silent' } as never);
    const parts = {
      operations,
      identities,
      describe,
      meter,
      logger,
      bodyBytes: 1_000,
      isHostAllowed: () => true,
    };
    const server = createServer(
      shortWay(parts, async (request, response) => {
        // What was read of it is put back, or found where Express looks for it.
        let rest = '';
        for await (const piece of request) rest += piece;
        response.end(`long ${rest === '' ? JSON.stringify((request as { body?: unknown }).body) : rest}`);
      }),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      return (await post(`http://127.0.0.1:${port}${path}`, body, headers)).body;
    } finally {
      server.close();
    }
  }

  const query = JSON.stringify({ query: '{ __typename }' });

  it.each<[string, string, Record<string, string>]>([
    ['a query', query, json],
    ['with a charset', query, { 'content-type': 'application/json; charset=utf-8' }],
    [
      'of a client that takes both media types',
      query,
      { ...json, accept: 'application/graphql-response+json' },
    ],
  ])('%s', async (_what, body, headers) => {
    expect(await wayOf(body, headers)).toBe('{"data":{"__typename":"Query"}}\n');
  });

  it.each<[string, string, Record<string, string>]>([
    ['of a page', query, { ...json, origin: 'http://localhost' }],
    ['of another type', query, { 'content-type': 'text/plain' }],
    ['a document that is not valid', '{"query":"{ nothing }"}', json],
    ['a subscription', '{"query":"subscription { participantUpdates(roomId: \\"x\\") { action } }"}', json],
    ['what is no JSON', '{"query"', json],
  ])('and who does not: %s', async (_what, body, headers) => {
    expect(await wayOf(body, headers)).toBe(`long ${body}`);
  });

  it('and, with what was read, whose variables do not fit', async () => {
    const body = '{"query":"query($a: Int!) { rooms(limit: $a) { id } }","variables":{"a":"b"}}';
    expect(await wayOf(body, json)).toBe(`long ${body}`);
  });
});

describe('queries that are asked at the same time', () => {
  it('show each user what they may see, and nothing of anybody else', async () => {
    await using service = await startTestService({ AUTH_SECRET: authSecret, SERVICE_KEYS: serviceKey });
    const users = ['ana', 'ben', 'cleo', 'dan'];
    const ask = async (userId: string, query: string) => {
      const login = loginOf(userId, { name: userId });
      const sent = { ...json, authorization: `Bearer ${login}` };
      return JSON.parse((await post(service.url, JSON.stringify({ query }), sent)).body);
    };
    for (const user of users) {
      await ask(user, `mutation { createRoom(input: { name: "of ${user}", access: INVITED }) { id } }`);
    }
    const questions = Array.from({ length: 200 }, (_, at) => users[at % users.length] ?? '');
    const answers = await Promise.all(questions.map((user) => ask(user, '{ rooms { name myRole } }')));
    expect(answers.map(({ data }) => data.rooms)).toEqual(
      questions.map((user) => [{ name: `of ${user}`, myRole: 'OWNER' }]),
    );
  });

  it('never answer with less than was there when they were asked', async () => {
    await using service = await startTestService();
    const ask = async (query: string) =>
      JSON.parse((await post(service.url, JSON.stringify({ query }), json)).body).data;
    const list = '{ rooms(limit: 100) { id } }';
    let isOver = false;
    const others = Array.from({ length: 8 }, async () => {
      while (!isOver) await ask(list);
    });
    const makers = Array.from({ length: 4 }, async (_, maker) => {
      for (let made = 0; made < 10; made += 1) {
        const { createRoom } = await ask(
          `mutation { createRoom(input: { name: "${maker} ${made}" }) { id } }`,
        );
        expect((await ask(list)).rooms).toContainEqual(createRoom);
      }
    });
    await Promise.all(makers);
    isOver = true;
    await Promise.all(others);
  });
});
