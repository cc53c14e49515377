/**
 * A child process full of watchers. It verifies every delivery: each watcher of a room must get the same payloads in the
 * same order, none missing, none twice. It reports each update once, when the last of its watchers has it.
 */
import { Watcher } from './watcher.mjs';

let watchers = [];
/** By room: what its watchers get, and how many have got how far. */
let rooms = new Map();
let troubled = false;
/** What a warm-up update carries; a watcher that has it has nothing older under way. Undefined while measuring. */
let warmUp;

function trouble(text) {
  if (!troubled) process.send({ trouble: text });
  troubled = true;
}

function onPayload(watcher, payload) {
  if (warmUp !== undefined) {
    watcher.isWarm ||= payload.includes(warmUp);
    return;
  }
  const room = rooms.get(watcher.roomId);
  const number = watcher.received;
  watcher.received += 1;
  const known = room.payloads[number - room.base];
  if (known === undefined) {
    room.payloads.push(Buffer.from(payload));
    room.missing.push(room.watchers);
  } else if (!known.equals(payload)) {
    trouble(`room ${watcher.roomId}, update ${number}: one watcher got ${payload}, another ${known}`);
  }
  room.missing[number - room.base] -= 1;
  while (room.missing[0] === 0) report(watcher.roomId, room);
}

function report(roomId, room) {
  const text = String(room.payloads.shift());
  room.missing.shift();
  const number = room.base;
  room.base += 1;
  const { data, errors } = JSON.parse(text);
  if (errors) return trouble(`room ${roomId}: ${JSON.stringify(errors)}`);
  const { action, userId } = data.participantUpdates;
  process.send({
    told: { roomId, number, action, userId, bytes: text.length, at: String(process.hrtime.bigint()) },
  });
}

/** Opens watchers, on each port in turn, at most 200 at a time under way, and says when all of them have asked for their room. */
async function watch({ ports, query, rooms: wanted }) {
  const queue = wanted.flatMap(({ roomId, watchers: count }) => Array(count).fill(roomId));
  rooms = new Map(
    wanted.map(({ roomId, watchers: count }) => [
      roomId,
      { watchers: count, payloads: [], missing: [], base: 0 },
    ]),
  );
  let turn = 0;
  const openNext = async () => {
    for (let roomId = queue.pop(); roomId !== undefined; roomId = queue.pop()) {
      turn += 1;
      const port = ports[turn % ports.length];
      await new Promise((onReady) => {
        watchers.push(new Watcher({ port, query, roomId, onReady, onPayload, onTrouble: trouble }));
      });
    }
  };
  await Promise.all(Array.from({ length: 200 }, openNext));
  process.send({ watching: true });
}

process.on('message', (message) => {
  if (message.watch) watch(message.watch).catch((error) => trouble(error.stack));
  if (message.warmUp) {
    warmUp = message.warmUp;
    for (const watcher of watchers) watcher.isWarm = false;
    process.send({ warming: true });
  }
  if (message.warmth) process.send({ warmth: watchers.filter(({ isWarm }) => isWarm).length });
  if (message.begin) {
    warmUp = undefined;
    process.send({ begun: true });
  }
  if (message.leave) {
    for (const watcher of watchers) watcher.leave();
    watchers = [];
    troubled = false;
    process.send({ gone: true });
  }
});
process.on('disconnect', () => process.exit(0));
