/** Fan-out: rooms full of watchers, and a few users who come and go, each waiting until all watchers have received the last update. */
import { fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { cpuOf, memoryOf } from './processes.mjs';

/** Two, so that one driver's turn at parsing does not show as the server's latency. */
const DRIVERS = 2;
const PATIENCE = 60_000;

export const query = /* GraphQL */ `
  subscription Watch($roomId: ID!) {
    participantUpdates(roomId: $roomId) {
      action roomId userId participantCount cursor occurredAt
      participant { id userId status joinedAt }
    }
  }
`;

/** Drivers that verify; they live for the whole run of the bench. */
export class Drivers {
  #children = Array.from({ length: DRIVERS }, () =>
    fork(fileURLToPath(new URL('driver.mjs', import.meta.url))),
  );
  #told = () => undefined;
  #fail = () => undefined;

  constructor() {
    for (const child of this.#children) {
      child.on('message', (message) => {
        if (message.trouble) this.#fail(new Error(message.trouble));
        else if (message.told) this.#told(message.told);
      });
      child.setMaxListeners(50);
    }
  }

  get count() {
    return this.#children.length;
  }

  /** `told` receives each update once per driver that has watchers in its room; `fail` receives violations. */
  listen(told, fail) {
    this.#told = told;
    this.#fail = fail;
  }

  /** Sends each driver a message and waits for all of them to answer with one that has `answer` in it. */
  async tell(messageFor, answer) {
    return Promise.all(
      this.#children.map(
        (child, index) =>
          new Promise((resolve, reject) => {
            const late = setTimeout(() => reject(new Error(`a driver did not say "${answer}"`)), PATIENCE);
            const hear = (message) => {
              if (message.trouble) reject(new Error(message.trouble));
              if (!(answer in message)) return;
              child.off('message', hear);
              clearTimeout(late);
              resolve(message[answer]);
            };
            child.on('message', hear);
            child.send(typeof messageFor === 'function' ? messageFor(index) : messageFor);
          }),
      ),
    );
  }

  close() {
    for (const child of this.#children) child.disconnect();
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** POSTs JSON and answers with what came back, parsed. Rejects on anything but 200. */
export function post(url, body) {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const sent = request(`${url}/graphql`, { method: 'POST', agent, headers }, async (response) => {
      let answer = '';
      for await (const piece of response.setEncoding('utf8')) answer += piece;
      if (response.statusCode === 200) resolve(JSON.parse(answer));
      else reject(new Error(`${response.statusCode}: ${answer}`));
    });
    sent.once('error', reject).end(text);
  });
}

const join = 'mutation($input: JoinRoomInput!) { joinRoom(input: $input) { id } }';
const leave = 'mutation($input: LeaveRoomInput!) { leaveRoom(input: $input) { id } }';

/** The request that makes a user come or go, as each kind of server takes it. */
function changeOf(server, action, input) {
  if (!server.graphql) return { action, input };
  const text = action === 'JOINED' ? join : leave;
  const own =
    server.name === 'rollcall' ? text : text.replace(/JoinRoomInput|LeaveRoomInput/, 'RoomUserInput');
  return { query: own, variables: { input } };
}

let turn = 0;

/** Of several instances, each is asked in turn. */
async function change(server, action, input) {
  const urls = server.urls ?? [server.url];
  turn += 1;
  const { errors } = await post(urls[turn % urls.length], changeOf(server, action, input));
  if (errors) throw new Error(JSON.stringify(errors));
}

/** Makes the rooms that the peers simply have. */
async function roomsOf(server, count) {
  if (server.name !== 'rollcall') return Array.from({ length: count }, (_, n) => `r${n}`);
  const ids = [];
  for (let n = 0; n < count; n += 1) {
    const { data, errors } = await post(server.url, {
      query: 'mutation($input: CreateRoomInput!) { createRoom(input: $input) { id } }',
      variables: { input: { name: `Bench ${n}` } },
    });
    if (errors) throw new Error(JSON.stringify(errors));
    ids.push(data.createRoom.id);
  }
  return ids;
}

