import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { whenLoginEnds } from '../../src/api/logins/login-end';
import { socketUrl } from '../helpers/clients';
import { Collected } from '../helpers/collected';
import { type Asked, overHttp, type Shown } from '../helpers/doors';
import { authSecret, ground, inSeconds, loginOf, serviceKey } from '../helpers/logins';
import { RawSocket } from '../helpers/raw-socket';
import { startTestService } from '../helpers/service';

/** Somebody who watches a room through one door: the users whom it told of, and how it ended. */
interface Watcher {
  readonly told: Collected<string>;
  /** The last cursor. */
  readonly cursor: () => string | undefined;
  readonly ended: Promise<string>;
  readonly stop: () => void;
}

type Door = (url: string, shown: string, roomId: string, after?: string) => Watcher;

const query = (own: string) => `subscription ($roomId: ID!, $after: Cursor) {
  participantUpdates(roomId: $roomId, after: $after, snapshot: true) { ${own} action userId cursor }
}`;
/** Watchers who select alike are told by one execution; a field that differs by the caller would give each their own. */
const shared = query('');

const bySocket: Door = (url, shown, roomId, after) => {
  const told = new Collected<string>();
  let cursor: string | undefined;
  const client = createClient({
    url: socketUrl(url),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: shown },
  });
  const ended = new Promise<string>((resolve) => {
    client.subscribe<{ participantUpdates: { userId: string | null; action: string; cursor: string } }>(
      { query: shared, variables: { roomId, after } },
      {
        next: ({ data, errors }) => {
          if (errors) resolve(String(errors[0]?.extensions?.['code']));
          const update = data?.participantUpdates;
          cursor = update?.cursor ?? cursor;
          if (update) told.add(update.userId ?? update.action);
        },
        error: (error) =>
          resolve(error instanceof Error ? error.message : `closed ${(error as CloseEvent).code}`),
        complete: () => resolve('completed'),
      },
    );
  });
  return { told, cursor: () => cursor, ended, stop: () => void client.dispose() };
};

/** Any response that goes on: what it tells is found by its userId and cursor members. */
function byHttp(
  path: (roomId: string) => string,
  init: (roomId: string, after?: string) => RequestInit,
): Door {
  return (url, shown, roomId, after) => {
    const told = new Collected<string>();
    const stop = new AbortController();
    let cursor: string | undefined;
    const read = async (): Promise<string> => {
      const { headers, ...rest } = init(roomId, after);
      const response = await fetch(`${url}${path(roomId)}`, {
        ...rest,
        headers: { ...headers, authorization: shown },
        signal: stop.signal,
      });
      if (!response.ok) return `refused ${response.status}`;
      let text = '';
      for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += piece;
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          const error = /"code":"(\w+)"/.exec(line)?.[1];
          if (error) return error;
          cursor = /"cursor":"([^"]+)"/.exec(line)?.[1] ?? cursor;
          const action = /"action":"(\w+)"/.exec(line)?.[1];
          const userId = /"userId":"([^"]+)"/.exec(line)?.[1];
          if (action) told.add(userId ?? action.toUpperCase());
        }
      }
      return 'completed';
    };
    const ended = read().catch(() => 'cut');
    return { told, cursor: () => cursor, ended, stop: () => stop.abort() };
  };
}

const json = { 'content-type': 'application/json' };
const graphql = (headers: Record<string, string>) => (roomId: string, after?: string) => ({
  method: 'POST',
  headers: { ...json, ...headers },
  body: JSON.stringify({ query: shared, variables: { roomId, after } }),
});

const doors: Readonly<Record<string, Door>> = {
  'graphql-ws': bySocket,
  'GraphQL over SSE': byHttp(() => '/graphql/stream', graphql({ accept: 'text/event-stream' })),
  'multipart subscriptions': byHttp(
    () => '/graphql',
    graphql({ accept: 'multipart/mixed;subscriptionSpec="1.0", application/json' }),
  ),
  'the event stream of REST': byHttp(
    (roomId) => `/rooms/${roomId}/updates?snapshot=true`,
    () => ({ headers: { accept: 'text/event-stream' } }),
  ),
  'the raw WebSocket': (url, shown, roomId) => {
    const told = new Collected<string>();
    let cursor: string | undefined;
    let over = (_how: string): void => undefined;
    const ended = new Promise<string>((resolve) => {
      over = resolve;
    });
    const opened = RawSocket.open(url);
    void opened.then(async (raw) => {
      void raw.closed.then(({ code }) => over(`closed ${code}`));
      raw.socket.on('message', (data) => {
        const frame = JSON.parse(String(data));
        cursor = frame.data.cursor ?? cursor;
        if (frame.event === 'authenticated') raw.send('watch', { roomId });
        if (frame.event === 'update') told.add(frame.data.userId);
        if (frame.event === 'error') over(frame.data.code);
      });
      raw.send('auth', { token: shown.replace('Bearer ', '') });
      told.add('SNAPSHOT');
    });
    return { told, cursor: () => cursor, ended, stop: () => void opened.then((raw) => raw.socket.close()) };
  },
};

