import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { authSecret, serviceKey } from '../helpers/logins';
import { endProcesses, type RunningProcess, startProcess } from '../helpers/running-process';

/** In everything that is sent, and to be found in nothing that is logged. */
const marker = 'planted-content';

let directory: string;
let server: RunningProcess;
let url: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollcall-'));
  server = startProcess(['node', join(process.cwd(), 'scripts/start.mjs')], process.cwd(), {
    PORT: '0',
    DATA_DIR: directory,
    AUTH_SECRET: authSecret,
    SERVICE_KEYS: serviceKey,
    LOG_LEVEL: 'trace',
    LIMIT_FRAME_BYTES: '2000',
    LIMIT_BODY_BYTES: '2000',
  });
  url = await server.url();
}, 120_000);
afterAll(async () => {
  await endProcesses();
  await rm(directory, { recursive: true, force: true });
});

/** A frame as the protocol has it, masked or not, whatever is wrong with it. */
function frame(first: number, payload: Buffer, isMasked = true): Buffer {
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  length[0] = (length[0] ?? 0) | (isMasked ? 128 : 0);
  return Buffer.concat([Buffer.from([first, ...length]), Buffer.from(isMasked ? [0, 0, 0, 0] : []), payload]);
}

const text = (content: string) => frame(0x81, Buffer.from(content));
const hostileFrames: Readonly<Record<string, Buffer>> = {
  'a message over the limit': text(marker.repeat(200)),
  'text that is no UTF-8': frame(0x81, Buffer.concat([Buffer.from(marker), Buffer.from([0xc3, 0x28])])),
  'an unmasked frame': frame(0x81, Buffer.from(marker), false),
  'a reserved bit': frame(0xc1, Buffer.from(marker)),
  'an unknown opcode': frame(0x83, Buffer.from(marker)),
  'a continuation of nothing': frame(0x80, Buffer.from(marker)),
  'a ping that is too long': frame(0x89, Buffer.from(marker.repeat(20))),
  'a close of one byte': frame(0x88, Buffer.from('x')),
  'a close code that must not be': frame(0x88, Buffer.from([0x03, 0xed])),
  'fragments without end': Buffer.concat([
    frame(0x01, Buffer.from(marker)),
    ...Array(80).fill(frame(0x00, Buffer.from('x'))),
  ]),
  'no JSON': text(`{"${marker}`),
  'JSON of nothing': text(`["${marker}", null, {"__proto__": "${marker}"}]`),
  'a message of no type': text(`{"type":"${marker}","payload":{"event":"${marker}"}}`),
};

/** Sends bytes on a socket that was upgraded by hand, and waits until the other side has closed it, or answered a ping after them. */
async function send(path: string, protocol: string, bytes: Buffer): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, [protocol], {
    headers: { authorization: `Bearer ${serviceKey}` },
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const isOpen = await once(socket, 'open').then(
    () => true,
    () => false,
  );
  // A protocol that is not spoken here: the client gives up, and the server has its say all the same.
  if (!isOpen) return closed;
  if (path === '/graphql') {
    socket.send(`{"type":"connection_init","payload":{"authorization":"Bearer ${serviceKey}"}}`);
  }
  const tcp = (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket;
  tcp.write(bytes);
  socket.ping();
  await Promise.race([closed, once(socket, 'pong')]);
  socket.terminate();
  await closed;
}

it('writes JSON lines to its log, and nothing else anywhere, whatever comes in; and no content of it', async () => {
  const start = server.output.length;
  for (const bytes of Object.values(hostileFrames)) {
    await send('/', 'none', bytes);
    await send('/graphql', 'graphql-transport-ws', bytes);
    // Of the library before graphql-ws, about which graphql-ws itself would have something to say.
    await send('/graphql', 'graphql-ws', bytes);
  }
  const port = Number(new URL(url).port);
  for (const request of [
    `${marker}\r\n\r\n`,
    `GET /${marker} HTTP/9\r\n\r\n`,
    `POST /rooms HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n`,
  ]) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write(request);
    await once(socket, 'close');
  }
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${serviceKey}` };
  for (const body of [
    marker.repeat(1_000),
    `{"${marker}`,
    `{"query":"{ ${marker} }"}`,
    `{"query":5,"variables":"${marker}"}`,
  ]) {
    for (const path of ['/graphql', '/graphql/stream', '/rooms', '/webhooks/100ms']) {
      await (await fetch(`${url}${path}`, { method: 'POST', headers, body })).text();
    }
  }
  const lines = () => server.output.slice(start).split('\n').filter(Boolean);
  // What is wrong with a frame is logged for both doors: the last of these sockets' lines has come when they all have.
  for (const kind of ['raw', 'graphql']) {
    await server.says(new RegExp(`"Max payload size exceeded".*"kind":"${kind}"`), start);
  }
  await server.says(/Too many message fragments.*"kind":"graphql"/, start);
  const isLogLine = (line: string) => {
    try {
      return typeof JSON.parse(line).level === 'number';
    } catch {
      return false;
    }
  };
  expect(lines().filter((line) => !isLogLine(line))).toEqual([]);
  expect(lines().filter((line) => line.includes(marker))).toEqual([]);
});
