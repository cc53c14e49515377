import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WebSocket } from 'ws';
import { loginOf } from '../helpers/logins';
import { openTestDatabase, TestRooms } from '../helpers/rooms';
import { openTestSockets } from '../helpers/sockets';

const PRESENT = 300;
const WATCHERS = 40;
const query = `subscription ($roomId: ID!) {
  participantUpdates(roomId: $roomId, snapshot: true) { action noted participants { id userId name status joinedAt } }
}`;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** A watcher who was told the snapshot, and keeps nothing of it. */
async function watch(url: string, roomId: string): Promise<WebSocket> {
  const socket = new WebSocket(url, 'graphql-transport-ws');
  await once(socket, 'open');
  const authorization = `Bearer ${loginOf('ana')}`;
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
  await once(socket, 'message');
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: { roomId } } }));
  await once(socket, 'message');
  return socket;
}

async function leave(socket: WebSocket): Promise<void> {
  socket.close();
  await once(socket, 'close');
}

it('a snapshot of a large room is not kept for those to whom it was told', async () => {
  const told: WeakRef<object>[] = [];
  const noted = {
    type: 'ParticipantUpdate',
    name: 'noted',
    extensions: { sameForEverybody: true },
    resolve: (update: unknown) => {
      told.push(new WeakRef(update as object));
      return 'noted';
    },
  };
  await using database = await openTestDatabase();
  await using rooms = await TestRooms.open(database);
  await using sockets = await openTestSockets(rooms, { fields: [noted] });
  const caller = { kind: 'service', id: 'test' } as const;
  const empty = await rooms.addRoom();
  const full = await rooms.addRoom();
  const users = Array.from({ length: PRESENT }, (_, user) => `user-${user}`);
  await Promise.all(users.map((userId) => rooms.rooms.presence.join({ roomId: full, userId }, caller)));

  const bytesInUse = async () => {
    await setImmediate();
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  /** For each watcher of a room: bytes, and updates that were told and are still there. */
  const keptFor = async (roomId: string) => {
    told.length = 0;
    const before = await bytesInUse();
    const watchers: WebSocket[] = [];
    while (watchers.length < WATCHERS) watchers.push(await watch(sockets.url, roomId));
    const bytes = ((await bytesInUse()) - before) / WATCHERS;
    const updates = told.filter((each) => each.deref()).length / WATCHERS;
    await Promise.all(watchers.map(leave));
    return { bytes, updates };
  };
  // What is compiled and cached once.
  await keptFor(full);
  const ofEmpty = await keptFor(empty);
  const ofFull = await keptFor(full);
  // The last one may be what the machine still has in a register.
  expect(ofFull.updates).toBeLessThan(0.1);
  // Where a participant is kept it takes four hundred bytes.
  expect(ofFull.bytes - ofEmpty.bytes).toBeLessThan(PRESENT * 100);
});
