import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { Dice } from '../helpers/hostile';
import { authSecret, badLogins, loginOf, serviceKey } from '../helpers/logins';
import { endProcesses, type RunningProcess, startProcess } from '../helpers/running-process';

/** 5,000 inputs in the short form; `FUZZ_INPUTS=100000` for the long one. */
const INPUTS = Number(process.env['FUZZ_INPUTS'] ?? 5_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_101);
const AT_ONCE = 8;
/** An answer that takes longer is taken for one that never comes, in milliseconds. */
const HANGS_AFTER = 15_000;

const appSecret = 'planted-app-secret-of-100ms-for-the-fuzzer';
const webhookSecret = 'planted-webhook-secret';
const planted = [appSecret, webhookSecret, authSecret, serviceKey, 'planted-mongo-password'];

let server: RunningProcess;
let directory: string;
let url: string;
let roomId = '';

const bearer = `Bearer ${serviceKey}`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollcall-'));
  server = startProcess(['node', join(process.cwd(), 'scripts/start.mjs')], process.cwd(), {
    PORT: '0',
    DATA_DIR: directory,
    AUTH_SECRET: authSecret,
    SERVICE_KEYS: serviceKey,
    WEBHOOK_SECRET: webhookSecret,
    LIMIT_HEADER_SECONDS: '2',
    LIMIT_REQUEST_SECONDS: '5',
    LIMIT_LOGIN_SECONDS: '2',
  });
  url = await server.url();
  const created = await fetch(`${url}/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: bearer },
    body: '{"roomName":"Fuzzed"}',
  });
  roomId = ((await created.json()) as { id: string }).id;
}, 120_000);
afterAll(async () => {
  await endProcesses();
  await rm(directory, { recursive: true, force: true });
});

interface Answer {
  readonly text: string;
  /** Of HTTP; 0 for a socket. */
  readonly status: number;
}

async function overHttp(path: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(HANGS_AFTER) });
  return { status: response.status, text: (await response.text()) + JSON.stringify([...response.headers]) };
}

/** Sends frames on a socket and gathers what comes back until it closes or has said nothing for a moment. */
async function overSocket(
  path: string,
  frames: readonly (string | Buffer)[],
  protocol?: string,
): Promise<Answer> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocol ? [protocol] : [], {
    headers: { authorization: bearer },
  });
  let text = '';
  socket.on('message', (data) => {
    text += String(data);
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close').then(([code, reason]) => {
    text += `closed ${code} ${reason}`;
  });
  await once(socket, 'open');
  for (const frame of frames) socket.send(frame);
  // Answered in order: what answers the ping has seen every frame before it.
  socket.ping();
  await Promise.race([once(socket, 'pong'), closed]);
  socket.close(1_000);
  await Promise.race([
    closed,
    new Promise((_, reject) =>
      setTimeout(() => reject(new Error(`hangs: ${frames.join(' ')}`)), HANGS_AFTER).unref(),
    ),
  ]);
  return { status: 0, text };
}

const queries = (dice: Dice): string =>
  dice.one([
    '{ rooms(limit: 3) { id name participants { userId } } }',
    `{ room(id: "${roomId}") { id cursor myRole } }`,
    `mutation { joinRoom(input: { roomId: "${roomId}", userId: "ana" }) { id } }`,
    `mutation { leaveRoom(input: { roomId: "${roomId}", userId: "ana" }) { id } }`,
    `mutation { generateToken(input: { roomId: "${roomId}", role: "guest", ttlSeconds: 60 }) { id } }`,
    `subscription { participantUpdates(roomId: "${roomId}", after: "AAAA") { action } }`,
    'query ($filter: RoomFilter) { rooms(filter: $filter) { id } }',
    `mutation ($input: GrantRoomRoleInput!) { grantRoomRole(input: $input) { id } }`,
    '{ tokenAudit(limit: 1) { id by } }',
    '{ __schema { types { name fields { name } } } }',
    'fragment F on Room { ...F } { rooms { ...F } }',
    '{ rooms '.repeat(dice.below(2_000)),
  ]);

const logins = Object.values(badLogins()).filter((token) => /^[\x21-\x7e]{1,4000}$/.test(token));
const json = { 'content-type': 'application/json' };

/** One hostile input to each kind of door. */
const doors: Readonly<Record<string, (dice: Dice) => Promise<Answer>>> = {
  'GraphQL over HTTP': (dice) => {
    const query = dice.below(2) ? dice.damage(queries(dice)) : queries(dice);
    const whole = `{"query":${JSON.stringify(query)},"variables":${dice.json(3)}}`;
    const accept = dice.one([
      'application/json',
      '*/*',
      'application/graphql-response+json',
      'text/html',
      'multipart/mixed;subscriptionSpec="1.0", application/json',
    ]);
    return overHttp('/graphql', {
      method: 'POST',
      headers: { ...json, accept, authorization: dice.below(10) ? bearer : `Bearer ${dice.one(logins)}` },
      body: dice.below(3) ? whole : dice.damage(whole),
    });
  },
  'GraphQL by address': (dice) =>
    overHttp(
      `/graphql?query=${encodeURIComponent(wellFormed(dice.damage(queries(dice))))}&variables=${encodeURIComponent(wellFormed(dice.json(2)))}`,
      {
        headers: { accept: 'application/json', authorization: bearer },
      },
    ),
  REST: (dice) => {
    const path = dice.one([
      '/rooms',
      `/rooms/${roomId}`,
      `/rooms/${roomId}/token`,
      `/rooms/${encodeURIComponent(wellFormed(dice.damage(roomId)))}`,
      `/rooms?limit=${encodeURIComponent(wellFormed(dice.json(0)))}&after=${encodeURIComponent(wellFormed(dice.damage('eA')))}`,
      `/rooms/${roomId}/updates?after=${encodeURIComponent(wellFormed(dice.damage('AQEB')))}`,
    ]);
    const method = dice.one(['GET', 'POST', 'PUT', 'DELETE', 'PATCH']);
    const body = dice.below(2)
      ? dice.json(3)
      : dice.damage(`{"role":"guest","userId":"ana","roomName":"x","idempotencyKey":"k${dice.below(9)}"}`);
    return overHttp(path, {
      method,
      headers: { ...json, authorization: bearer },
      ...(method === 'GET' ? {} : { body }),
    });
  },
  webhooks: (dice) => {
    const event = `{"version":"2.0","id":"e${dice.below(1e9)}","type":"peer.join.success","timestamp":"2026-01-01T00:00:00Z","data":{"room_id":"${roomId}","peer_id":"p","session_id":"s","user_id":"u","joined_at":"2026-01-01T00:00:00Z"}}`;
    return overHttp('/webhooks/100ms', {
      method: 'POST',
      headers: {
        ...json,
        'x-webhook-secret': dice.below(8)
          ? webhookSecret
          : wellFormed(dice.one(['', 'x', webhookSecret.slice(1)])),
      },
      body: dice.below(3) ? dice.damage(event) : dice.json(4),
    });
  },
  'graphql-ws': (dice) => {
    const init = '{"type":"connection_init","payload":{"authorization":"Bearer REPLACED"}}'.replace(
      'REPLACED',
      serviceKey,
    );
    const subscribe = `{"id":"1","type":"subscribe","payload":{"query":${JSON.stringify(dice.damage(queries(dice)))},"variables":${dice.json(2)}}}`;
    const frames = [
      dice.below(8) ? init : dice.damage(init),
      dice.below(2) ? subscribe : dice.damage(subscribe),
      dice.json(2),
    ];
    return overSocket('/graphql', frames.slice(0, 1 + dice.below(3)), 'graphql-transport-ws');
  },
  'raw WebSocket': (dice) => {
    const frame = () => {
      const event = dice.one(['join', 'leave', 'watch', 'auth', 'nothing']);
      const whole = `{"event":"${event}","data":{"roomId":"${roomId}","userId":"ana","deviceId":"d","after":"AAAA"}}`;
      return dice.below(2) ? dice.damage(whole) : `{"event":"${event}","data":${dice.json(3)}}`;
    };
    const frames: (string | Buffer)[] = [frame(), frame()];
    if (dice.below(20) === 0) frames.push(Buffer.from([dice.below(256)]));
    return overSocket('/', frames);
  },
};

/** An address cannot carry half a surrogate pair. */
const wellFormed = (text: string): string => text.toWellFormed();

it(
  `answers ${INPUTS} hostile inputs: no exit, no hang, no mistake of its own, no secret in what it says or logs`,
  async () => {
    const names = Object.keys(doors);
    const failures: string[] = [];
    let at = 0;
    const work = async () => {
      while (at < INPUTS && failures.length < 5) {
        const mine = at;
        at += 1;
        const dice = new Dice(SEED + mine * 7_919);
        const name = names[mine % names.length] ?? '';
        const where = `${name}, FUZZ_SEED=${SEED}, input ${mine}`;
        try {
          const { status, text } = (await doors[name]?.(dice)) ?? { status: 0, text: '' };
          if (status >= 500) failures.push(`${where}: ${status} ${text.slice(0, 300)}`);
          if (/INTERNAL_SERVER_ERROR|closed (4500|1011)/.test(text))
            failures.push(`${where}: ${text.slice(0, 300)}`);
          for (const secret of planted) if (text.includes(secret)) failures.push(`${where}: says a secret`);
        } catch (error) {
          failures.push(
            `${where}: ${(error as Error).stack?.slice(0, 400)} ${String((error as Error).cause ?? '')}`,
          );
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(failures).toEqual([]);
    for (const secret of planted) expect(server.output).not.toContain(secret);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const { rooms } = (await (
      await fetch(`${url}/rooms`, { headers: { authorization: `Bearer ${loginOf('ana')}` } })
    ).json()) as { rooms: unknown[] };
    expect(rooms.length).toBeGreaterThan(0);
  },
  INPUTS * 60 + 60_000,
);

/** What the process holds: file descriptors, and the connections that it counts. */
async function held(): Promise<{ files: number; connections: number }> {
  const headers = { authorization: bearer, connection: 'close' };
  const metrics = await (await fetch(`${url}/metrics`, { headers })).text();
  const open = [...metrics.matchAll(/^open_connections\{.*\} (\d+)$/gm)].map(([, count]) => Number(count));
  if (open.length === 0) throw new Error(`no connections in ${metrics}`);
  return { files: filesOf(server.pid), connections: open.reduce((all, each) => all + each, 0) };
}

/**
 * Open descriptors of a process, without its Unix sockets: those belong to the pool of the database, which grows when it likes.
 * 0 where there is no /proc.
 */
function filesOf(pid: number): number {
  const directory = `/proc/${pid}/fd`;
  if (!existsSync(directory)) return 0;
  // Columns: Num RefCount Protocol Flags Type St Inode [Path].
  const rows = readFileSync(`/proc/${pid}/net/unix`, 'utf8').trim().split('\n').slice(1);
  const unixSockets = new Set(rows.map((row) => row.split(/\s+/)[6]));
  const isOther = (name: string) => {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(join(directory, name))) ?? [];
      return inode === undefined || !unixSockets.has(inode);
    } catch {
      // It was closed in the meantime.
      return false;
    }
  };
  return readdirSync(directory).filter(isOther).length;
}

/** Resolves when the process holds no more than it did before. */
async function nothingLeft(before: { files: number; connections: number }): Promise<void> {
  for (;;) {
    const now = await held();
    if (now.files <= before.files && now.connections <= before.connections) return;
  }
}

it('is not moved by connections that reset at any point of a request or an upgrade, or say nothing; they leave nothing behind', async () => {
  const before = await held();
  const port = Number(new URL(url).port);
  const upgrade =
    'GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n';
  const post = `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: ${bearer}\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n{"query":"{ __typename }"}`;
  const reset = async (text: string, cut: number, path = '/graphql') => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(text.replace('/graphql', path).slice(0, cut));
    await new Promise((resolve) => setImmediate(resolve));
    socket.resetAndDestroy();
  };
  for (const text of [upgrade, post]) {
    for (let cut = 0; cut <= text.length; cut += 5) {
      await reset(text, cut);
      if (text === upgrade) await reset(text, cut, '/');
    }
  }
  // After the answer to the upgrade, before and after the first message, and in the middle of what is told.
  const init = `{"type":"connection_init","payload":{"authorization":"${bearer}"}}`;
  const subscribe = JSON.stringify({
    id: '1',
    type: 'subscribe',
    payload: { query: `subscription { participantUpdates(roomId: "${roomId}", snapshot: true) { action } }` },
  });
  const watch = JSON.stringify({ event: 'join', data: { roomId, userId: 'reset' } });
  const sent = {
    '/graphql': [[], ['{"type":"connection_init"}'], [init], [init, subscribe]],
    '/': [
      [],
      ['{"event":"auth","data":{"token":"x"}}'],
      [`{"event":"auth","data":{"token":"${serviceKey}"}}`, watch],
    ],
  };
  for (const [path, stages] of Object.entries(sent)) {
    for (const frames of stages) {
      const protocols = path === '/' ? [] : ['graphql-transport-ws'];
      const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocols);
      socket.on('error', () => undefined);
      const over = once(socket, 'close');
      await once(socket, 'open');
      for (const frame of frames) {
        socket.send(frame);
        await Promise.race([once(socket, 'message'), over]);
      }
      if (socket.readyState === socket.OPEN)
        (socket as unknown as { _socket: { resetAndDestroy(): void } })._socket.resetAndDestroy();
      await over;
    }
  }
  await nothingLeft(before);
  const silent = await Promise.all(
    Array.from({ length: 1_000 }, async (_, at) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined).resume();
      await once(socket, 'connect');
      // A quarter is silent from the start, others after half a head, half a body, and a whole upgrade to either socket.
      const said = ['', 'GET / HTTP/1.1\r\nX-Half: ', post.slice(0, -9), upgrade];
      const text = said[at % said.length] ?? '';
      socket.write(at % 8 < 4 ? text : text.replace('/graphql', '/'));
      return socket;
    }),
  );
  await Promise.all(silent.map(async (socket) => socket.closed || once(socket, 'close')));
  await nothingLeft(before);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect(server.output).not.toMatch(/A mistake in Rollcall itself/);
}, 120_000);
