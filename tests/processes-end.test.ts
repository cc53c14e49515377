import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { hasRedis } from './helpers/redis';
import { endProcesses, type RunningProcess, startProcess } from './helpers/running-process';

const root = join(__dirname, '..');
const program = join(root, 'node_modules', 'jest', 'bin', 'jest.js');

afterEach(endProcesses);

/** Runs a test file that leaves processes behind where nobody sees to it. Resolves when it has started those that it starts in time. */
async function abandon(goesOnAfter: number): Promise<RunningProcess> {
  const args = ['--runInBand', '--testMatch', '**/helpers/abandoned.run.ts'];
  const run = startProcess([process.execPath, program, ...args], root, { GOES_ON_AFTER: `${goesOnAfter}` });
  await run.says(hasRedis ? /^redis \d+$/m : /^started/m);
  return run;
}

/** Resolves when none of the processes that it told of runs any more. */
async function untilAllAreGone({ output }: RunningProcess): Promise<number> {
  const pids = [...output.matchAll(/^(?:started|late) (.+)$/gm)].flatMap(([, found = '']) =>
    found.split(' '),
  );
  while (pids.some(isUp)) await new Promise((resolve) => setImmediate(resolve));
  const [, port] = /^redis (\d+)$/m.exec(output) ?? [];
  while (port && (await answers(Number(port))));
  return pids.length;
}

/** One that has ended and that nobody has asked after is none. */
function isUp(pid: string): boolean {
  return /^[^Z]/.test(spawnSync('ps', ['-o', 'stat=', '-p', pid]).stdout.toString());
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

it('what a test started that ran out of time ends with its file, and it starts nothing more', async () => {
  const run = await abandon(0);
  expect(await run.ended).not.toBe(0);
  expect(run.output).toContain('late');
  expect(await untilAllAreGone(run)).toBeGreaterThan(3);
}, 20_000);

it('what a test started ends also where the process of the tests is killed', async () => {
  const run = await abandon(600_000);
  run.signal('SIGKILL');
  await run.ended;
  expect(await untilAllAreGone(run)).toBe(2);
}, 20_000);
