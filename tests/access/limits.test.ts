import { once } from 'node:events';
import { connect } from 'node:net';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Rates } from '../../src/api/logins/rates';
import { socketUrl } from '../helpers/clients';
import { StoppedClock } from '../helpers/clock';
import { type GraphQLDoor, overHttp, overMultipart, overRest, overSocket, overSse } from '../helpers/doors';
import { authSecret, loginOf, serviceKey } from '../helpers/logins';
import { RawSocket } from '../helpers/raw-socket';
import { startTestService } from '../helpers/service';

// One long file: each limit at its edge on each transport, with the documents that use so much of it.

const limits = { depth: 4, cost: 1_000, aliases: 4, directives: 3, tokens: 200 };

let service: Awaited<ReturnType<typeof startTestService>>;
let url: string;
const as = (userId: string) => `Bearer ${loginOf(userId)}`;
const asService = `Bearer ${serviceKey}`;

beforeAll(async () => {
  service = await startTestService({
    AUTH_SECRET: authSecret,
    SERVICE_KEYS: serviceKey,
    LIMIT_DEPTH: `${limits.depth}`,
    LIMIT_COST: `${limits.cost}`,
    LIMIT_ALIASES: `${limits.aliases}`,
    LIMIT_DIRECTIVES: `${limits.directives}`,
    LIMIT_TOKENS: `${limits.tokens}`,
    LIMIT_BODY_BYTES: '20000',
    LIMIT_FRAME_BYTES: '20000',
    LIMIT_SUBSCRIPTIONS_PER_SOCKET: '3',
    LIMIT_SOCKETS_PER_IDENTITY: '2',
    LIMIT_SOCKETS_PER_ADDRESS: '40',
    LIMIT_OPERATIONS_PER_SECOND: '10',
    LIMIT_HEADER_SECONDS: '1',
    LIMIT_REQUEST_SECONDS: '1',
    LIMIT_LOGIN_SECONDS: '1',
  });
  url = service.url;
});
afterAll(() => service.close());

const times = (count: number, text: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at)).join(' ');
/** Documents that use so much of a limit. */
const using = {
  aliases: (amount: number) => `{ __typename ${times(amount, (at) => `a${at}: __typename`)} }`,
  directives: (amount: number) =>
    `{ __typename ${times(amount, () => '... @include(if: true) { __typename }')} }`,
  tokens: (amount: number) => `{ ${'a '.repeat(amount - 2)}}`,
};

const doors: Readonly<Record<string, GraphQLDoor>> = {
  'GraphQL over HTTP': overHttp,
  'graphql-ws': overSocket,
  'GraphQL over SSE': overSse,
};

