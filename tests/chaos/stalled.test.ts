import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { socketUrl } from '../helpers/clients';
import { Collected } from '../helpers/collected';
import { endProcesses, startProcess } from '../helpers/running-process';
import { databaseSettings } from '../helpers/test-database';
import { patience, shown, trials } from '../helpers/trials';
import { postJson } from './crowd';
import { placeOf } from './history';

/** The long form has the full numbers; the short one makes up for fewer updates by larger ones. */
const sockets = trials(20, 500);
const stalled = sockets / 10;
const updates = trials(600, 20_000);
const names = trials(40, 1);
/** People who come and go at a time: their changes share inserts. */
const AT_A_TIME = 50;
/** Updates that everybody reads first, so that what the process takes for the load itself is not put down to who stalls. */
const warmUp = trials(2 * AT_A_TIME, 100 * AT_A_TIME);
const MOST_GROWTH = 100 * 1_024;

const query = `subscription ($roomId: ID!) {
  participantUpdates(roomId: $roomId, snapshot: true) {
    cursor participant { ${Array.from({ length: names }, (_, n) => `n${n}: name`).join(' ')} }
  }
}`;
/** As long as a name may be, four bytes to the character. */
const longName = '🎉'.repeat(120);

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollcall-stalled-'));
});
afterEach(async () => {
  await endProcesses();
  await rm(directory, { recursive: true, force: true });
});

/** A client that counts places and compares bytes; parsing ten million updates would measure the test. */
class Reader extends Collected<'acknowledged'> {
  last = 0;
  private readonly socket: WebSocket;

  constructor(url: string, roomId: string, id: string, expected: Map<number, string>) {
    super();
    this.socket = new WebSocket(socketUrl(url), 'graphql-transport-ws');
    this.socket.on('open', () => this.socket.send('{"type":"connection_init"}'));
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('close', (code) => this.fail(new Error(`closed with ${code}`)));
    this.socket.on('message', (data) => {
      const text = String(data);
      if (text.startsWith('{"type":"connection_ack"')) {
        this.socket.send(
          JSON.stringify({ id, type: 'subscribe', payload: { query, variables: { roomId } } }),
        );
        return;
      }
      const payload = text.slice(text.indexOf('"payload":'));
      const { seq } = placeOf(/"cursor":"([^"]+)"/.exec(payload)?.[1] ?? '');
      if (this.items.length === 0) this.add('acknowledged');
      else if (seq !== this.last + 1) this.fail(new Error(`update ${seq} came after ${this.last}`));
      else if ((expected.get(seq) ?? payload) !== payload)
        this.fail(new Error(`update ${seq} differs: ${payload}`));
      expected.set(seq, payload);
      this.last = seq;
      this.moved();
    });
  }

  /** Called for each update. */
  moved: () => void = () => undefined;

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  leave(): void {
    this.socket.removeAllListeners('close');
    this.socket.terminate();
  }

  reached(seq: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => this.last >= seq && resolve();
      this.moved = look;
      look();
      this.first(() => false).catch((error: Error) => !error.message.startsWith('waited') && reject(error));
    });
  }
}

/** The longest stall of the event loop since this was last asked, in milliseconds, as the process itself has measured it. */
async function longestStall(url: string): Promise<number> {
  const figures = await (await fetch(`${url}/metrics`)).text();
  const [, seconds] = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(figures) ?? [];
  if (seconds === undefined) throw new Error(`no figure of stalls in ${figures.slice(0, 2_000)}`);
  return Math.round(Number(seconds) * 1_000);
}

/** Resident memory of a process, in KiB. */
function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

it(
  `serves everybody else, in little memory, while ${stalled} of ${sockets} sockets read nothing`,
  async () => {
    // No deadline and no ping ends the stalled ones here: this is about what they cost for as long as they are there.
    const env = {
      PORT: '0',
      DATA_DIR: directory,
      ...databaseSettings(directory),
      LOG_LEVEL: 'fatal',
      LIMIT_ALIASES: '1000',
      STALL_SECONDS: '3600',
      PING_SECONDS: '3600',
    };
    const service = startProcess(
      [process.execPath, join(__dirname, '..', '..', 'dist', 'main.js')],
      directory,
      env,
    );
    const url = await service.url();
    const ask = async (body: object) => {
      const { data, errors } = await postJson(`${url}/graphql`, body);
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    };
    const made = await ask({ query: 'mutation { createRoom(input: { name: "Hall" }) { id } }' });
    const roomId = made?.['createRoom']?.id ?? '';
    let turns = 0;
    const changes = async (count: number) => {
      for (let left = count; left > 0; left -= AT_A_TIME) {
        const joins = turns++ % 2 === 0;
        const field = joins ? 'joinRoom' : 'leaveRoom';
        const type = joins ? 'JoinRoomInput' : 'LeaveRoomInput';
        const body = (n: number) => ({
          query: `mutation ($input: ${type}!) { ${field}(input: $input) { id } }`,
          variables: { input: { roomId, userId: `user-${n}`, ...(joins && { name: longName }) } },
        });
        await Promise.all(Array.from({ length: AT_A_TIME }, (_, n) => ask(body(n))));
      }
    };

    const expected = new Map<number, string>();
    const readers = Array.from(
      { length: sockets },
      (_, n) => new Reader(url, roomId, `reader ${n}`, expected),
    );
    await Promise.all(readers.map((reader) => reader.atLeast(1)));
    await changes(warmUp);
    await Promise.all(readers.map((reader) => reader.reached(warmUp)));

    const before = memoryOf(service.pid);
    await longestStall(url);
    const slow = readers.slice(0, stalled);
    const healthy = readers.slice(stalled);
    for (const reader of slow) reader.pause();
    let most = before;
    let longestAnswer = 0;
    const looking = setInterval(async () => {
      most = Math.max(most, memoryOf(service.pid));
      const asked = performance.now();
      await fetch(`${url}/livez`).catch(() => undefined);
      longestAnswer = Math.max(longestAnswer, performance.now() - asked);
    }, 100);
    const head = updates + warmUp;
    await changes(updates);
    await Promise.all(healthy.map((reader) => reader.reached(head)));
    const stall = await longestStall(url);
    const mostWhileStalled = most;

    expect(slow.every(({ last }) => last < head)).toBe(true);
    expect(mostWhileStalled - before).toBeLessThan(MOST_GROWTH);

    // And who wakes up has missed nothing, without a rush of all of them for the log.
    for (const reader of slow) reader.resume();
    await Promise.all(slow.map((reader) => reader.reached(head)));
    clearInterval(looking);
    expect(most - before).toBeLessThan(MOST_GROWTH);
    const mib = (kib: number) => `${Math.round((kib - before) / 1_024)} MiB`;
    shown(
      'Stalled sockets cost others nothing, and little memory',
      `${stalled} of ${sockets} stalled, ${updates} updates: memory grew by ${mib(mostWhileStalled)}, by ${mib(most)} until they had caught up; the event loop stalled for ${stall} ms at most, ${await longestStall(url)} ms while they caught up; the longest wait for /livez was ${Math.round(longestAnswer)} ms`,
    );
    for (const reader of readers) reader.leave();
  },
  patience(120_000, 3_600_000),
);
