import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { authSecret, serviceKey } from '../helpers/logins';
import { startTestService } from '../helpers/service';

const doors = ['http', 'multipart', 'sse', 'ws', 'rest', 'events', 'raw', 'webhooks'] as const;
type Door = (typeof doors)[number];

/**
 * What becomes of whoever is too late, for every deadline and every door, written by hand: a status or a close code, or the letter
 * of the reason why there is no such deadline. A deadline passes once, so ten times as late is the same; a thousand who are late
 * at the same time are in fuzz.test.ts.
 */
const expected = `
                    http multipart sse  ws   rest events raw  webhooks
to log in            a       a      a   4408  a     a    4403    a
for the headers     408     408    408  408  408   408   408    408
for the body        408     408    408   b   408    b     b     408
`;
const reasons: Readonly<Record<string, string>> = {
  a: 'shows who it is with the request itself, whose deadlines these are',
  b: 'has no body',
};

const cells = expected
  .trim()
  .split('\n')
  .slice(1)
  .flatMap((line) => {
    const [, deadline = '', rest = ''] = /^(.{20})(.*)$/.exec(line) ?? [];
    const codes = rest.trim().split(/\s+/);
    return doors.map((door, at) => ({ deadline: deadline.trim(), door, code: codes[at] ?? '?' }));
  });

let service: Awaited<ReturnType<typeof startTestService>>;
let url = '';
let roomId = '';

beforeAll(async () => {
  service = await startTestService({
    AUTH_SECRET: authSecret,
    SERVICE_KEYS: serviceKey,
    WEBHOOK_SECRET: 'planted-webhook-secret',
    LIMIT_HEADER_SECONDS: '1',
    LIMIT_REQUEST_SECONDS: '1',
    LIMIT_LOGIN_SECONDS: '1',
  });
  url = service.url;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${serviceKey}` };
  const created = await fetch(`${url}/rooms`, { method: 'POST', headers, body: '{"roomName":"Late"}' });
  roomId = ((await created.json()) as { id: string }).id;
});
afterAll(() => service.close());

const upgrade = (protocol: string) =>
  `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${protocol}`;
const query = '{"query":"{ __typename }"}';

/** A request that is in order, through each door: its first line, what is of its own among the headers, and its body. */
const requests: Readonly<Record<Door, () => readonly [line: string, own: string, body: string]>> = {
  http: () => ['POST /graphql', '', query],
  multipart: () => [
    'POST /graphql',
    'Accept: multipart/mixed;subscriptionSpec="1.0", application/json\r\n',
    query,
  ],
  sse: () => ['POST /graphql/stream', 'Accept: text/event-stream\r\n', query],
  ws: () => ['GET /graphql', upgrade('Sec-WebSocket-Protocol: graphql-transport-ws\r\n'), ''],
  rest: () => ['POST /rooms', '', '{"roomName":"In time"}'],
  events: () => [`GET /rooms/${roomId}/updates`, 'Accept: text/event-stream\r\n', ''],
  raw: () => ['GET /', upgrade(''), ''],
  webhooks: () => ['POST /webhooks/100ms', '', '{"id":"e","type":"t","data":{}}'],
};

/** The status of what comes back on a connection that sends just this; it is closed from the other side where that is late. */
async function statusOf(text: string, isLate: boolean): Promise<number> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (data) => {
    answer += String(data);
  });
  socket.write(text);
  await (isLate ? once(socket, 'close') : once(socket, 'data'));
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1]);
}

function textOf(door: Door): { head: string; body: string } {
  const [line, own, body] = requests[door]();
  const length = body ? `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n` : '';
  const shown = `Authorization: Bearer ${serviceKey}\r\nX-Webhook-Secret: planted-webhook-secret\r\n`;
  return { head: `${line} HTTP/1.1\r\nHost: 127.0.0.1\r\n${shown}${own}${length}`, body };
}

/** How a socket ends that says nothing; meanwhile one that logged in on time stays. */
async function silent(path: string, protocol: string, login: string): Promise<number> {
  const open = () => new WebSocket(`${url.replace('http', 'ws')}${path}`, protocol);
  const inTime = open();
  await once(inTime, 'open');
  inTime.send(login);
  await once(inTime, 'message');
  const [code] = await once(open(), 'close');
  inTime.ping();
  await once(inTime, 'pong');
  inTime.terminate();
  return code;
}

const trials: Readonly<Record<string, (door: Door) => Promise<readonly [inTime: number, late: number]>>> = {
  'to log in': async (door) => {
    const late = await (door === 'ws'
      ? silent(
          '/graphql',
          'graphql-transport-ws',
          `{"type":"connection_init","payload":{"authorization":"Bearer ${serviceKey}"}}`,
        )
      : silent('/', 'none', `{"event":"auth","data":{"token":"${serviceKey}"}}`));
    return [200, late];
  },
  'for the headers': async (door) => {
    const { head, body } = textOf(door);
    return [await statusOf(`${head}\r\n${body}`, false), await statusOf(head.slice(0, -3), true)];
  },
  'for the body': async (door) => {
    const { head, body } = textOf(door);
    return [
      await statusOf(`${head}\r\n${body}`, false),
      await statusOf(`${head}\r\n${body.slice(0, -1)}`, true),
    ];
  },
};

it('has a cell for every deadline and door', () => {
  expect([...new Set(cells.map(({ deadline }) => deadline))]).toEqual(Object.keys(trials));
  expect(cells.every(({ code }) => code in reasons || Number(code) > 400)).toBe(true);
});

it.each(cells.filter(({ code }) => !(code in reasons)))(
  '$deadline, $door: $code',
  async ({ deadline, door, code }) => {
    const [inTime, late] = (await trials[deadline]?.(door)) ?? [];
    expect([200, 201, 101]).toContain(inTime);
    expect(late).toBe(Number(code));
  },
);
