import { type Asked, overHttp, type Shown } from '../helpers/doors';
import { startInstances } from '../helpers/instances';
import { openLink } from '../helpers/link';
import { authSecret, inSeconds, loginOf, serviceKey } from '../helpers/logins';
import { hasRedis, openRedis } from '../helpers/redis';
import { startTestService } from '../helpers/service';
import { loginOver, roomOver, type StreamDoor, streamDoors, type Watcher } from '../helpers/stream-doors';

const settings = {
  AUTH_SECRET: authSecret,
  SERVICE_KEYS: serviceKey,
  LIMIT_OPERATIONS_PER_SECOND: '1000000',
};
const asService = `Bearer ${serviceKey}`;
const as = (userId: string) => `Bearer ${loginOf(userId, { iat: inSeconds(-60) })}`;

async function done(url: string, shown: Shown, asked: Asked): Promise<Record<string, { id: string }>> {
  const answer = await overHttp(url, shown, asked);
  if (answer.outcome !== 'ok') throw new Error(`${JSON.stringify(asked)}: ${answer.outcome}`);
  return answer.data as Record<string, { id: string }>;
}
const mutate = (url: string, name: string, type: string, input: object) =>
  done(url, asService, {
    query: `mutation ($input: ${type}!) { ${name}(input: $input) { id } }`,
    variables: { input },
  });
const joins = (url: string, roomId: string, userId: string) =>
  mutate(url, 'joinRoom', 'JoinRoomInput', { roomId, userId });

async function newRoom(url: string, access: string): Promise<string> {
  const made = await mutate(url, 'createRoom', 'CreateRoomInput', { name: 'Ours', access });
  return made['createRoom']?.id ?? '';
}
const invite = (url: string, roomId: string, userId: string) =>
  mutate(url, 'grantRoomRole', 'GrantRoomRoleInput', { roomId, userId, role: 'MEMBER' });

/** A watcher who was told of at least one join; the raw WebSocket has no other sign that it has begun. */
async function begun(door: StreamDoor, url: string, shown: string, roomId: string): Promise<Watcher> {
  const watcher = door(url, shown, roomId);
  await watcher.told.first((told) => told === 'SNAPSHOT');
  for (let at = 0; !watcher.told.items.some((told) => told.startsWith('early')); at += 1) {
    await joins(url, roomId, `early${at}`);
    if (at > 500) throw new Error('told of nobody');
  }
  return watcher;
}

/** What is taken from somebody on one process, and how every door of another one says so. */
const takings = {
  'whose logins are revoked': {
    access: 'OPEN',
    take: (url: string, _roomId: string, userId: string) =>
      mutate(url, 'revokeTokens', 'RevokeTokensInput', { userId }),
    over: loginOver,
  },
  'who is put out of the room': {
    access: 'OPEN',
    take: (url: string, roomId: string, userId: string) =>
      mutate(url, 'revokeTokens', 'RevokeTokensInput', { roomId, userId }),
    over: roomOver,
  },
  'whose invitation is taken back': {
    access: 'INVITED',
    take: (url: string, roomId: string, userId: string) =>
      mutate(url, 'revokeRoomRole', 'RevokeRoomRoleInput', { roomId, userId }),
    over: roomOver,
  },
} as const;

const cases = Object.entries(streamDoors).flatMap(([name, door]) =>
  Object.entries(takings).map(([who, taking]) => ({ name, door, who, ...taking })),
);

let count = 0;
/** A user, invited, who watches there; and another who goes on, to show when something was told there. */
async function watching(url: string, { door, access }: { door: StreamDoor; access: string }) {
  count += 1;
  const userId = `user${count}`;
  const roomId = await newRoom(url, access);
  await invite(url, roomId, 'max');
  if (access === 'INVITED') await invite(url, roomId, userId);
  const watcher = await begun(door, url, as(userId), roomId);
  const other = await begun(door, url, as('max'), roomId);
  return { userId, roomId, watcher, other };
}

const describeWithRedis = hasRedis ? describe : describe.skip;

