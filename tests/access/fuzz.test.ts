import { once } from 'node:events';
import { WebSocket } from 'ws';
import { bearer, startHardenedService, webhookSecret } from '../helpers/hardened-service';
import { Dice } from '../helpers/hostile';
import { authSecret, badLogins, loginOf, serviceKey } from '../helpers/logins';

/** 5,000 inputs in the short form; `FUZZ_INPUTS=100000` for the long one. */
const INPUTS = Number(process.env['FUZZ_INPUTS'] ?? 5_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_101);
const AT_ONCE = 8;
/** An answer that takes longer is taken for one that never comes, in milliseconds. */
const HANGS_AFTER = 15_000;

const appSecret = 'planted-app-secret-of-100ms-for-the-fuzzer';
const planted = [appSecret, webhookSecret, authSecret, serviceKey, 'planted-mongo-password'];

let service: Awaited<ReturnType<typeof startHardenedService>>;
let url: string;
let roomId = '';

beforeAll(async () => {
  service = await startHardenedService();
  ({ url, roomId } = service);
}, 120_000);
afterAll(() => service?.[Symbol.asyncDispose]());

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
    for (const secret of planted) expect(service.server.output).not.toContain(secret);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const { rooms } = (await (
      await fetch(`${url}/rooms`, { headers: { authorization: `Bearer ${loginOf('ana')}` } })
    ).json()) as { rooms: unknown[] };
    expect(rooms.length).toBeGreaterThan(0);
  },
  INPUTS * 60 + 60_000,
);
