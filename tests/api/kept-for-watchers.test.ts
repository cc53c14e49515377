import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ExecutionResult } from 'graphql';
import { WebSocket } from 'ws';
import { loginOf } from '../helpers/logins';
import { openTestDatabase, TestRooms } from '../helpers/rooms';
import { openTestSockets } from '../helpers/sockets';

const WATCHERS = 20;
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

it('a snapshot is not kept for those to whom it was told', async () => {
  const updates: WeakRef<object>[] = [];
  const results: WeakRef<object>[] = [];
  const noted = {
    type: 'ParticipantUpdate',
    name: 'noted',
    extensions: { sameForEverybody: true },
    resolve: (update: unknown) => {
      updates.push(new WeakRef(update as object));
      return 'noted';
    },
  };
  const hear = ({ data }: ExecutionResult) => void results.push(new WeakRef(data as object));
  await using database = await openTestDatabase();
  await using rooms = await TestRooms.open(database);
  await using sockets = await openTestSockets(rooms, { fields: [noted], hear });
  const roomId = await rooms.addRoom();
  await rooms.rooms.presence.join({ roomId, userId: 'ben' }, { kind: 'service', id: 'test' });
  const watchers: WebSocket[] = [];
  while (watchers.length < WATCHERS) watchers.push(await watch(sockets.url, roomId));
  await setImmediate();
  collectGarbage();
  const kept = (told: readonly WeakRef<object>[]) => told.filter((each) => each.deref()).length;
  expect([updates, results].map(({ length }) => length)).toEqual([WATCHERS, WATCHERS]);
  // The last one may be what the machine still has in a register.
  expect(kept(updates)).toBeLessThan(3);
  expect(kept(results)).toBeLessThan(3);
  for (const socket of watchers) socket.close();
});
