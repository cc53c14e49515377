import { once } from 'node:events';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { WebSocket } from 'ws';
import { StoppedClock } from '../helpers/clock';
import { type Asked, overHttp, overMultipart, overRest, overSse, type Shown } from '../helpers/doors';
import { eventsOf } from '../helpers/event-stream';
import { authSecret, loginOf, serviceKey } from '../helpers/logins';
import { RawSocket } from '../helpers/raw-socket';
import { startTestService } from '../helpers/service';

const doors = ['http', 'multipart', 'sse', 'ws', 'rest', 'events', 'raw', 'webhooks'] as const;
type Door = (typeof doors)[number];

/**
 * What is refused from one more than the limit on, and how, for every limit and every door, written by hand: a code, or the
 * letter of the reason why there is nothing to be refused. One long file, since the table is worth something only as a whole.
 */
const expected = `
                          http           multipart      sse            ws             rest           events         raw            webhooks
bytes of a body           413            413            413            c              413            a              c              b
bytes of a message        c              c              c              1009           c              c              1009           c
depth                     COMPLEX        d              COMPLEX        COMPLEX        e              e              e              e
cost                      COMPLEX        d              COMPLEX        COMPLEX        e              e              e              e
aliases                   COMPLEX        COMPLEX        COMPLEX        COMPLEX        e              e              e              e
directives                COMPLEX        COMPLEX        COMPLEX        COMPLEX        e              e              e              e
tokens                    COMPLEX        COMPLEX        COMPLEX        COMPLEX        e              e              e              e
operations of a batch     400            400            400            4400           400            a              BAD_USER_INPUT 400
rooms of a page           BAD_USER_INPUT d              BAD_USER_INPUT BAD_USER_INPUT BAD_USER_INPUT f              f              f
operations a second       RATE_LIMITED   RATE_LIMITED   RATE_LIMITED   RATE_LIMITED   RATE_LIMITED   RATE_LIMITED   RATE_LIMITED   g
subscriptions of a socket h              h              RATE_LIMITED   RATE_LIMITED   h              h              RATE_LIMITED   h
open, of a user           i              RATE_LIMITED   RATE_LIMITED   1013           j              RATE_LIMITED   1013           i
open, of an address       i              RATE_LIMITED   RATE_LIMITED   429            j              RATE_LIMITED   429            i
open, of all              i              RATE_LIMITED   RATE_LIMITED   429            j              RATE_LIMITED   429            i
`;

const reasons: Readonly<Record<string, string>> = {
  a: 'a GET, without a body',
  b: "its limit is 100ms's own and no setting: 256 KB, below",
  c: 'speaks in the other of the two: requests have bodies, sockets have messages',
  d: 'a query asked for here is answered by the door of HTTP, and a subscription has neither pages nor so many levels',
  e: 'its answers have one shape each; nothing is selected',
  f: 'tells no rooms by pages',
  g: '100ms is no user: what it sends must not be lost',
  h: 'carries one at a time',
  i: 'keeps nothing open',
  j: 'only a long poll stays open, while it waits: tests/api/long-polls.test.ts',
};

const cells = expected
  .trim()
  .split('\n')
  .slice(1)
  .flatMap((line) => {
    const [, limit = '', rest = ''] = /^(.{26})(.*)$/.exec(line) ?? [];
    const words = rest.trim().split(/\s+/);
    return doors.map((door, at) => ({ limit: limit.trim(), door, code: words[at] ?? '?' }));
  });

/** A thousand connections take their time where others work on the machine as well. */
jest.setTimeout(120_000);

let service: Awaited<ReturnType<typeof startTestService>>;
let url = '';
let roomId = '';
const asService = `Bearer ${serviceKey}`;
const json = { 'content-type': 'application/json' };
const eventStream = { accept: 'text/event-stream' };
const multipart = { accept: 'multipart/mixed;subscriptionSpec="1.0"' };

type Outcomes = string[];
/** Uses so much of a limit through a door: what came of each thing that was asked. */
type Trial = (amount: number) => Promise<Outcomes>;
interface Limited {
  /** Exactly this much is taken. */
  readonly limit: number;
  readonly settings: Record<string, string>;
  readonly trials: Partial<Record<Door, Trial>>;
}

