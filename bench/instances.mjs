/**
 * `npm run bench:instances`: what several instances cost: the same load on one without Redis, and on one, two and three with
 * it, on one database in a process of its own, which is not counted among them. Every delivery is verified, also across
 * instances. Needs redis-server. With `--quick`, a small load.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, isCurrent } from '../scripts/build.mjs';
import { Drivers, fanOut } from './load.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const quick = process.argv.includes('--quick');
const loads = {
  'one room of 600': { rooms: 1, watchers: 600, inFlight: 8, events: quick ? 60 : 400 },
  '20 rooms of 30': { rooms: 20, watchers: 30, inFlight: 8, events: quick ? 100 : 800 },
};
const setups = [
  { name: '1, no Redis', count: 1, redis: false },
  { name: '1', count: 1, redis: true },
  { name: '2', count: 2, redis: true },
  { name: '3', count: 3, redis: true },
];

if (spawnSync('redis-server', ['--version']).status !== 0) {
  throw new Error('redis-server is not installed: apt-get install redis-server');
}
if (!isCurrent()) await build();
const drivers = new Drivers();
for (const [name, load] of Object.entries(loads)) {
  process.stdout.write(`\n${name}, ${load.events} updates\n`);
  process.stdout.write(
    '  instances      deliveries/CPU s   CPU ms/update   of Redis   of the database   p50 ms   p99 ms   KiB/socket\n',
  );
  for (const setup of setups) {
    const fleet = await startFleet(setup);
    try {
      const result = await fanOut(fleet, drivers, load);
      const { redis = Number.NaN, database } = result.cpuPerUpdateOf;
      const cells = [
        [1e6 / result.cpuPerDelivery, 19, 0],
        [result.cpuPerUpdate / 1_000, 16, 2],
        [redis / 1_000, 11, 3],
        [database / 1_000, 18, 2],
        [result.p50, 9, 1],
        [result.p99, 9, 1],
        [result.memoryPerSocket, 13, 1],
      ];
      const text = cells.map(([value, width, digits]) =>
        (Number.isNaN(value) ? '' : value.toFixed(digits)).padStart(width),
      );
      process.stdout.write(`  ${setup.name.padEnd(12)}${text.join('')}\n`);
    } finally {
      await fleet.stop();
    }
  }
}
drivers.close();

/** Instances on one database, as a server that `fanOut` takes. */
async function startFleet({ count, redis }) {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-instances-'));
  const children = [];
  const start = async (command, pattern, env = {}) => {
    const [program, ...args] = command;
    const { PATH, HOME } = process.env;
    const child = spawn(program, args, { cwd: directory, env: { PATH, HOME, ...env }, stdio: 'pipe' });
    children.push(child);
    return { pid: child.pid, found: await said(child, pattern) };
  };
  const program = join(root, 'tests', 'helpers', 'embedded-process.cjs');
  const database = await start(
    [process.execPath, program, join(directory, 'database'), '0'],
    /^open (mongodb:\/\/[^/\s]+)/m,
  );
  const others = { database: database.pid };
  const env = {
    PORT: '0',
    LOG_LEVEL: 'warn',
    LIMIT_SOCKETS: '100000',
    RECONCILE_SECONDS: '0',
    MONGO_URI: `${database.found}/bench`,
  };
  if (redis) {
    const port = await freePort();
    const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', directory];
    others.redis = (await start(['redis-server', ...args], /Ready to accept/)).pid;
    env.REDIS_URL = `redis://127.0.0.1:${port}`;
  }
  const instances = [];
  for (let n = 0; n < count; n += 1) {
    const command = [process.execPath, join(root, 'dist', 'main.js')];
    const dataDir = join(directory, `${n}`);
    instances.push(
      await start(command, /GraphQL\s+(http:\S+)\/graphql[\s\S]*^ready$/m, { ...env, DATA_DIR: dataDir }),
    );
  }
  const urls = instances.map(({ found }) => found);
  const stop = async () => {
    for (const child of children.reverse()) {
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(directory, { recursive: true, force: true });
  };
  const ports = urls.map((url) => Number(new URL(url).port));
  return {
    name: 'rollcall',
    graphql: true,
    url: urls[0],
    urls,
    ports,
    pids: instances.map(({ pid }) => pid),
    others,
    stop,
  };
}

/** What the pattern's group, or all of it, matches in what a child says. */
function said(child, pattern) {
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (piece) => {
      text += piece;
      const match = pattern.exec(text);
      if (match) resolve(match[1] ?? match[0]);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.once('exit', (code) => reject(new Error(`ended with ${code}:\n${text}`)));
  });
}

/** Redis takes no port 0. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