describe.each(Object.entries(doors))('%s', (_name, door) => {
  const ask = (query: string) => door(url, asService, { query });

  it.each(['aliases', 'directives'] as const)('takes the most of %s, and refuses more', async (limit) => {
    expect((await ask(using[limit](limits[limit]))).outcome).toBe('ok');
    for (const more of [limits[limit] + 1, limits[limit] * 10]) {
      const query = using[limit](more);
      expect([more, (await ask(query)).outcome]).toEqual([more, 'QUERY_TOO_COMPLEX']);
    }
  });

  it('counts a field that is asked for again as one under another name', async () => {
    expect((await ask(`{ ${'__typename '.repeat(limits.aliases + 1)}}`)).outcome).toBe('ok');
    for (const more of [limits.aliases + 2, limits.aliases * 10]) {
      expect((await ask(`{ ${'__typename '.repeat(more)}}`)).outcome).toBe('QUERY_TOO_COMPLEX');
    }
  });

  it('counts what is in a fragment wherever it is used, also where it is used beyond all numbers', async () => {
    const doubling = times(30, (at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`);
    const tokensOf = 30 * 12;
    expect(tokensOf).toBeGreaterThan(limits.tokens);
    const few = times(12, (at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`);
    expect((await ask(`{ ...F0 } ${few} fragment F12 on Query { a: __typename }`)).outcome).toBe(
      'QUERY_TOO_COMPLEX',
    );
    expect((await ask(`{ ...F0 } ${doubling} fragment F30 on Query { a: __typename }`)).outcome).toBe(
      'QUERY_TOO_COMPLEX',
    );
  });

  it('takes the deepest, and refuses what is deeper, also where a fragment makes it so', async () => {
    const deepest = '{ roomConnection(first: 1) { nodes { participants(limit: 1) { id } } } }';
    expect((await ask(deepest)).outcome).toBe('ok');
    const inEdges = '{ roomConnection(first: 1) { edges { node { participants(limit: 1) { id } } } } }';
    expect((await ask(inEdges)).outcome).toBe('QUERY_TOO_COMPLEX');
    const inFragment =
      '{ roomConnection(first: 1) { edges { node { ...F } } } } fragment F on Room { participants(limit: 1) { id } }';
    expect((await ask(inFragment)).outcome).toBe('QUERY_TOO_COMPLEX');
  });

  it('counts the values of pages by the number that is asked for, in the text or as a variable', async () => {
    const query =
      'query ($n: Int!) { rooms(limit: $n) { id name enabled createdAt participantCount description myRole access roomId } }';
    const n = (count: number) => door(url, asService, { query, variables: { n: count } });
    expect((await n(100)).outcome).toBe('ok');
    expect(
      (
        await ask(
          '{ rooms(limit: 100) { id name enabled createdAt participantCount description myRole access roomId } }',
        )
      ).outcome,
    ).toBe('ok');
    const people = 'query ($n: Int!) { rooms(limit: $n) { participants(limit: 9) { id } } }';
    expect((await door(url, asService, { query: people, variables: { n: 99 } })).outcome).toBe('ok');
    for (const more of [100]) {
      const ten = people.replace('9)', '10)');
      expect((await door(url, asService, { query: ten, variables: { n: more } })).outcome).toBe(
        'QUERY_TOO_COMPLEX',
      );
    }
    expect((await ask('{ rooms { participants { id } } }')).outcome).toBe('QUERY_TOO_COMPLEX');
  });

  it('leaves the number of a page that cannot be to whoever makes the page', async () => {
    for (const limit of [0, 101, 900])
      expect((await ask(`{ rooms(limit: ${limit}) { id } }`)).outcome).toBe('BAD_USER_INPUT');
  });

  it('refuses one token too many as too complex, however many there are', async () => {
    for (const more of [limits.tokens + 1, limits.tokens * 10]) {
      expect((await ask(using.tokens(more))).outcome).toBe('QUERY_TOO_COMPLEX');
    }
  });

  it('limits a user to so many operations a second, and a service to none', async () => {
    const hasty = as(`hasty-${_name.replace(/\W/g, '')}`);
    if (door === overSocket) {
      const client = createClient({
        url: socketUrl(url),
        webSocketImpl: WebSocket,
        connectionParams: { authorization: hasty },
      });
      const outcomes = await Promise.all(Array.from({ length: 40 }, () => oneOf(client)));
      expect(outcomes).toContain('RATE_LIMITED');
      await client.dispose();
    } else {
      const outcomes = await Promise.all(
        Array.from({ length: 40 }, () => door(url, hasty, { query: '{ __typename }' })),
      );
      expect(outcomes.map(({ outcome }) => outcome)).toContain('RATE_LIMITED');
      const refused = outcomes.find(({ outcome }) => outcome === 'RATE_LIMITED');
      expect(refused?.status).toBe(429);
    }
    const patient = await Promise.all(Array.from({ length: 20 }, () => ask('{ __typename }')));
    expect(new Set(patient.map(({ outcome }) => outcome))).toEqual(new Set(['ok']));
  });
});

function oneOf(client: ReturnType<typeof createClient>): Promise<unknown> {
  return new Promise((resolve) => {
    client.subscribe(
      { query: '{ __typename }' },
      {
        next: ({ errors }) => resolve(errors?.[0]?.extensions?.['code'] ?? 'ok'),
        error: (error) => resolve(Array.isArray(error) ? error[0].extensions.code : 'closed'),
        complete: () => undefined,
      },
    );
  });
}

it('refuses REST and multipart beyond the rate of a user as well', async () => {
  const rest = await Promise.all(
    Array.from({ length: 40 }, () => overRest(url, as('resty'), { method: 'GET', path: '/rooms' })),
  );
  expect(rest.find(({ outcome }) => outcome === 'RATE_LIMITED')).toMatchObject({
    status: 429,
    body: { error: { retryAfter: 1 } },
  });
  const multipart = await Promise.all(
    Array.from({ length: 40 }, () => overMultipart(url, as('multi'), { query: '{ __typename }' })),
  );
  expect(multipart.map(({ outcome }) => outcome)).toContain('RATE_LIMITED');
});

describe('a bucket of tokens', () => {
  it('lets the rate through at once, one more never, and all again after a second', () => {
    const clock = new StoppedClock();
    const rates = new Rates(10, clock.now);
    const take = (key: string) => {
      try {
        rates.take(key);
        return 'ok';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    for (let second = 0; second < 3; second += 1) {
      for (let at = 0; at < 10; at += 1) expect(take('ana')).toBe('ok');
      for (let at = 0; at < 10_000; at += 1) expect(take('ana')).toBe('RATE_LIMITED');
      expect(take(`bob${second}`)).toBe('ok');
      clock.moveOn(1);
    }
    clock.moveOn(3_600);
    for (let at = 0; at < 10; at += 1) expect(take('ana')).toBe('ok');
    expect(take('ana')).toBe('RATE_LIMITED');
  });
});

describe('bytes', () => {
  const body = (size: number) => `{"query":"{ __typename }","x":"${'x'.repeat(size - 33)}"}`;
  const post = async (size: number, path = '/graphql') => {
    const text = body(size);
    expect(text).toHaveLength(size);
    const headers = { 'content-type': 'application/json', authorization: asService };
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: text });
    return { status: response.status, text: await response.text() };
  };

  it('of a body are taken up to the limit, and refused from one more on', async () => {
    expect((await post(20_000)).status).toBe(200);
    for (const size of [20_001, 200_000, 2_000_000]) {
      for (const path of ['/graphql', '/graphql/stream', '/rooms']) {
        const { status, text } = await post(size, path);
        expect([size, path, status]).toEqual([size, path, 413]);
        expect(text).toContain('PAYLOAD_TOO_LARGE');
      }
    }
  });

  it('of a message on a socket are taken up to the limit, and close it with 1009 from one more on', async () => {
    for (const [size, path] of [20_000, 20_001, 200_000].flatMap(
      (each) =>
        [
          [each, '/graphql'],
          [each, '/'],
        ] as const,
    )) {
      const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, 'graphql-transport-ws');
      await once(socket, 'open');
      const closed = once(socket, 'close');
      socket.send('x'.repeat(size));
      const [code] = await closed;
      expect([size, path, code === 1009]).toEqual([size, path, size > 20_000]);
    }
  });
});