const repeated = (count: number, text: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at)).join(' ');
const subscription = (own: string, head = '') =>
  `subscription ${head}{ participantUpdates(roomId: "${roomId}", snapshot: true) { action ${own} } }`;

/** A graphql-ws socket without a client, so that anything can be sent on it. */
class Wire {
  readonly closed: Promise<number>;
  private readonly answers = new Map<string, (outcome: string) => void>();
  private last = 0;
  private constructor(readonly socket: WebSocket) {
    this.closed = once(socket, 'close').then(([code]) => code as number);
    socket.on('message', (data) => {
      const { id, type, payload } = JSON.parse(String(data));
      const errors = type === 'error' ? payload : payload?.errors;
      this.answers.get(id)?.(errors ? errors[0].extensions.code : 'ok');
    });
  }
  static async open(shown: string): Promise<Wire> {
    const wire = new Wire(new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws'));
    await once(wire.socket, 'open');
    wire.socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: shown } }));
    await once(wire.socket, 'message');
    return wire;
  }
  /** The first outcome of an operation, or the code with which the socket closed instead. */
  ask(asked: Asked): Promise<string> {
    this.last += 1;
    const id = `${this.last}`;
    const answer = new Promise<string>((resolve) => this.answers.set(id, resolve));
    this.socket.send(JSON.stringify({ id, type: 'subscribe', payload: asked }));
    return Promise.race([answer, this.closed.then(String)]);
  }
  async end(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

async function onWire(shown: string, act: (wire: Wire) => Promise<Outcomes>): Promise<Outcomes> {
  const wire = await Wire.open(shown);
  const outcomes = await act(wire);
  await wire.end();
  return outcomes;
}

/** Asks the doors of GraphQL one operation each. */
function asking(
  document: (amount: number) => string,
  watching?: (amount: number) => string,
): Limited['trials'] {
  const query = (amount: number) => ({ query: document(amount) });
  return {
    http: async (amount) => [(await overHttp(url, asService, query(amount))).outcome],
    sse: async (amount) => [(await overSse(url, asService, query(amount))).outcome],
    ws: (amount) => onWire(asService, async (wire) => [await wire.ask(query(amount))]),
    ...(watching && {
      multipart: async (amount: number) => [
        (await overMultipart(url, asService, { query: watching(amount) })).outcome,
      ],
    }),
  };
}

/** What the status or the code of a request says, once its head is there; what goes on is given up. */
async function outcomeOf(path: string, init: RequestInit, shown: Shown = asService): Promise<string> {
  const gone = new AbortController();
  const headers = { ...(shown && { authorization: shown }), ...init.headers };
  const response = await fetch(`${url}${path}`, { ...init, headers, signal: gone.signal });
  const outcome = response.ok ? 'ok' : `${response.status}`;
  gone.abort();
  return outcome;
}

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  outcomeOf(path, { method: 'POST', headers: { ...json, ...headers }, body });

/** JSON of just so many bytes. */
const sized = (size: number, members: string) => {
  const text = `{${members},"x":"`;
  return `${text}${'x'.repeat(size - text.length - 2)}"}`;
};
const typename = '"query":"{ __typename }"';

/** Sends a text on a socket: `ok` if it goes on to be heard, or the code of the close. */
async function afterMessage(path: string, protocol: string, text: string): Promise<Outcomes> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocol, {
    headers: { authorization: asService },
  });
  const closed = once(socket, 'close');
  await once(socket, 'open');
  socket.send(text);
  socket.ping();
  const outcome = await Promise.race([
    closed.then(([code]) => String(code)),
    once(socket, 'pong').then(() => 'ok'),
  ]);
  socket.terminate();
  await closed;
  return [outcome];
}

/** One after another, in batches: so many at once that none is waited for alone, and no more. */
async function inTurn(count: number, act: () => Promise<string>): Promise<Outcomes> {
  const outcomes: Outcomes = [];
  while (outcomes.length < count) {
    const size = Math.min(50, count - outcomes.length);
    outcomes.push(...(await Promise.all(Array.from({ length: size }, act))));
  }
  return outcomes;
}

