import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port';
import { type RunningProcess, startProcess } from './running-process';

/** Whether nginx is installed. Not always on the PATH of whoever is not root. */
export const nginx = ['nginx', '/usr/sbin/nginx'].find((each) => spawnSync(each, ['-v']).status === 0);

/** The configuration that is shipped for every nginx: `nginx.conf` is the same for those that can resolve names again. */
const shipped = join(__dirname, '..', '..', 'deploy', 'nginx-static.conf');

export interface NginxSettings {
  /** Seconds of silence after which it gives a connection up. Default: as shipped. */
  readonly readTimeout?: number;
  /** It compresses everything, which holds the pieces of a stream back unless the stream asks not to be buffered. */
  readonly compresses?: boolean;
}

/** The shipped configuration with other addresses and folders, and nothing else. */
function settings(
  directory: string,
  port: number,
  upstreams: readonly string[],
  { readTimeout, compresses }: NginxSettings,
) {
  const text = readFileSync(shipped, 'utf8');
  const servers = [...text.matchAll(/^ *server rollcall-\d+:3000(.*);\n/gm)];
  const [first] = servers;
  if (!first) throw new Error(`${shipped} names no instance.`);
  const here = upstreams.map((url) => `    server ${new URL(url).host}${first[1]};\n`).join('');
  return servers
    .reduce((all, [line]) => all.replace(line, line === first[0] ? here : ''), text)
    .replace('listen 8080;', `listen 127.0.0.1:${port};`)
    .replace('http {', (line) => (compresses ? `${line}\n  gzip on;\n  gzip_types *;` : line))
    .replaceAll(' /tmp/', ` ${directory}/`)
    .replace(/proxy_read_timeout .*;/, (line) =>
      readTimeout ? `proxy_read_timeout ${readTimeout}s;` : line,
    );
}

/** nginx in front of instances, on a port of 127.0.0.1, as `deploy/nginx-static.conf` has it. */
export async function startNginx(
  upstreams: readonly string[],
  choices: NginxSettings = {},
): Promise<{ url: string; process: RunningProcess } & AsyncDisposable> {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-nginx-'));
  const file = join(directory, 'nginx.conf');
  const port = await freePort();
  writeFileSync(file, settings(directory, port, upstreams, choices));
  // Its workers give up the rights of root, and with them the folder of the test.
  const globals = `daemon off;${process.getuid?.() === 0 ? ' user root;' : ''}`;
  const command = [nginx ?? 'nginx', '-c', file, '-p', directory, '-e', 'stderr', '-g', globals] as const;
  const running = startProcess(command, directory);
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/livez`, running);
  const dispose = async () => {
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