describe('sockets', () => {
  it('carry so many subscriptions, and refuse one more alone', async () => {
    const client = createClient({
      url: socketUrl(url),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: asService },
    });
    const { data } = await overHttp(url, asService, {
      query: 'mutation { createRoom(input: { name: "x" }) { id } }',
    });
    const created = data?.['createRoom'] as { id: string } | undefined;
    const roomId = created?.id ?? '';
    const query =
      'subscription ($roomId: ID!) { participantUpdates(roomId: $roomId, snapshot: true) { action } }';
    const subscribe = () =>
      new Promise((resolve) => {
        client.subscribe(
          { query, variables: { roomId } },
          {
            next: ({ errors }) => resolve(errors?.[0]?.extensions?.['code'] ?? 'ok'),
            error: (error) => resolve(Array.isArray(error) ? error[0].extensions.code : error),
            complete: () => undefined,
          },
        );
      });
    for (let at = 0; at < 3; at += 1) expect(await subscribe()).toBe('ok');
    for (let at = 0; at < 30; at += 1) expect(await subscribe()).toBe('RATE_LIMITED');
    await client.dispose();
  });

  it('of one user are so many, together with streams; one more is sent away to come back, and a service is not counted', async () => {
    const open = async () => {
      const raw = await RawSocket.open(url, { headers: { authorization: as('many') } });
      raw.send('nonsense', {});
      return Promise.race([raw.closed.then(({ code }) => code), raw.nth('error', 1).then(() => raw)]);
    };
    const first = await open();
    const second = await open();
    expect([first, second].every((each) => each instanceof RawSocket)).toBe(true);
    for (let at = 0; at < 3; at += 1) expect(await open()).toBe(1013);
    if (first instanceof RawSocket) await first[Symbol.asyncDispose]();
    const third = await open();
    expect(third).toBeInstanceOf(RawSocket);
    for (const each of [second, third]) if (each instanceof RawSocket) await each[Symbol.asyncDispose]();
    const services = await Promise.all(
      Array.from({ length: 5 }, () => RawSocket.open(url, { headers: { authorization: asService } })),
    );
    for (const each of services) await each[Symbol.asyncDispose]();
  });

  it('of one address are so many; one more is refused at the upgrade with 429', async () => {
    const sockets: RawSocket[] = [];
    let refused = '';
    for (let at = 0; at < 60 && !refused; at += 1) {
      await RawSocket.open(url, { headers: { authorization: asService } }).then(
        (raw) => sockets.push(raw),
        (error: Error) => {
          refused = error.message;
        },
      );
    }
    expect([sockets.length, refused]).toEqual([40, 'Unexpected server response: 429']);
    for (const each of sockets) await each[Symbol.asyncDispose]();
    await using again = await RawSocket.open(url, { headers: { authorization: asService } });
    expect(again.socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe('deadlines', () => {
  const port = () => Number(new URL(url).port);
  /** What comes back on a connection that sends just this, once it is closed from the other side. */
  const whole = async (text: string) => {
    const socket = connect(port(), '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => {
      answer += String(data);
    });
    socket.write(text);
    await once(socket, 'close');
    return answer;
  };

  it('for the headers and for the body of a request end in 408, on every door', async () => {
    const slow = [
      'GET /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: ',
      'POST /rooms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    ];
    for (const answer of await Promise.all(slow.map(whole))) {
      expect(answer).toMatch(/^HTTP\/1\.1 (408|401) /);
    }
    expect(await whole(slow[0] ?? '')).toContain('"code":"REQUEST_TIMEOUT"');
  });

  it('for a login close a socket that says nothing: graphql-ws with 4408, the raw one with 4403', async () => {
    const silent = async (path: string) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, 'graphql-transport-ws');
      const [code] = await once(socket, 'close');
      return code;
    };
    expect(await Promise.all([silent('/graphql'), silent('/')])).toEqual([4408, 4403]);
  });

  it('answer what is no HTTP, or has endless headers, as JSON', async () => {
    expect(await whole('\0\0\0\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"BAD_USER_INPUT"/);
    expect(await whole(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 413 [\s\S]*"code":"PAYLOAD_TOO_LARGE"/,
    );
  });
});

it('refuses a batch of operations', async () => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: asService },
    body: JSON.stringify(Array(2).fill({ query: '{ __typename }' })),
  });
  expect(response.status).toBe(400);
});
