import { whenLoginEnds } from '../../src/api/logins/login-end';
import { type Asked, overHttp, type Shown } from '../helpers/doors';
import { authSecret, ground, inSeconds, loginOf, serviceKey } from '../helpers/logins';
import { startTestService } from '../helpers/service';
import {
  bySocket,
  endOf,
  loginOver,
  roomOver,
  type StreamDoor,
  streamDoors,
  type Watcher,
} from '../helpers/stream-doors';
import { shown } from '../helpers/trials';

let service: Awaited<ReturnType<typeof startTestService>>;
let url: string;
const asService = `Bearer ${serviceKey}`;
const as = (userId: string, claims = {}): string => `Bearer ${loginOf(userId, claims)}`;

async function done(shown: Shown, asked: Asked): Promise<Record<string, { id: string }>> {
  const answer = await overHttp(url, shown, asked);
  if (answer.outcome !== 'ok') throw new Error(`${JSON.stringify(asked)}: ${answer.outcome}`);
  return answer.data as Record<string, { id: string }>;
}
const mutate = (name: string, type: string, input: object, fields = '{ id }') =>
  done(asService, {
    query: `mutation ($input: ${type}!) { ${name}(input: $input) ${fields} }`,
    variables: { input },
  });
const newRoom = async (access: string) =>
  (await mutate('createRoom', 'CreateRoomInput', { name: 'Ours', access }))['createRoom']?.id ?? '';
const invite = (roomId: string, userId: string) =>
  mutate('grantRoomRole', 'GrantRoomRoleInput', { roomId, userId, role: 'MEMBER' });
const joins = (roomId: string, userId: string) => mutate('joinRoom', 'JoinRoomInput', { roomId, userId });

beforeAll(async () => {
  service = await startTestService({
    AUTH_SECRET: authSecret,
    SERVICE_KEYS: serviceKey,
    LIMIT_OPERATIONS_PER_SECOND: '1000000',
  });
  url = service.url;
});
afterAll(() => service.close());

const opened: Watcher[] = [];
/** A watcher that ends with its test, also where that fails: the service closes when all of its streams have ended. */
function open(door: StreamDoor, ...asked: Parameters<StreamDoor>): Watcher {
  const watcher = door(...asked);
  opened.push(watcher);
  return watcher;
}
afterEach(() => {
  for (const watcher of opened.splice(0)) watcher.stop();
});

/** Watching from before the first join that counts; a raw WebSocket has no sign that it began, so joins are repeated. */
async function begun(watcher: Watcher, roomId: string): Promise<void> {
  await watcher.told.first((told) => told === 'SNAPSHOT');
  for (let at = 0; !watcher.told.items.some((told) => told.startsWith('early')); at += 1) {
    await joins(roomId, `early${at}`);
    if (at > 200) throw new Error('told of nobody');
  }
}

describe.each(Object.entries(streamDoors))('%s', (name, door) => {
  it('goes on until the login ends, and tells nothing afterwards', async () => {
    const roomId = await newRoom('OPEN');
    const exp = inSeconds(3);
    const watcher = open(door, url, as('gus', { exp }), roomId);
    await begun(watcher, roomId);
    expect(await endOf(watcher)).toBe(loginOver(name));
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1_000 - 1);
    await joins(roomId, 'late');
    expect(watcher.told.items).not.toContain('late');
  });

  it('ends for a member who is uninvited, at once, and goes on for the others', async () => {
    const roomId = await newRoom('INVITED');
    await invite(roomId, 'mia');
    await invite(roomId, 'max');
    const mia = open(door, url, as('mia'), roomId);
    const max = open(door, url, as('max'), roomId);
    await Promise.all([begun(mia, roomId), begun(max, roomId)]);
    await mutate('revokeRoomRole', 'RevokeRoomRoleInput', { roomId, userId: 'mia' });
    await joins(roomId, 'late');
    await max.told.first((told) => told === 'late');
    expect(await endOf(mia)).toBe(roomOver(name));
    expect(mia.told.items).not.toContain('late');
  });

  it('ends for everybody who is not invited when an open room closes itself to them', async () => {
    const roomId = await newRoom('OPEN');
    await invite(roomId, 'max');
    const gus = open(door, url, as('gus'), roomId);
    const max = open(door, url, as('max'), roomId);
    await Promise.all([begun(gus, roomId), begun(max, roomId)]);
    await mutate('updateRoom', 'UpdateRoomInput', { id: roomId, access: 'INVITED' });
    await joins(roomId, 'late');
    await max.told.first((told) => told === 'late');
    expect(await endOf(gus)).toBe(roomOver(name));
    expect(gus.told.items).not.toContain('late');
  });

  it('ends when all logins of a user are revoked, and a newer login continues from the last cursor', async () => {
    const roomId = await newRoom('OPEN');
    const userId = `user-${name.replace(/\W/g, '')}`;
    const old = as(userId, { iat: inSeconds(-60) });
    const watcher = open(door, url, old, roomId);
    await begun(watcher, roomId);
    await mutate('revokeTokens', 'RevokeTokensInput', { userId });
    await joins(roomId, 'late');
    expect(await endOf(watcher)).toBe(loginOver(name));
    expect(watcher.told.items).not.toContain('late');
    expect((await overHttp(url, old, { query: '{ rooms { id } }' })).status).toBe(401);
    // The clock of logins has seconds: one from the second of the revocation still counts as before it.
    const again = as(userId, { iat: inSeconds(2) });
    expect((await overHttp(url, again, { query: '{ rooms { id } }' })).outcome).toBe('ok');
    const back = open(bySocket, url, again, roomId, watcher.cursor());
    expect(await back.told.first((told) => told === 'late')).toBe('late');
  });
});

