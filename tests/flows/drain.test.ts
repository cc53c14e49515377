import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { print } from 'graphql';
import { WebSocket } from 'ws';
import {
  CreateRoomDocument,
  JoinRoomDocument,
  WatchRoomDocument,
  WhoIsThereDocument,
} from '../generated/operations';
import { post } from '../helpers/clients';
import { eventsOf } from '../helpers/event-stream';
import { RawSocket } from '../helpers/raw-socket';
import { endProcesses, type RunningProcess, startProcess } from '../helpers/running-process';
import { FrameWatcher } from '../helpers/sockets';
import { databaseSettings } from '../helpers/test-database';
import { SampleSession } from '../helpers/webhooks';

const program = join(__dirname, '..', '..', 'dist', 'main.js');
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-drain-'));
});

afterEach(async () => {
  await endProcesses();
  rmSync(directory, { recursive: true });
});

async function start(env: Record<string, string> = {}): Promise<{ process: RunningProcess; url: string }> {
  const started = startProcess([process.execPath, program], directory, {
    PORT: '0',
    LOG_LEVEL: 'fatal',
    ...databaseSettings(directory),
    ...env,
  });
  return { process: started, url: await started.url() };
}

async function createRoom(url: string): Promise<string> {
  const { data } = await post(url, CreateRoomDocument, { input: { name: 'Stand-up' } });
  return data.createRoom.id;
}

const joinRoom = (url: string, roomId: string, userId: string) =>
  post(url, JoinRoomDocument, { input: { roomId, userId } });

/** Resolves once nobody listens there any more. */
async function refuses(url: string): Promise<void> {
  while (
    await fetch(`${url}/livez`).then(
      () => true,
      () => false,
    )
  );
}

async function unready(url: string): Promise<void> {
  while ((await fetch(`${url}/readyz`)).status !== 503);
}

/** Resolves when so many streams of REST are open, a poll that waits among them. */
async function watchedByRest(url: string, count: number): Promise<void> {
  const line = `room_watchers{door="rest"} ${count}\n`;
  while (!(await (await fetch(`${url}/metrics`)).text()).includes(line));
}

