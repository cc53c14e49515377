import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateRoomDocument } from '../generated/operations';
import { post } from '../helpers/clients';
import { RawSocket } from '../helpers/raw-socket';
import { endProcesses, startProcess } from '../helpers/running-process';
import { openSharedDatabase, type SharedDatabase } from '../helpers/test-database';

const main = join(__dirname, '..', '..', 'dist', 'main.js');
const HOUR_MS = 3_600_000;

jest.setTimeout(90_000);

let database: SharedDatabase;
let directory: string;

beforeEach(async () => {
  database = await openSharedDatabase();
  directory = await mkdtemp(join(tmpdir(), 'rollcall-clocks-'));
});

afterEach(async () => {
  await endProcesses();
  await database[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** Sets the wall clock of a process ahead, as a machine without NTP has it. */
function clockAhead(ms: number): string {
  const script = `const Real = Date; globalThis.Date = class Date extends Real {
    constructor(...given) { if (given.length === 0) super(Real.now() + ${ms}); else super(...given); }
    static now() { return Real.now() + ${ms}; } };`;
  return `data:text/javascript,${encodeURIComponent(script)}`;
}

/** Starts an instance on the shared database and resolves with its address. The first one does the upkeep for all. */
function startInstance({
  graceSeconds,
  aheadMs,
}: {
  graceSeconds: number;
  aheadMs: number;
}): Promise<string> {
  const name = `${aheadMs}`;
  const settings = { MONGO_URI: database.uri, DATA_DIR: join(directory, name), PORT: '0', LOG_LEVEL: 'warn' };
  return startProcess([process.execPath, '--import', clockAhead(aheadMs), main], directory, {
    ...settings,
    RECONNECT_GRACE_SECONDS: `${graceSeconds}`,
    PRESENCE_LEASE_SECONDS: '86400',
    RECONCILE_SECONDS: '0',
  }).url();
}

/** A new room, and a socket that watches it from its beginning through an instance. */
async function watchNewRoom(url: string): Promise<{ roomId: string; watcher: RawSocket }> {
  const { data } = await post(url, CreateRoomDocument, { input: { name: 'Stand-up' } });
  const roomId: string = data.createRoom.id;
  const { cursor } = (await (await fetch(`${url}/rooms/${roomId}`)).json()) as { cursor: string };
  const watcher = await RawSocket.open(url);
  watcher.send('watch', { roomId, after: cursor });
  return { roomId, watcher };
}

async function enter(url: string, roomId: string): Promise<RawSocket> {
  const socket = await RawSocket.open(url);
  socket.send('join', { roomId, userId: 'ana', deviceId: 'phone' });
  await socket.updates(1);
  return socket;
}

/** The current value of a metric, by its name and labels. */
async function metric(url: string, series: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

/** Resolves when an instance has swept overdue presences `count` more times. */
async function sweeps(url: string, count: number): Promise<void> {
  const series = 'upkeep_runs_total{task="overdue presences",result="done"}';
  const goal = (await metric(url, series)) + count;
  while ((await metric(url, series)) < goal);
}

it('an instance whose clock is ahead leaves a user the whole grace that another instance granted', async () => {
  const sweeper = await startInstance({ graceSeconds: 3_600, aheadMs: 2 * HOUR_MS });
  const url = await startInstance({ graceSeconds: 3_600, aheadMs: 0 });
  const { roomId, watcher } = await watchNewRoom(sweeper);
  (await enter(url, roomId)).socket.terminate();
  await watcher.updates(2);
  expect(await metric(sweeper, 'upkeep_lease_held')).toBe(1);
  await sweeps(sweeper, 3);
  await using _back = await enter(url, roomId);
  const actions = (await watcher.updates(3)).map(([, action]) => action);
  expect(actions).toEqual(['joined', 'reconnecting', 'reconnected']);
  // Entries that the other instance dated are as recent here as there.
  expect(await metric(sweeper, 'event_delivery_lag_seconds_count')).toBe(3);
  expect(await metric(sweeper, 'event_delivery_lag_seconds_sum')).toBeLessThan(HOUR_MS / 1_000);
});

it('an instance ends the grace that an instance whose clock is ahead granted', async () => {
  const sweeper = await startInstance({ graceSeconds: 1, aheadMs: 0 });
  const url = await startInstance({ graceSeconds: 1, aheadMs: 2 * HOUR_MS });
  const { roomId, watcher } = await watchNewRoom(sweeper);
  (await enter(url, roomId)).socket.terminate();
  expect((await watcher.updates(3)).map(([, action]) => action)).toEqual(['joined', 'reconnecting', 'left']);
});