it('puts a user out of a room: no stream, no token, no presence, until they are invited again', async () => {
  const roomId = await newRoom('OPEN');
  const watcher = open(bySocket, url, as('pia'), roomId);
  await watcher.told.first((told) => told === 'SNAPSHOT');
  const mint = {
    query: 'mutation ($input: GenerateTokenInput!) { generateToken(input: $input) { id } }',
    variables: { input: { roomId, role: 'guest' } },
  };
  const token = (await done(as('pia'), mint))['generateToken']?.id;
  await joins(roomId, 'pia');
  const revoked = await mutate(
    'revokeTokens',
    'RevokeTokensInput',
    { roomId, userId: 'pia' },
    '{ id by userId }',
  );
  expect(revoked['revokeTokens']).toEqual([{ id: token, by: 'user pia', userId: 'pia' }]);
  expect(await endOf(watcher)).toBe('ROOM_NOT_FOUND');
  expect((await overHttp(url, as('pia'), mint)).outcome).toBe('ROOM_NOT_FOUND');
  const room = {
    query: 'query ($id: ID!) { room(id: $id) { participants { userId } } }',
    variables: { id: roomId },
  };
  expect((await done(asService, room))['room']).toEqual({ participants: [] });
  const audit = {
    query: 'query ($roomId: ID) { tokenAudit(roomId: $roomId) { id userId role revokedAt expiresAt } }',
    variables: { roomId },
  };
  expect((await done(asService, audit))['tokenAudit']).toEqual([
    { id: token, userId: 'pia', role: 'guest', revokedAt: expect.any(String), expiresAt: expect.any(String) },
  ]);
  await invite(roomId, 'pia');
  expect((await overHttp(url, as('pia'), mint)).outcome).toBe('ok');
});

it('ends a hundred streams of every door within a second of the end of their login, and none before', async () => {
  const roomId = await newRoom('OPEN');
  const exp = inSeconds(10);
  const lateBy: number[] = [];
  const each = Object.entries(streamDoors).flatMap(([name, door]) =>
    Array.from({ length: 20 }, (_, at) => {
      const watcher = open(door, url, as(`user${at}${name.replace(/\W/g, '')}`, { exp }), roomId);
      void watcher.ended.then(() => lateBy.push(Date.now() - exp * 1_000));
      return { name, watcher };
    }),
  );
  const other = open(bySocket, url, asService, roomId);
  await Promise.all(each.map(({ watcher }) => watcher.told.first((told) => told === 'SNAPSHOT')));
  // What happens a second after the end is told to whoever is left.
  await new Promise((resolve) => setTimeout(resolve, (exp + 1) * 1_000 - Date.now()));
  await joins(roomId, 'marker');
  await other.told.first((told) => told === 'marker');
  expect(lateBy).toHaveLength(each.length);
  expect(Math.min(...lateBy)).toBeGreaterThanOrEqual(-1);
  for (const { name, watcher } of each) {
    expect([name, await endOf(watcher)]).toEqual([name, loginOver(name)]);
    expect(watcher.told.items).not.toContain('marker');
  }
  lateBy.sort((a, b) => a - b);
  const [median, worst] = [lateBy[each.length / 2], lateBy.at(-1)];
  shown(
    'A stream ends when its login does',
    `${each.length} at once, on five doors: median ${median} ms late, ${worst} ms at most`,
  );
});

describe('waiting for the end of a login', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each([1, 10, 3_650])('of %i days ends then, and not before', (days) => {
    const endsAt = new Date(Date.now() + days * 24 * 3_600_000);
    let isOver = false;
    const login = { userId: 'ana', issuedAt: new Date(), endsAt };
    whenLoginEnds(login, ground, () => {
      isOver = true;
    });
    jest.advanceTimersByTime(days * 24 * 3_600_000 - 1);
    expect(isOver).toBe(false);
    jest.advanceTimersByTime(1);
    expect(isOver).toBe(true);
  });

  it('leaves no timer when it is given up, however far away the end is', () => {
    const login = { userId: 'ana', issuedAt: new Date(), endsAt: new Date(8.64e15) };
    const stop = whenLoginEnds(login, ground, () => undefined);
    expect(jest.getTimerCount()).toBe(1);
    stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
