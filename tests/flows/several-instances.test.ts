import {
  CreateRoomDocument,
  JoinRoomDocument,
  LeaveRoomDocument,
  WhoIsThereDocument,
} from '../generated/operations';
import { post } from '../helpers/clients';
import { startInstances } from '../helpers/instances';
import { RawSocket } from '../helpers/raw-socket';
import { hasRedis, openRedis } from '../helpers/redis';
import { watchWithGraphQLWs } from '../helpers/watching';

const describeWithRedis = hasRedis ? describe : describe.skip;

describeWithRedis('several instances on one database and one Redis', () => {
  it('tell the same story in the same order, and each takes the cursors of the others', async () => {
    await using redis = await openRedis();
    await using instances = await startInstances(2, { REDIS_URL: redis.url });
    const [here, there] = instances.urls as [string, string];
    const { data } = await post(here, CreateRoomDocument, { input: { name: 'Stand-up' } });
    const roomId = data.createRoom.id;
    using seenHere = watchWithGraphQLWs(here, { roomId, snapshot: true });
    using seenThere = watchWithGraphQLWs(there, { roomId, snapshot: true });
    await Promise.all([seenHere.atLeast(1), seenThere.atLeast(1)]);

    await post(here, JoinRoomDocument, { input: { roomId, userId: 'ana' } });
    await post(there, JoinRoomDocument, { input: { roomId, userId: 'bo' } });
    await post(here, LeaveRoomDocument, { input: { roomId, userId: 'bo' } });
    const [toldHere, toldThere] = [await seenHere.atLeast(4), await seenThere.atLeast(4)];
    expect(toldHere.slice(1)).toEqual(toldThere.slice(1));
    expect(toldHere.slice(1).map(({ action, userId }) => `${action} ${userId}`)).toEqual([
      'JOINED ana',
      'JOINED bo',
      'LEFT bo',
    ]);

    using resumed = watchWithGraphQLWs(there, { roomId, after: toldHere[1]?.cursor, snapshot: true });
    await resumed.first(({ action }) => action === 'CAUGHT_UP');
    expect(resumed.items.slice(0, 2).map(({ cursor }) => cursor)).toEqual(
      toldThere.slice(2, 4).map(({ cursor }) => cursor),
    );
  });

  it('go on without Redis: what happens on one is heard on the other all the same', async () => {
    await using redis = await openRedis();
    await using instances = await startInstances(2, { REDIS_URL: redis.url });
    const [here, there] = instances.urls as [string, string];
    const { data } = await post(here, CreateRoomDocument, { input: { name: 'Stand-up' } });
    const roomId = data.createRoom.id;
    using seenThere = watchWithGraphQLWs(there, { roomId, snapshot: true });
    await seenThere.atLeast(1);
    await redis.stop();
    await post(here, JoinRoomDocument, { input: { roomId, userId: 'ana' } });
    await seenThere.first(({ userId }) => userId === 'ana');
  });
});

it('three instances that append to one room at once leave no gap, nobody out and nobody in twice', async () => {
  await using instances = await startInstances(3);
  const [first = ''] = instances.urls;
  const { data } = await post(first, CreateRoomDocument, { input: { name: 'Stand-up' } });
  const { id: roomId, cursor } = data.createRoom;
  const users = Array.from({ length: 60 }, (_, i) => `user-${i}`);
  await Promise.all(
    users.map(async (userId, i) => {
      const url = instances.urls[i % 3] ?? '';
      const joined = await post(url, JoinRoomDocument, { input: { roomId, userId } });
      expect(joined.errors).toBeUndefined();
    }),
  );
  using watching = watchWithGraphQLWs(first, { roomId, after: cursor, snapshot: true });
  await watching.first(({ action }) => action === 'CAUGHT_UP');
  const joined = watching.items.filter(({ action }) => action === 'JOINED');
  expect(joined.map(({ userId }) => userId).sort()).toEqual([...users].sort());
  expect(joined.map(({ participantCount }) => participantCount)).toEqual(users.map((_, i) => i + 1));
  for (const url of instances.urls) {
    expect((await post(url, WhoIsThereDocument, { id: roomId })).data.room?.participantCount).toBe(
      users.length,
    );
  }
});

it('who is back on another instance before the old connection is known to be lost was never away', async () => {
  await using instances = await startInstances(2);
  const [here, there] = instances.urls as [string, string];
  const { data } = await post(here, CreateRoomDocument, { input: { name: 'Stand-up' } });
  const roomId = data.createRoom.id;
  using watching = watchWithGraphQLWs(there, { roomId, snapshot: true });
  await watching.atLeast(1);
  const phone = { roomId, userId: 'ana', deviceId: 'phone' };
  const before = await RawSocket.open(here);
  before.send('join', phone);
  await before.updates(1);
  const after = await RawSocket.open(there);
  after.send('join', phone);
  after.send('watch', { roomId });
  after.send('leave', { roomId, userId: 'nobody' });
  // Frames are acted on one after another: with the answer to the last one, the others are done.
  await after.nth('error', 1);

  before.socket.terminate();
  await untilFigure(here, 'ws_connections_closed_total{kind="raw",code="1006"}', 1);
  await post(here, JoinRoomDocument, { input: { roomId, userId: 'bo' } });
  await watching.first(({ userId }) => userId === 'bo');
  after.socket.terminate();
  await watching.first(({ action }) => action === 'RECONNECTING');
  expect(watching.items.slice(1).map(({ action, userId }) => `${action} ${userId}`)).toEqual([
    'JOINED ana',
    'JOINED bo',
    'RECONNECTING ana',
  ]);
});

/** Resolves once a figure of an instance has a value. */
async function untilFigure(url: string, line: string, value: number): Promise<void> {
  while (!(await (await fetch(`${url}/metrics`)).text()).includes(`${line} ${value}\n`));
}