/** Publishes one update after another into every room until each watcher has the newest: all are live, none has mail. */
async function warmUp(server, drivers, roomIds, sockets) {
  for (let round = 0; ; round += 1) {
    const mark = `warm-${round}`;
    await drivers.tell({ warmUp: mark }, 'warming');
    for (const roomId of roomIds) await change(server, 'JOINED', { roomId, userId: mark });
    for (let look = 0; look < 20; look += 1) {
      const warm = (await drivers.tell({ warmth: true }, 'warmth')).reduce((a, b) => a + b);
      if (warm === sockets) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (round === 20) throw new Error(`${server.name}: not all of ${sockets} watchers became live`);
  }
}

/**
 * Opens `rooms` × `watchers` sockets, then lets `inFlight` users come and go until there were `events` updates. Answers with
 * CPU of opening and of delivering, memory and times, or rejects where a delivery was missing, doubled, out of order or wrong.
 * A server may be several instances (`urls`, `ports`, `pids`) beside others who work for them (`others`, name → pid).
 */
export async function fanOut(server, drivers, { rooms, watchers, inFlight, events }) {
  const roomIds = await roomsOf(server, rooms);
  const sockets = rooms * watchers;
  const { pids = [server.pid], ports = [server.port], others = {} } = server;
  const memoryBefore = sumOf(pids, memoryOf);
  const opening = sumOf(pids, cpuOf);
  const share = (index) =>
    roomIds.map((roomId) => ({
      roomId,
      watchers: Math.floor(watchers / drivers.count) + (index < watchers % drivers.count ? 1 : 0),
    }));
  await drivers.tell((index) => ({ watch: { ports, query, rooms: share(index) } }), 'watching');
  const opened = sumOf(pids, cpuOf);
  const memory = sumOf(pids, memoryOf);
  await warmUp(server, drivers, roomIds, sockets);
  await drivers.tell({ begin: true }, 'begun');

  const watch = new Ledger(drivers, share(drivers.count - 1)[0].watchers > 0 ? drivers.count : 1);
  /** Lets `inFlight` users come and go until there were `updates`. Answers with how long each took to the last watcher. */
  const comeAndGo = async (updates, name) => {
    const latencies = [];
    let left = updates;
    const goThrough = async (user) => {
      const userId = `${name}-${user}`;
      for (let turn = 0; left > 0; turn += 1) {
        left -= 1;
        // Each user goes in and out of one room, then of the next one on its way.
        const roomId = roomIds[(user + inFlight * (turn >> 1)) % rooms];
        const action = turn % 2 === 0 ? 'JOINED' : 'LEFT';
        const seen = watch.next(roomId, action, userId);
        const from = process.hrtime.bigint();
        const [at] = await Promise.all([seen, change(server, action, { roomId, userId })]);
        latencies.push(Number(at - from) / 1e6);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, (_, user) => goThrough(user)));
    return latencies;
  };
  // What a server compiles in its first second is no price of an update: no server is measured before half as many.
  await comeAndGo(events / 2, 'early');
  const cpuBefore = sumOf(pids, cpuOf);
  const othersBefore = Object.values(others).map(cpuOf);
  const startedAt = process.hrtime.bigint();
  const latencies = await comeAndGo(events, 'user');
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  const cpu = sumOf(pids, cpuOf) - cpuBefore;
  const cpuOfOthers = Object.entries(others).map(([name, pid], n) => [
    name,
    (cpuOf(pid) - othersBefore[n]) / events,
  ]);
  watch.end();
  await drivers.tell({ leave: true }, 'gone');

  latencies.sort((a, b) => a - b);
  return {
    cpuPerDelivery: cpu / (events * watchers),
    deliveriesPerSecond: (events * watchers) / seconds,
    p50: latencies[latencies.length >> 1],
    p99: latencies[Math.floor(latencies.length * 0.99)],
    cpuPerSocket: (opened - opening) / sockets,
    memoryPerSocket: (memory - memoryBefore) / sockets,
    bytes: watch.bytes,
    cpuPerUpdate: cpu / events,
    cpuPerUpdateOf: Object.fromEntries(cpuOfOthers),
  };
}

function sumOf(pids, figure) {
  return pids.reduce((sum, pid) => sum + figure(pid), 0);
}

/** What was asked for, what came, and whether the drivers agree about its order. */
class Ledger {
  bytes = 0;
  #waiting = new Map();
  #orders = new Map();
  #fail;
  #failed = new Promise((_, reject) => {
    this.#fail = reject;
  });

  constructor(drivers, voices) {
    this.drivers = drivers;
    this.#failed.catch(() => undefined);
    drivers.listen(
      ({ roomId, number, action, userId, bytes, at }) => {
        this.bytes = bytes;
        const what = `${action} ${userId}`;
        const order = `${roomId} ${number}`;
        const known = this.#orders.get(order) ?? { what, heard: 0, at: 0n };
        this.#orders.set(order, known);
        if (known.what !== what)
          this.#fail(new Error(`${order}: one driver saw ${known.what}, another ${what}`));
        known.heard += 1;
        if (BigInt(at) > known.at) known.at = BigInt(at);
        if (known.heard < voices) return;
        this.#orders.delete(order);
        const waiter = this.#waiting.get(`${roomId} ${what}`);
        if (!waiter) return this.#fail(new Error(`${order}: ${what} was delivered, and no user did that`));
        this.#waiting.delete(`${roomId} ${what}`);
        waiter(known.at);
      },
      (error) => this.#fail(error),
    );
  }

  /** Resolves with the moment, of the monotonic clock, when the last watcher of the room had it. */
  next(roomId, action, userId) {
    const late = new Promise((_, reject) => {
      const timer = setTimeout(
        () =>
          reject(
            new Error(`${action} ${userId} did not reach all of ${roomId} within ${PATIENCE / 1_000} s`),
          ),
        PATIENCE,
      );
      timer.unref();
    });
    late.catch(() => undefined);
    const seen = new Promise((resolve) => this.#waiting.set(`${roomId} ${action} ${userId}`, resolve));
    return Promise.race([seen, this.#failed, late]);
  }

  end() {
    if (this.#waiting.size > 0) throw new Error(`never told: ${[...this.#waiting.keys()]}`);
    this.drivers.listen(
      () => undefined,
      () => undefined,
    );
  }
}
