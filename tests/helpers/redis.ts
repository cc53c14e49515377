import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port';
import { endWithTheTests } from './last-will';

/** Whether there is a Redis to be tested against. Debian's package is redis-server. */
export const hasRedis = ((): boolean => {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

export interface RunningRedis extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends it, keeping its port for a later `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stands still without closing a connection, as a machine that hangs does. */
  freeze(): void;
  thaw(): void;
}

/** A Redis of the test's own; with `cluster`, one that is a whole cluster by itself. */
export async function openRedis({ cluster = false } = {}): Promise<RunningRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-redis-'));
  const port = await freePort();
  let server: ReturnType<typeof spawn> | undefined;
  const redis: RunningRedis = {
    url: `redis://127.0.0.1:${port}`,
    port,
    async start() {
      const plain = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', directory];
      const asCluster = cluster
        ? [
            '--cluster-enabled',
            'yes',
            '--cluster-port',
            `${await freePort()}`,
            '--cluster-announce-ip',
            '127.0.0.1',
          ]
        : [];
      const stdio = ['ignore', 'pipe', 'inherit'] as const;
      server = spawn('redis-server', [...plain, ...asCluster], { stdio: [...stdio], detached: true });
      endWithTheTests(server);
      const { stdout } = server;
      await new Promise<void>((resolve, reject) => {
        server?.once('exit', () => reject(new Error('redis-server ended at once')));
        stdout?.on('data', (text) => String(text).includes('Ready to accept') && resolve());
      });
      if (cluster) execFileSync('redis-cli', ['-p', `${port}`, 'cluster', 'addslotsrange', '0', '16383']);
    },
    async stop() {
      if (!server || server.exitCode !== null || server.signalCode !== null) return;
      const ended = once(server, 'exit');
      server.kill('SIGCONT');
      server.kill('SIGKILL');
      await ended;
    },
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await redis.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}