/** Streams over HTTP that are all kept open until every one was asked for. */
function opening(path: () => string, init: () => RequestInit, shown: Shown): Trial {
  return async (amount) => {
    const gone = new AbortController();
    // Kept at hand: one that nobody holds any more would be given up.
    const open: Response[] = [];
    const outcomes = await inTurn(amount, async () => {
      const { headers, ...rest } = init();
      const all = { ...headers, ...(shown && { authorization: shown }) };
      const response = await fetch(`${url}${path()}`, { ...rest, headers: all, signal: gone.signal });
      open.push(response);
      if (response.ok) return 'ok';
      return /"code":"(\w+)"/.exec(await response.text())?.[1] ?? `${response.status}`;
    });
    gone.abort();
    await nothingOpen();
    return outcomes;
  };
}

/** Sockets that are all kept open until every one was asked for; `hello` is answered by those that are let in. */
function openingSockets(path: string, protocol: string, shown: string, hello: string): Trial {
  return async (amount) => {
    const open: WebSocket[] = [];
    const outcomes = await inTurn(amount, async () => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocol, {
        headers: path === '/' ? { authorization: shown } : {},
      });
      const failed = new Promise<string>((resolve) =>
        socket.once('error', ({ message }) => resolve(message.replace('Unexpected server response: ', ''))),
      );
      const closed = once(socket, 'close').then(([code]) => String(code));
      const heard = once(socket, 'message').then(() => 'ok');
      socket.once('open', () => socket.send(hello));
      const outcome = await Promise.race([failed, closed, heard]);
      if (outcome === 'ok') open.push(socket);
      return outcome;
    });
    for (const socket of open) socket.terminate();
    await nothingOpen();
    return outcomes;
  };
}

/** Until the service counts no connection any more. */
async function nothingOpen(): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const open = [...metrics.matchAll(/^open_connections\{.*\} (\d+)$/gm)].map(([, count]) => Number(count));
    if (open.length > 0 && open.every((count) => count === 0)) return;
  }
}

const init = (shown: string) =>
  JSON.stringify({ type: 'connection_init', payload: { authorization: shown } });
const watching = () => JSON.stringify({ query: subscription('') });
const everyOpen = (shown: string): Limited['trials'] => ({
  multipart: opening(
    () => '/graphql',
    () => ({ method: 'POST', headers: { ...json, ...multipart }, body: watching() }),
    shown,
  ),
  sse: opening(
    () => '/graphql/stream',
    () => ({ method: 'POST', headers: { ...json, ...eventStream }, body: watching() }),
    shown,
  ),
  events: opening(
    () => `/rooms/${roomId}/updates`,
    () => ({ headers: eventStream }),
    shown,
  ),
  ws: openingSockets('/graphql', 'graphql-transport-ws', shown, init(shown)),
  raw: openingSockets('/', 'none', shown, '{"event":"nothing"}'),
});

const wide = { LIMIT_BODY_BYTES: '10000000', LIMIT_FRAME_BYTES: '10000000', LIMIT_TOKENS: '100000' };
const userOf = (door: string) => `Bearer ${loginOf(`user-${door}`)}`;
const clock = new StoppedClock(new Date().toISOString());

