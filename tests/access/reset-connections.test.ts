import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { bearer, startHardenedService } from '../helpers/hardened-service';
import { serviceKey } from '../helpers/logins';

type Service = Awaited<ReturnType<typeof startHardenedService>>;

/** What the process holds: file descriptors, and the connections that it counts. */
async function held({ server, url }: Service): Promise<{ files: number; connections: number }> {
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
async function nothingLeft(service: Service, before: { files: number; connections: number }): Promise<void> {
  for (;;) {
    const now = await held(service);
    if (now.files <= before.files && now.connections <= before.connections) return;
  }
}

it('is not moved by connections that reset at any point of a request or an upgrade, or say nothing; they leave nothing behind', async () => {
  await using service = await startHardenedService();
  const { server, url, roomId } = service;
  const before = await held(service);
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
  await nothingLeft(service, before);
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
  await nothingLeft(service, before);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect(server.output).not.toMatch(/A mistake in Rollcall itself/);
}, 240_000);
