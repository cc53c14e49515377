/**
 * `npm run bench:long`: what takes too long for the table. Each figure stands alone, beside its goal:
 *   --cycles=100000   sockets that connect, subscribe and close: the heap after forced collections, which must stay flat
 *   --growth          CPU per delivery with 100 and with 5,000 watchers of a room
 *   --stored=100000   CPU of listing 50 rooms while 100 are stored, and so many
 */
import { createRequire } from 'node:module';
import { build, isCurrent } from '../scripts/build.mjs';
import { cpuOfRequests, rooms } from './http-load.mjs';
import { Drivers, fanOut, post, query } from './load.mjs';
import { memoryOf, servers, startServer } from './processes.mjs';
import { Watcher } from './watcher.mjs';

const require = createRequire(new URL('../package.json', import.meta.url));
const { MongoClient } = require('mongoose').mongo;
const { WebSocket } = require('ws');
const options = Object.fromEntries(process.argv.slice(2).map((each) => each.replace(/^--/, '').split('=')));
const everything = Object.keys(options).length === 0;
const say = (text) => process.stdout.write(`${text}\n`);

if (!isCurrent()) await build();
if (everything || options.cycles) await cycles(Number(options.cycles ?? 100_000));
if (everything || 'growth' in options) await growth();
if (everything || options.stored) await stored(Number(options.stored ?? 100_000));
process.exit(0);

/** The heap in KiB after a forced collection, asked of the process itself by the protocol of its inspector. */
async function heapOf(server) {
  const [, address] = /Debugger listening on (ws:\S+)/.exec(server.said());
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const ask = (id, method, params = {}) =>
    new Promise((resolve) => {
      socket.on('message', (text) => {
        const message = JSON.parse(text);
        if (message.id === id) resolve(message.result);
      });
      socket.send(JSON.stringify({ id, method, params }));
    });
  await ask(1, 'HeapProfiler.collectGarbage');
  const { result } = await ask(2, 'Runtime.evaluate', { expression: 'process.memoryUsage().heapUsed' });
  socket.close();
  return Math.round(result.value / 1_024);
}

async function cycles(count) {
  process.env.BENCH_NODE_ARGS = '--inspect=127.0.0.1:0';
  const server = await startServer('rollcall');
  const body = { query: 'mutation { createRoom(input: { name: "Cycles" }) { id } }' };
  const { data } = await post(server.url, body);
  const once = () =>
    new Promise((resolve, reject) => {
      const watcher = new Watcher({
        port: server.port,
        query,
        roomId: data.createRoom.id,
        onReady: () => setTimeout(leave, 5),
        onPayload: () => undefined,
        onTrouble: (trouble) => reject(new Error(trouble)),
      });
      const leave = () => {
        watcher.leave();
        resolve();
      };
    });
  const readings = [];
  for (let done = 0; done <= count; done += count / 10) {
    let left = done === 0 ? 1_000 : count / 10;
    const some = async () => {
      for (; left > 0; left -= 1) await once();
    };
    await Promise.all(Array.from({ length: 32 }, some));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    readings.push(await heapOf(server));
    say(`cycles ${done}: heap ${readings.at(-1)} KiB, resident ${memoryOf(server.pid)} KiB`);
  }
  const grown = ((readings.at(-1) - readings[1]) * 1_024) / (count * 0.9);
  say(`cycles: ${grown.toFixed(1)} bytes of heap more for each, from the first tenth on; goal 0`);
  await server.stop();
}

async function growth() {
  const drivers = new Drivers();
  const figures = [];
  for (const [watchers, events] of [
    [100, 4_000],
    [5_000, 120],
  ]) {
    const server = { ...(await startServer('rollcall')), ...servers.rollcall };
    const load = { rooms: 1, watchers, inFlight: 8, events };
    const { cpuPerDelivery } = await fanOut(server, drivers, load);
    await server.stop();
    figures.push(cpuPerDelivery);
    say(`1 × ${watchers}: ${cpuPerDelivery.toFixed(2)} µs of CPU per delivery`);
  }
  drivers.close();
  say(`growth: 5,000 watchers cost ${(figures[1] / figures[0]).toFixed(2)} of 100; goal at most 1.1`);
}

async function stored(count) {
  const dataPort = 20_000 + (process.pid % 20_000);
  const server = { ...(await startServer('rollcall', { DATA_PORT: `${dataPort}` })), ...servers.rollcall };
  const client = await MongoClient.connect(`mongodb://127.0.0.1:${dataPort}/rollcall`);
  const collection = client.db().collection('rooms');
  const room = (at) => ({
    roomId: `stored-${at}`,
    name: `Stored ${at}`,
    enabled: true,
    createdAt: new Date(1.7e12 + at),
    participantCount: 0,
    epoch: '0011223344556677',
    asOfSeq: 0,
  });
  const figures = [];
  let made = 0;
  for (const total of [100, count]) {
    for (; made < total; made += 1_000) {
      await collection.insertMany(
        Array.from({ length: Math.min(1_000, total - made) }, (_, at) => room(made + at)),
      );
    }
    made = total;
    const cpu = await cpuOfRequests(server, 2_000, rooms, ({ rooms: found }) => found.length === 50);
    figures.push(cpu);
    say(`rooms over ${total} stored: ${cpu.toFixed(0)} µs of CPU per request`);
  }
  await client.close();
  await server.stop();
  say(`stored: ${count} rooms cost ${(figures[1] / figures[0]).toFixed(2)} of 100; goal at most 1.5`);
}