const limits: Readonly<Record<string, Limited>> = {
  'bytes of a body': {
    limit: 2_000,
    settings: { LIMIT_BODY_BYTES: '2000' },
    trials: {
      http: async (size) => [await post('/graphql', sized(size, typename))],
      multipart: async (size) => [
        await post('/graphql', sized(size, `"query":${JSON.stringify(subscription(''))}`), multipart),
      ],
      sse: async (size) => [await post('/graphql/stream', sized(size, typename), eventStream)],
      rest: async (size) => [await post('/rooms', sized(size, '"roomName":"Sized"'))],
    },
  },
  'bytes of a message': {
    limit: 2_000,
    settings: { LIMIT_FRAME_BYTES: '2000' },
    trials: {
      ws: (size) => afterMessage('/graphql', 'graphql-transport-ws', sized(size, '"type":"ping"')),
      raw: (size) => afterMessage('/', 'none', sized(size, '"event":"nothing"')),
    },
  },
  depth: {
    limit: 3,
    settings: { ...wide, LIMIT_DEPTH: '3' },
    trials: asking((depth) =>
      depth === 3
        ? '{ rooms(limit: 1) { participants(limit: 1) { id } } }'
        : depth === 4
          ? '{ roomConnection(first: 1) { nodes { participants(limit: 1) { id } } } }'
          : `{ roomConnection(first: 1) { nodes { ${'participants { '.repeat(depth - 3)} id ${'}'.repeat(depth - 3)} } } }`,
    ),
  },
  cost: {
    limit: 111,
    settings: { ...wide, LIMIT_COST: '111', LIMIT_ALIASES: '100' },
    trials: asking((cost) => {
      const query = (rooms: number, people: number, fields: string, beside = '') =>
        `{ ${beside} rooms(limit: ${rooms}) { participants(limit: ${people}) { ${fields} } } }`;
      // 1 + rooms × (1 + people × fields), and 1 for what is beside.
      if (cost <= 112) return query(10, 10, 'id', cost === 112 ? '__typename' : '');
      return cost <= 1_110 ? query(10, 110, 'id') : query(100, 1_000, 'id userId');
    }),
  },
  aliases: {
    limit: 4,
    settings: { ...wide, LIMIT_ALIASES: '4' },
    trials: asking(
      (count) => `{ ${repeated(count, (at) => `a${at}: __typename`)} }`,
      (count) => subscription(repeated(count, (at) => `a${at}: __typename`)),
    ),
  },
  directives: {
    limit: 3,
    settings: { ...wide, LIMIT_DIRECTIVES: '3', LIMIT_ALIASES: '10000' },
    trials: asking(
      (count) => `{ ${repeated(count, (at) => `... @include(if: true) { a${at}: __typename }`)} }`,
      (count) => subscription(repeated(count, (at) => `... @include(if: true) { a${at}: action }`)),
    ),
  },
  tokens: {
    limit: 200,
    settings: { ...wide, LIMIT_TOKENS: '200', LIMIT_ALIASES: '10000' },
    trials: asking(
      (count) => `{ ${'__typename '.repeat(count - 2)}}`,
      (count) => {
        const tokensOfFrame = 15;
        return subscription('action '.repeat(count - tokensOfFrame));
      },
    ),
  },
  'operations of a batch': {
    limit: 1,
    settings: wide,
    trials: (() => {
      const batch = (amount: number, one: string) =>
        amount === 1 ? one : `[${Array(amount).fill(one).join(',')}]`;
      const operation = `{${typename}}`;
      const event = '{"id":"e","type":"t","data":{}}';
      return {
        http: async (amount) => [await post('/graphql', batch(amount, operation))],
        multipart: async (amount) => [
          await post('/graphql', batch(amount, watching()), multipart).then((each) =>
            each === '406' ? '400' : each,
          ),
        ],
        sse: async (amount) => [await post('/graphql/stream', batch(amount, operation), eventStream)],
        ws: (amount) => afterMessage('/graphql', 'graphql-transport-ws', batch(amount, '{"type":"ping"}')),
        rest: async (amount) => [await post('/rooms', batch(amount, '{"roomName":"One"}'))],
        raw: async (amount) => {
          await using raw = await RawSocket.open(url, { headers: { authorization: asService } });
          raw.socket.send(batch(amount, '{"event":"auth","data":{"token":"x"}}'));
          const first = await raw.frames.first(() => true);
          return [first.event === 'error' ? first.data.code : 'ok'];
        },
        webhooks: async (amount) => [
          await post('/webhooks/100ms', batch(amount, event), {
            'x-webhook-secret': 'planted-webhook-secret',
          }),
        ],
      };
    })(),
  },
  'rooms of a page': {
    limit: 100,
    settings: wide,
    trials: {
      ...asking(
        (count) => `{ rooms(limit: ${count}) { id } roomConnection(first: ${count}) { totalCount } }`,
      ),
      rest: async (count) => [
        (await overRest(url, asService, { method: 'GET', path: `/rooms?limit=${count}` })).outcome,
      ],
    },
  },
  'operations a second': {
    limit: 2,
    settings: { LIMIT_OPERATIONS_PER_SECOND: '2', LIMIT_SOCKETS_PER_IDENTITY: '100000' },
    trials: (() => {
      const query = { query: '{ __typename }' };
      const watch = { query: '' };
      const many =
        (door: string, act: (shown: string) => Promise<string>): Trial =>
        async (amount) => {
          clock.moveOn(60);
          return inTurn(amount, () => act(userOf(door)));
        };
      return {
        http: many('http', async (shown) => (await overHttp(url, shown, query)).outcome),
        multipart: many(
          'multipart',
          async (shown) => (await overMultipart(url, shown, { ...watch, query: subscription('') })).outcome,
        ),
        sse: many('sse', async (shown) => (await overSse(url, shown, query)).outcome),
        ws: async (amount) => {
          clock.moveOn(60);
          return onWire(userOf('ws'), (wire) => inTurn(amount, () => wire.ask(query)));
        },
        rest: many(
          'rest',
          async (shown) => (await overRest(url, shown, { method: 'GET', path: `/rooms/${roomId}` })).outcome,
        ),
        events: many('events', async (shown) => {
          const outcome = await outcomeOf(`/rooms/${roomId}/updates`, { headers: eventStream }, shown);
          return outcome === '429' ? 'RATE_LIMITED' : outcome;
        }),
        raw: async (amount) => {
          clock.moveOn(60);
          await using raw = await RawSocket.open(url, { headers: { authorization: userOf('raw') } });
          for (let at = 0; at < amount; at += 1) raw.send('nothing', {});
          await raw.nth('error', amount);
          // The frame itself is no good; where it was looked at, it was let through.
          return raw.frames.items.map((each) =>
            each.event === 'error' && each.data.code !== 'BAD_USER_INPUT' ? each.data.code : 'ok',
          );
        },
      };
    })(),
  },
  'subscriptions of a socket': {
    limit: 1,
    settings: { LIMIT_SUBSCRIPTIONS_PER_SOCKET: '1' },
    trials: {
      ws: (amount) =>
        onWire(asService, async (wire) => {
          const first = await wire.ask({ query: subscription('') });
          return [first, ...(await inTurn(amount - 1, () => wire.ask({ query: subscription('') })))];
        }),
      sse: async (amount) => {
        const headers = { ...json, authorization: asService };
        const token = await (await fetch(`${url}/graphql/stream`, { method: 'PUT', headers })).text();
        const own = { ...headers, 'x-graphql-event-stream-token': token };
        const gone = new AbortController();
        const stream = await fetch(`${url}/graphql/stream`, {
          headers: { ...own, ...eventStream },
          signal: gone.signal,
        });
        const events = eventsOf(stream);
        const subscribe = async (id: number) => {
          const body = JSON.stringify({ query: subscription(''), extensions: { operationId: `${id}` } });
          await (await fetch(`${url}/graphql/stream`, { method: 'POST', headers: own, body })).text();
        };
        const outcomes: Outcomes = [];
        for (let at = 0; at < amount; at += 1) {
          await subscribe(at);
          for (;;) {
            const { value } = await events.next();
            const { id, payload } = JSON.parse(value?.data || '{}');
            if (id !== `${at}` || !payload) continue;
            outcomes.push(payload.errors?.[0].extensions.code ?? 'ok');
            break;
          }
        }
        gone.abort();
        return outcomes;
      },
      raw: async (amount) => {
        await using raw = await RawSocket.open(url, { headers: { authorization: asService } });
        raw.send('watch', { roomId });
        for (let at = 1; at < amount; at += 1) raw.send('watch', { roomId: `other${at}` });
        raw.send('nothing', {});
        await raw.nth('error', amount);
        return raw.frames.items.map((each) =>
          each.event === 'error' && each.data.code !== 'BAD_USER_INPUT' ? each.data.code : 'ok',
        );
      },
    },
  },
  'open, of a user': {
    limit: 1,
    settings: { LIMIT_SOCKETS_PER_IDENTITY: '1', LIMIT_OPERATIONS_PER_SECOND: '1000000' },
    trials: everyOpen(`Bearer ${loginOf('ana')}`),
  },
  'open, of an address': {
    limit: 1,
    settings: { LIMIT_SOCKETS_PER_ADDRESS: '1' },
    trials: everyOpen(asService),
  },
  'open, of all': { limit: 1, settings: { LIMIT_SOCKETS: '1' }, trials: everyOpen(asService) },
};

