/** Starts the servers, each in a process of its own, and reads what a process has cost from /proc. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');

/** In the order of the table. `graphql`: it also answers queries. */
export const servers = {
  rollcall: { graphql: true },
  raw: { graphql: false },
  'batched-raw': { graphql: false },
  idiomatic: { graphql: true },
  yoga: { graphql: true },
  mercurius: { graphql: true },
};

/** A started server, Rollcall with further settings: its address, its process id, and how to end it. Rejects when it does not come up within 20 s. */
export async function startServer(name, settings = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
  const { PATH, HOME, BENCH_MONGO_URI = '', BENCH_NODE_ARGS = '' } = process.env;
  const flags = BENCH_NODE_ARGS.split(' ').filter(Boolean);
  const [args, env, ready] =
    name === 'rollcall'
      ? [
          [...flags, join(root, 'dist', 'main.js')],
          {
            PORT: '0',
            DATA_DIR: dataDir,
            LOG_LEVEL: 'warn',
            MONGO_URI: BENCH_MONGO_URI && `${BENCH_MONGO_URI}/bench-${process.pid}-${Date.now()}`,
            LIMIT_SOCKETS: '100000',
            ...settings,
          },
          /GraphQL\s+(http:\S+)\/graphql[\s\S]*^ready$/m,
        ]
      : [[join(here, 'servers', `${name}.mjs`)], { NODE_ENV: 'production' }, /^listening (http:\S+)$/m];
  const child = spawn(process.execPath, args, { cwd: dataDir, env: { PATH, HOME, ...env }, stdio: 'pipe' });
  let output = '';
  const url = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${name} did not come up:\n${output}`)), 20_000);
    const read = (text) => {
      output += text;
      const match = ready.exec(output);
      if (!match) return;
      clearTimeout(late);
      resolve(match[1]);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}:\n${output}`)));
  });
  const stop = async () => {
    const closed = new Promise((resolve) => child.once('close', resolve));
    // Politely, because a profile is written at the exit.
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await closed;
    clearTimeout(late);
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { name, url, port: Number(new URL(url).port), pid: child.pid, stop, said: () => output };
}

/** Microseconds of CPU, user and system, that a process has used so far with all its threads. */
export function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  // utime and stime, in ticks of 10 ms: Linux counts a hundred a second on every platform.
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Resident memory in KiB. */
export function memoryOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}