describe('while it goes', () => {
  it('says so on /readyz at once and serves everything for the grace, each answer the last on its connection', async () => {
    const { process, url } = await start({ DRAIN_GRACE_SECONDS: '3' });
    const before = await fetch(`${url}/livez`);
    expect(before.headers.get('connection')).toBe('keep-alive');
    process.signal('SIGTERM');
    await unready(url);
    const roomId = await createRoom(url);
    expect((await joinRoom(url, roomId, 'ana')).errors).toBeUndefined();
    const answer = await fetch(`${url}/livez`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('connection')).toBe('close');
    using watcher = await FrameWatcher.open(`${url.replace('http', 'ws')}/graphql`, 'nobody');
    await watcher.subscribe('1', print(WatchRoomDocument), { roomId, snapshot: true });
    expect(await watcher.closed).toMatch(/^1012 /);
    expect(await process.ended).toBe(0);
  });

  it('ends no stream of any door: sockets are closed with 1012, streams are cut, and a poll is answered', async () => {
    const { process, url } = await start();
    const roomId = await createRoom(url);
    using frames = await FrameWatcher.open(`${url.replace('http', 'ws')}/graphql`, 'nobody');
    await frames.subscribe('1', print(WatchRoomDocument), { roomId, snapshot: true });
    const raw = await RawSocket.open(url);
    // Who is present by this socket would be lost with it, and the poll might tell that.
    raw.send('watch', { roomId });
    raw.send('leave', { roomId, userId: 'nobody' });
    await raw.nth('error', 1);
    const subscription = {
      query: print(WatchRoomDocument).replaceAll(/\s+/g, ' '),
      variables: { roomId, snapshot: true },
    };
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(subscription);
    const ask = (path: string, accept: string, init: RequestInit = {}) =>
      fetch(url + path, { ...init, headers: { ...headers, accept } });
    const streams = await Promise.all([
      ask(`/rooms/${roomId}/updates?snapshot=true`, 'text/event-stream'),
      ask('/graphql/stream', 'text/event-stream', { method: 'POST', body }),
      ask('/graphql', 'multipart/mixed;subscriptionSpec="1.0"', { method: 'POST', body }),
    ]);
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);
    const { cursor } = (await (await fetch(`${url}/rooms/${roomId}`)).json()) as { cursor: string };
    const poll = fetch(`${url}/rooms/${roomId}/updates?wait=30&after=${cursor}`);
    await expect(
      Promise.all(streams.slice(0, 1).map((stream) => eventsOf(stream).next())),
    ).resolves.toBeDefined();
    await watchedByRest(url, 2);

    process.signal('SIGTERM');
    expect(await frames.closed).toMatch(/^1012 .*cursor/);
    expect(frames.messages('1').map(({ type }) => type)).not.toContain('complete');
    expect((await raw.closed).code).toBe(1012);
    const answer = (await (await poll).json()) as { updates: unknown[]; cursor: string };
    expect(answer).toEqual({ updates: [], cursor });
    await expect(Promise.all(streams.slice(1).map((stream) => stream.text()))).rejects.toThrow('terminated');
    expect(await process.ended).toBe(0);
  });

  it('sends a crowd away little by little: when the first is told to go, most are served as before', async () => {
    const { process, url } = await start({ DRAIN_SPREAD_SECONDS: '3' });
    const crowd: RawSocket[] = [];
    while (crowd.length < 1_200) {
      crowd.push(...(await Promise.all(Array.from({ length: 100 }, () => RawSocket.open(url)))));
    }
    let answering = 0;
    for (const { socket } of crowd) socket.once('pong', () => (answering += 1));
    process.signal('SIGTERM');
    await Promise.race(crowd.map(({ closed }) => closed));
    // Who has been told to go is not answered any more.
    for (const { socket } of crowd) if (socket.readyState === WebSocket.OPEN) socket.ping();
    const codes = await Promise.all(crowd.map(async ({ closed }) => (await closed).code));
    expect(new Set(codes)).toEqual(new Set([1012]));
    expect(answering).toBeGreaterThan(crowd.length / 4);
    expect(await process.ended).toBe(0);
  });

  it('finishes what was asked before: a request whose body is still on its way, and a webhook', async () => {
    const { process, url } = await start();
    const roomId = await createRoom(url);
    const query = JSON.stringify({
      query: `mutation { joinRoom(input: { roomId: "${roomId}", userId: "ana" }) { userId } }`,
    });
    const webhook = JSON.stringify(new SampleSession(roomId).peer('bo').joined());
    const slow = [halfAsked(url, '/graphql', query), halfAsked(url, '/webhooks/100ms', webhook)];
    await Promise.all(slow.map(({ isUnderWay }) => isUnderWay));
    process.signal('SIGTERM');
    await refuses(url);
    const [joined, kept] = await Promise.all(slow.map(({ finish }) => finish()));
    expect(joined).toContain('"userId":"ana"');
    expect(joined?.toLowerCase()).toContain('connection: close');
    expect(kept).toContain('HTTP/1.1 200');
    expect(await process.ended).toBe(0);

    const again = await start();
    const { data } = await post(again.url, WhoIsThereDocument, { id: roomId });
    expect(data.room?.participants.map(({ userId }) => userId).sort()).toEqual(['ana', 'bo']);
  });

  it('goes in time whatever clients do: none answers its close, reads what it is sent, or ends what it asks', async () => {
    const { process, url } = await start({ LIMIT_QUEUE: '4' });
    const roomId = await createRoom(url);
    const { port, hostname } = new URL(url);
    const sockets: Socket[] = [];
    const open = async (text: string): Promise<Socket> => {
      const socket = connect({ port: Number(port), host: hostname }).on('error', () => undefined);
      sockets.push(socket);
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.write(text);
      return socket;
    };
    const upgrade = (path: string, protocol = '') =>
      `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${protocol}\r\n`;
    const answered = (socket: Socket) => new Promise((resolve) => socket.once('data', resolve));
    // Sockets that take no notice of a close frame, before and after they said who they are.
    for (const text of [
      upgrade('/'),
      upgrade('/graphql', 'Sec-WebSocket-Protocol: graphql-transport-ws\r\n'),
    ]) {
      await answered(await open(text));
    }
    // Nothing at all, half a head, half a body, and a large answer that nobody reads.
    await open('');
    await open('GET /livez HTTP/1.1\r\nHost:');
    await open(
      `POST /graphql HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{`,
    );
    (await open(`GET /openapi.json HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`.repeat(300))).pause();
    // A connection that is kept for a next request.
    await answered(await open(`GET /livez HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`));
    // A reader that has stopped, with updates waiting for it.
    const stopped = await FrameWatcher.open(`${url.replace('http', 'ws')}/graphql`, 'nobody');
    await stopped.subscribe('1', print(WatchRoomDocument), { roomId, snapshot: true });
    stopped.pause();
    for (let n = 0; n < 50; n += 1) await joinRoom(url, roomId, `user-${n}`);
    process.signal('SIGTERM');
    // Later than 10 s after the signal the process would have given up, and ended with 1.
    expect(await process.ended).toBe(0);
    stopped[Symbol.dispose]();
    for (const socket of sockets) socket.destroy();
  });

  it('goes in time while 100ms answers nothing', async () => {
    const held = new Set<Socket>();
    const silent = createServer((socket) => held.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const hms = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/v2`;
    const real = { API_KEY: 'a-key', APP_SECRET: 'a-secret', HMS_API_URL: hms, HMS_AUTH_URL: hms };
    const { process, url } = await start(real);
    const asked = post(url, CreateRoomDocument, { input: { name: 'Stand-up' } }).catch(
      (error: unknown) => error,
    );
    await new Promise<void>((resolve) => {
      const look = () => (held.size > 0 ? resolve() : setImmediate(look));
      look();
    });
    process.signal('SIGTERM');
    expect(await process.ended).toBe(0);
    await asked;
    for (const socket of held) socket.destroy();
    silent.close();
  });
});

/** A request of whose body the end is still to come. */
function halfAsked(url: string, path: string, body: string) {
  const { port, hostname } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname });
  const head =
    `POST ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nExpect: 100-continue\r\n\r\n`;
  let answer = '';
  const isUnderWay = new Promise((resolve) => socket.once('data', resolve));
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(answer)));
  socket.on('data', (chunk) => {
    answer += String(chunk);
  });
  socket.write(head);
  const finish = () => {
    socket.write(body);
    return ended;
  };
  return { isUnderWay, finish };
}