it('has a cell for every limit and door: tried, or with its reason', () => {
  expect([...new Set(cells.map(({ limit }) => limit))]).toEqual(Object.keys(limits));
  for (const { limit, door, code } of cells) {
    const isTried = limits[limit]?.trials[door] !== undefined;
    expect([limit, door, code, isTried]).toEqual([limit, door, code, !(code in reasons)]);
  }
});

const words: Readonly<Record<string, string>> = { COMPLEX: 'QUERY_TOO_COMPLEX' };

describe.each(Object.entries(limits))('%s', (name, { limit, settings, trials }) => {
  beforeAll(async () => {
    service = await startTestService(
      {
        AUTH_SECRET: authSecret,
        SERVICE_KEYS: serviceKey,
        WEBHOOK_SECRET: 'planted-webhook-secret',
        ...settings,
      },
      name === 'operations a second' ? { now: clock.now } : {},
    );
    url = service.url;
    const { data } = await overHttp(url, asService, {
      query: 'mutation { createRoom(input: { name: "Full" }) { id } }',
    });
    const created = data?.['createRoom'] as { id: string } | undefined;
    roomId = created?.id ?? '';
  });
  afterAll(() => service.close());

  const tried = cells.filter((cell) => cell.limit === name && !(cell.code in reasons));
  const amounts = [limit, limit + 1, limit * 10, limit * 1_000];
  const all = tried.flatMap(({ door, code }) => amounts.map((amount) => ({ door, code, amount })));
  const isCounted = /second|open|subscriptions/.test(name);

  it.each(all)('$door: $amount, where more than the limit gets $code', async ({ door, code, amount }) => {
    const outcomes = (await trials[door]?.(amount)) ?? [];
    const tally: Record<string, number> = {};
    for (const outcome of outcomes) tally[outcome] = (tally[outcome] ?? 0) + 1;
    // Deeper than the schema, a document is not even valid, until it is deeper than anybody would read.
    const isInvalid = name === 'depth' && amount === limit * 10;
    const refusal = isInvalid ? 'GRAPHQL_VALIDATION_FAILED' : (words[code] ?? code);
    const over = amount - limit;
    if (isCounted) expect(tally).toEqual({ ok: limit, ...(over > 0 && { [refusal]: over }) });
    else expect(tally).toEqual({ [over > 0 ? refusal : 'ok']: 1 });
  });
});

it.each([
  [262_144, 200],
  [262_145, 413],
  [2_621_440, 413],
  [262_144_000, 413],
])('a webhook of %i bytes gets %i', async (size, status) => {
  await using own = await startTestService({ WEBHOOK_SECRET: 'planted-webhook-secret' });
  const start = '{"id":"e","type":"t","data":{},"x":"';
  const piece = Buffer.alloc(65_536, 'x');
  const headers = { ...json, 'x-webhook-secret': 'planted-webhook-secret', 'content-length': size };
  const sending = request(`${own.url}/webhooks/100ms`, { method: 'POST', headers, agent: false });
  const answered = once(sending, 'response');
  const pieces = function* () {
    yield Buffer.from(start);
    for (let left = size - start.length - 2; left > 0; left -= piece.length) yield piece.subarray(0, left);
    yield Buffer.from('"}');
  };
  Readable.from(pieces()).pipe(sending);
  const [response] = await answered;
  expect(response.statusCode).toBe(status);
  sending.destroy();
});