describeWithRedis('two processes on one Redis', () => {
  let redis: Awaited<ReturnType<typeof openRedis>>;
  let instances: Awaited<ReturnType<typeof startInstances>>;
  let here = '';
  let there = '';
  beforeAll(async () => {
    redis = await openRedis();
    instances = await startInstances(2, { ...settings, REDIS_URL: redis.url });
    [here, there] = instances.urls as [string, string];
  });
  afterAll(async () => {
    await instances[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  it.each(cases)(
    '$name on the one tells nothing to somebody $who on the other, not even of what happens right after',
    async ({ door, name, take, over, access }) => {
      const { userId, roomId, watcher, other } = await watching(there, { door, access });
      await take(here, roomId, userId);
      await joins(here, roomId, 'late');
      await other.told.first((told) => told === 'late');
      expect(await watcher.ended).toBe(over(name));
      expect(watcher.told.items).not.toContain('late');
      for (const each of [watcher, other]) each.stop();
    },
  );

  it.each(Object.entries(streamDoors))(
    '%s ends on the one for everybody who is not invited when the room closes itself to them on the other',
    async (name, door) => {
      const { roomId, watcher, other } = await watching(there, { door, access: 'OPEN' });
      await mutate(here, 'updateRoom', 'UpdateRoomInput', { id: roomId, access: 'INVITED' });
      expect(await watcher.ended).toBe(roomOver(name));
      await joins(here, roomId, 'late');
      await other.told.first((told) => told === 'late');
      expect(watcher.told.items).not.toContain('late');
      for (const each of [watcher, other]) each.stop();
    },
  );

  it.each(cases)(
    '$name tells nothing more to somebody $who elsewhere, also while its own process cannot ask the database',
    async ({ door, name, take, over, access }) => {
      const uri = new URL(instances.databaseUri);
      await using link = await openLink({ port: Number(uri.port) });
      uri.port = `${link.port}`;
      await using slow = await startTestService({ ...settings, REDIS_URL: redis.url, MONGO_URI: uri.href });
      const { userId, roomId, watcher, other } = await watching(slow.url, { door, access });
      link.hold();
      await take(here, roomId, userId);
      await joins(here, roomId, 'late');
      await other.told.first((told) => told === 'late');
      expect(await watcher.ended).toBe(over(name));
      expect(watcher.told.items).not.toContain('late');
      link.mend();
      for (const each of [watcher, other]) each.stop();
    },
  );

  it('take no request under a login that was revoked on the other', async () => {
    const old = as('rita');
    const question = { query: '{ rooms { id } }' };
    expect((await overHttp(there, old, question)).outcome).toBe('ok');
    await mutate(here, 'revokeTokens', 'RevokeTokensInput', { userId: 'rita' });
    expect((await overHttp(there, old, question)).status).toBe(401);
  });

  it('find out what was taken while Redis was away too briefly to be missed', async () => {
    const door = streamDoors['graphql-ws'] as StreamDoor;
    const { userId, roomId, watcher, other } = await watching(there, { door, access: 'INVITED' });
    await redis.stop();
    await takings['whose invitation is taken back'].take(here, roomId, userId);
    await redis.start();
    expect(await watcher.ended).toBe('ROOM_NOT_FOUND');
    await joins(here, roomId, 'late');
    await other.told.first((told) => told === 'late');
    expect(watcher.told.items).not.toContain('late');
    for (const each of [watcher, other]) each.stop();
  });
});

describe('two processes without a Redis', () => {
  let instances: Awaited<ReturnType<typeof startInstances>>;
  let here = '';
  let there = '';
  beforeAll(async () => {
    instances = await startInstances(2, settings);
    [here, there] = instances.urls as [string, string];
  });
  afterAll(() => instances[Symbol.asyncDispose]());

  it.each(cases)(
    '$name on the one ends by itself for somebody $who on the other, and tells nothing afterwards',
    async ({ door, name, take, over, access }) => {
      const { userId, roomId, watcher, other } = await watching(there, { door, access });
      await take(here, roomId, userId);
      expect(await watcher.ended).toBe(over(name));
      await joins(there, roomId, 'late');
      await other.told.first((told) => told === 'late');
      expect(watcher.told.items).not.toContain('late');
      for (const each of [watcher, other]) each.stop();
    },
  );
});