/** How a door says that the login is over. */
const loginOver = (door: string) => (/-ws|raw/.test(door) ? 'closed 4403' : 'cut');
/** How a door says that the room may no longer be watched. */
const roomOver = (door: string) => (door === 'the event stream of REST' ? 'cut' : 'ROOM_NOT_FOUND');

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

/** Watching from before the first join that counts; a raw WebSocket has no sign that it began, so joins are repeated. */
async function begun(watcher: Watcher, roomId: string): Promise<void> {
  await watcher.told.first((told) => told === 'SNAPSHOT');
  for (let at = 0; !watcher.told.items.some((told) => told.startsWith('early')); at += 1) {
    await joins(roomId, `early${at}`);
    if (at > 200) throw new Error('told of nobody');
  }
}

describe.each(Object.entries(doors))('%s', (name, door) => {
  it('goes on until the login ends, and tells nothing afterwards', async () => {
    const roomId = await newRoom('OPEN');
    const exp = inSeconds(3);
    const watcher = door(url, as('gus', { exp }), roomId);
    await begun(watcher, roomId);
    expect(await watcher.ended).toBe(loginOver(name));
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1_000 - 1);
    await joins(roomId, 'late');
    expect(watcher.told.items).not.toContain('late');
    watcher.stop();
  });

  it('ends for a member who is uninvited, at once, and goes on for the others', async () => {
    const roomId = await newRoom('INVITED');
    await invite(roomId, 'mia');
    await invite(roomId, 'max');
    const mia = door(url, as('mia'), roomId);
    const max = door(url, as('max'), roomId);
    await Promise.all([begun(mia, roomId), begun(max, roomId)]);
    await mutate('revokeRoomRole', 'RevokeRoomRoleInput', { roomId, userId: 'mia' });
    await joins(roomId, 'late');
    await max.told.first((told) => told === 'late');
    expect(await mia.ended).toBe(roomOver(name));
    expect(mia.told.items).not.toContain('late');
    for (const watcher of [mia, max]) watcher.stop();
  });

  it('ends for everybody who is not invited when an open room closes itself to them', async () => {
    const roomId = await newRoom('OPEN');
    await invite(roomId, 'max');
    const gus = door(url, as('gus'), roomId);
    const max = door(url, as('max'), roomId);
    await Promise.all([begun(gus, roomId), begun(max, roomId)]);
    await mutate('updateRoom', 'UpdateRoomInput', { id: roomId, access: 'INVITED' });
    await joins(roomId, 'late');
    await max.told.first((told) => told === 'late');
    expect(await gus.ended).toBe(roomOver(name));
    expect(gus.told.items).not.toContain('late');
    for (const watcher of [gus, max]) watcher.stop();
  });

  it('ends when all logins of a user are revoked, and a newer login continues from the last cursor', async () => {
    const roomId = await newRoom('OPEN');
    const userId = `user-${name.replace(/\W/g, '')}`;
    const old = as(userId, { iat: inSeconds(-60) });
    const watcher = door(url, old, roomId);
    await begun(watcher, roomId);
    await mutate('revokeTokens', 'RevokeTokensInput', { userId });
    await joins(roomId, 'late');
    expect(await watcher.ended).toBe(loginOver(name));
    expect(watcher.told.items).not.toContain('late');
    expect((await overHttp(url, old, { query: '{ rooms { id } }' })).status).toBe(401);
    // The clock of logins has seconds: one from the second of the revocation still counts as before it.
    const again = as(userId, { iat: inSeconds(2) });
    expect((await overHttp(url, again, { query: '{ rooms { id } }' })).outcome).toBe('ok');
    const back = bySocket(url, again, roomId, watcher.cursor());
    expect(await back.told.first((told) => told === 'late')).toBe('late');
    back.stop();
  });
});

it('puts a user out of a room: no stream, no token, no presence, until they are invited again', async () => {
  const roomId = await newRoom('OPEN');
  const watcher = bySocket(url, as('pia'), roomId);
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
  expect(await watcher.ended).toBe('ROOM_NOT_FOUND');
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

it('closes each of a hundred sockets when their login ends', async () => {
  const roomId = await newRoom('OPEN');
  const exp = inSeconds(4);
  const watchers = Array.from({ length: 100 }, (_, at) => bySocket(url, as(`user${at}`, { exp }), roomId));
  await Promise.all(watchers.map(({ told }) => told.first((each) => each === 'SNAPSHOT')));
  expect(await Promise.all(watchers.map(({ ended }) => ended))).toEqual(Array(100).fill('closed 4403'));
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
