import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningProcess, startProcess } from './running-process';

/** Whether nginx is installed. Not always on the PATH of whoever is not root. */
export const nginx = ['nginx', '/usr/sbin/nginx'].find((each) => spawnSync(each, ['-v']).status === 0);

/** Seconds of silence after which it gives a connection up: far below its default, for a test to reach. */
const READ_TIMEOUT = 3;

/** As its documentation sets up a proxy for WebSockets; buffering and everything else are as they come. */
function settings(directory: string, upstream: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${directory}/${kind};`,
  );
  return `
    daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log stderr warn;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    events { worker_connections 256; }
    http {
      access_log off; ${temporary.join(' ')}
      map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
      server {
        listen unix:${directory}/nginx.sock;
        location / {
          proxy_pass ${upstream};
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
          proxy_read_timeout ${READ_TIMEOUT}s;
        }
      }
    }`;
}

/** nginx in front of a service. It listens on a socket file, so that no port need be guessed; a port of the system's choosing leads there. */
export async function startNginx(
  upstream: string,
): Promise<{ url: string; process: RunningProcess } & AsyncDisposable> {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-nginx-'));
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, settings(directory, upstream));
  const running = startProcess([nginx ?? 'nginx', '-c', file, '-p', directory, '-e', 'stderr'], directory);
  const sockets = new Set<Socket>();
  const entrance = createServer((client) => {
    const inner = connect(join(directory, 'nginx.sock'));
    for (const [from, to] of [
      [client, inner],
      [inner, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
      from.pipe(to);
    }
  }).listen(0, '127.0.0.1');
  await once(entrance, 'listening');
  const url = `http://127.0.0.1:${(entrance.address() as AddressInfo).port}`;
  await answers(`${url}/livez`, running);
  const dispose = async () => {
    for (const socket of sockets) socket.destroy();
    entrance.close();
    running.signal('SIGTERM');
    await running.ended;
    rmSync(directory, { recursive: true, force: true });
  };
  return { url, process: running, [Symbol.asyncDispose]: dispose };
}

/** Resolves when an address answers; rejects with what the process said when that has ended instead. */
async function answers(url: string, running: RunningProcess): Promise<void> {
  const over = running.ended.then((status) => {
    throw new Error(`nginx ended with ${status}:\n${running.output}`);
  });
  over.catch(() => undefined);
  for (;;) {
    const response = await Promise.race([fetch(url).catch(() => undefined), over]);
    if (response?.ok) return;
    await Promise.race([new Promise((resolve) => setImmediate(resolve)), over]);
  }
}
