import { once } from 'node:events';
import type { ServerFrame } from '../../src/api/websocket/frames';
import { type Cell, castRooms, cellsOf, columns, shownBy, whoAndWhere } from '../helpers/cast';
import { overHttp, overRest, type Shown } from '../helpers/doors';
import { authSecret, badLogins, inSeconds, loginOf, serviceKey } from '../helpers/logins';
import { RawSocket } from '../helpers/raw-socket';
import { startTestService } from '../helpers/service';

/**
 * Who sends which frame, and what they get, written by hand as in matrix.test.ts: - may, f FORBIDDEN, n ROOM_NOT_FOUND,
 * u closed with 4403 instead of an answer. A device that is named is one that another socket may have brought in.
 */
const expected = `
                        service owner co-host member guest outsider nowhere anonymous
watch                      -      -      -      -      -      n        n        u
watch after a cursor       -      -      -      -      -      n        n        u
join                       -      -      -      -      -      n        n        u
join with a device         -      -      -      -      -      n        n        u
join for another           -      f      f      f      f      n        n        u
leave of a device          -      -      -      -      -      n        n        u
leave of another's         -      f      f      f      f      n        n        u
`;
const cells = cellsOf(expected);

/** The same for the event stream and the long poll of REST, where u is 401. */
const expectedOfStreams = `
                        service owner co-host member guest outsider nowhere anonymous
event stream               -      -      -      -      -      n        n        u
event stream, snapshot     -      -      -      -      -      n        n        u
updates after a cursor     -      -      -      -      -      n        n        u
`;
const streamCells = cellsOf(expectedOfStreams);

let service: Awaited<ReturnType<typeof startTestService>>;
let url: string;
let rooms = { open: '', invited: '' };
const cursors: Record<string, string> = {};
const roomOf = (where: string) => rooms[where as keyof typeof rooms] ?? 'f'.repeat(24);
const userOf = (who: string) => (who === 'service' || who === 'nobody' ? 'sam' : who);

type Frame = readonly [event: string, data: object];

const frames: Readonly<Record<string, (roomId: string, who: string) => Frame>> = {
  watch: (roomId) => ['watch', { roomId }],
  'watch after a cursor': (roomId) => ['watch', { roomId, after: cursors[roomId] }],
  join: (roomId, who) => ['join', { roomId, userId: userOf(who) }],
  'join with a device': (roomId, who) => ['join', { roomId, userId: userOf(who), deviceId: 'phone' }],
  'join for another': (roomId) => ['join', { roomId, userId: 'victor' }],
  'leave of a device': (roomId, who) => ['leave', { roomId, userId: userOf(who), deviceId: 'tablet' }],
  "leave of another's": (roomId) => ['leave', { roomId, userId: 'victor', deviceId: 'tablet' }],
};

const mutation = (name: string, type: string, input: object) => ({
  query: `mutation ($input: ${type}!) { ${name}(input: $input) { id } }`,
  variables: { input },
});
const joins = (roomId: string, userId: string, deviceId = 'tablet') =>
  overHttp(url, shownBy('service'), mutation('joinRoom', 'JoinRoomInput', { roomId, userId, deviceId }));

beforeAll(async () => {
  service = await startTestService({
    AUTH_SECRET: authSecret,
    SERVICE_KEYS: serviceKey,
    LIMIT_OPERATIONS_PER_SECOND: '1000000',
  });
  url = service.url;
  rooms = await castRooms(url);
  for (const roomId of Object.values(rooms)) {
    const { body } = await overRest(url, shownBy('service'), { method: 'GET', path: `/rooms/${roomId}` });
    cursors[roomId] = String(body['cursor']);
  }
  cursors['f'.repeat(24)] = cursors[rooms.open] ?? '';
});
afterAll(() => service.close());

/** How somebody says on a raw WebSocket who they are. */
const ways = {
  'in the handshake': async (shown: Shown) =>
    RawSocket.open(url, shown ? { headers: { authorization: shown } } : {}),
  'by the first frame': async (shown: Shown) => {
    const raw = await RawSocket.open(url);
    if (shown) raw.send('auth', { token: shown.replace('Bearer ', '') });
    return raw;
  },
} as const;
type Way = (shown: Shown) => Promise<RawSocket>;

/** What the server has no word for: its refusal shows that every frame before it was acted on. */
const nonsense = 'nonsense';
const isNonsense = (each: ServerFrame) =>
  each.event === 'error' && JSON.stringify(each.data.details ?? []).includes('"event"');

/** The code of the error that a frame gets, `ok` for none, or how the socket was closed. */
async function answerTo(raw: RawSocket, frame: Frame): Promise<string> {
  const from = raw.frames.items.length;
  const closed = raw.closed.then(({ code }) => `closed ${code}`);
  raw.send(...frame);
  raw.send(nonsense, {});
  const answers = () => raw.frames.items.slice(from);
  const acted = raw.frames.first((each) => answers().includes(each) && isNonsense(each)).then(() => 'ok');
  acted.catch(() => undefined);
  const ending = await Promise.race([closed, acted]);
  if (ending !== 'ok') return ending;
  const refusal = answers().find((each) => each.event === 'error' && !isNonsense(each));
  return refusal?.event === 'error' ? refusal.data.code : 'ok';
}

let told = 0;
/** Whether a socket is told of what happens in a room. Who is to be told may have a past to hear before. */
async function isTold(raw: RawSocket, roomId: string, isToBe: boolean): Promise<boolean> {
  told += 1;
  const userId = `told${told}`;
  await joins(roomId, userId);
  const tells = (each: ServerFrame) => each.event === 'update' && each.data.userId === userId;
  if (isToBe) return (await raw.frames.first(tells)) !== undefined;
  if ((await answerTo(raw, ['watch', {}])) !== 'BAD_USER_INPUT') throw new Error('closed');
  return raw.frames.items.some(tells);
}

it('has a cell for every frame of the table, and a frame for every row', () => {
  expect([...new Set(cells.map(({ operation }) => operation))]).toEqual(Object.keys(frames));
  expect([...cells, ...streamCells].every(({ code }) => code !== '?')).toBe(true);
  expect(cells).toHaveLength(7 * columns.length);
});

async function expectCell(way: Way, { operation, column, code }: Cell): Promise<void> {
  for (const [who, where] of whoAndWhere[column]) {
    const roomId = roomOf(where);
    if (operation.startsWith('leave')) {
      for (const userId of ['victor', userOf(who)]) await joins(roomId, userId);
    }
    await using raw = await way(shownBy(who));
    const frame = frames[operation]?.(roomId, who);
    if (!frame) throw new Error(operation);
    const wanted = code === 'UNAUTHENTICATED' ? 'closed 4403' : code;
    expect([who, where, await answerTo(raw, frame)]).toEqual([who, where, wanted]);
    if (code === 'UNAUTHENTICATED' || operation.startsWith('leave')) continue;
    const isToBe = code === 'ok';
    expect([who, where, await isTold(raw, roomId, isToBe)]).toEqual([who, where, isToBe]);
  }
}

describe.each(Object.entries(ways))('the raw WebSocket, logged in %s', (_name, way) => {
  it.each(cells)('$operation: $column gets $code', (cell) => expectCell(way, cell));
});

/** The status of a request, and the code of its error; a stream is not read further. */
async function statusOf(path: string, shown: Shown): Promise<[number, string]> {
  const gone = new AbortController();
  const accept = path.includes('stream') ? 'text/event-stream' : 'application/json';
  const response = await fetch(`${url}${path.replace('stream', 'updates')}`, {
    headers: { accept, ...(shown && { authorization: shown }) },
    signal: gone.signal,
  });
  const code = response.ok ? 'ok' : ((await response.json()) as { error: { code: string } }).error.code;
  gone.abort();
  return [response.status, code];
}

const streams: Readonly<Record<string, (roomId: string) => string>> = {
  'event stream': (roomId) => `/rooms/${roomId}/stream`,
  'event stream, snapshot': (roomId) => `/rooms/${roomId}/stream?snapshot=true`,
  'updates after a cursor': (roomId) => `/rooms/${roomId}/updates?after=${cursors[roomId]}`,
};

describe('what REST goes on telling', () => {
  it.each(streamCells)('$operation: $column gets $code', async ({ operation, column, code }) => {
    for (const [who, where] of whoAndWhere[column]) {
      const path = streams[operation]?.(roomOf(where)) ?? '';
      const status = { ok: 200, ROOM_NOT_FOUND: 404, UNAUTHENTICATED: 401 }[code];
      expect([who, where, ...(await statusOf(path, shownBy(who)))]).toEqual([who, where, status, code]);
    }
  });
});

describe('a login that is none', () => {
  beforeAll(() =>
    overHttp(url, shownBy('service'), mutation('revokeTokens', 'RevokeTokensInput', { userId: 'rita' })),
  );

  /** Made when asked for: the tests before take longer than the shortest of them lives. */
  const states: Readonly<Record<string, () => string>> = {
    expired: () => loginOf('olga', { exp: inSeconds(-1) }),
    'not yet valid': () => loginOf('olga', { nbf: inSeconds(1_800) }),
    revoked: () => loginOf('rita', { iat: inSeconds(-1_800) }),
    'signed by somebody else': () => badLogins('olga')['signed with another secret'] ?? '',
    'of 100ms': () => badLogins('olga')['a token for a room, of 100ms'] ?? '',
    unsigned: () => badLogins('olga')['alg none, unsigned'] ?? '',
    'a service key cut short': () => badLogins('olga')['a service key cut short'] ?? '',
  };
  const cases = Object.entries(states).flatMap(([state, token]) =>
    Object.entries(ways).map(([name, way]) => ({ state, token, name, way })),
  );

  it.each(cases)('$state, shown $name, opens nothing by any frame', async ({ token, way }) => {
    for (const [operation, frame] of Object.entries(frames)) {
      for (const roomId of Object.values(rooms)) {
        const raw = await way(`Bearer ${token()}`);
        expect([operation, await answerTo(raw, frame(roomId, 'olga'))]).toEqual([operation, 'closed 4403']);
        expect(raw.frames.items).toEqual([]);
      }
    }
  });

  it.each(Object.entries(states))('%s opens nothing of REST', async (_state, token) => {
    const shown = `Bearer ${token()}`;
    for (const roomId of Object.values(rooms)) {
      for (const path of Object.values(streams)) {
        expect(await statusOf(path(roomId), shown)).toEqual([401, 'UNAUTHENTICATED']);
      }
      const calls = [
        { method: 'POST', path: '/rooms', body: { roomName: 'One more' } },
        { method: 'GET', path: '/rooms' },
        { method: 'GET', path: `/rooms/${roomId}` },
        { method: 'POST', path: `/rooms/${roomId}/token`, body: { role: 'guest' } },
      ];
      for (const call of calls) {
        expect(await overRest(url, shown, call)).toMatchObject({ status: 401, outcome: 'UNAUTHENTICATED' });
      }
    }
  });

  it.each(Object.entries(badLogins('olga')))(
    '%s closes the raw WebSocket with 4403',
    async (_kind, token) => {
      const raw = await ways['by the first frame'](`Bearer ${token}`);
      expect(await answerTo(raw, ['watch', { roomId: rooms.open }])).toBe('closed 4403');
      // What no header can carry cannot be let in by one either.
      if (!/^[\x21-\x7e]*$/.test(token)) return;
      const socket = await ways['in the handshake'](`Bearer ${token}`).catch((error: Error) => error.message);
      if (socket instanceof RawSocket) {
        expect(await answerTo(socket, ['watch', { roomId: rooms.open }])).toBe('closed 4403');
      } else expect(socket).toContain('431');
    },
  );

  it('is closed to at the moment when it becomes one, also between two frames', async () => {
    const exp = inSeconds(2);
    await using raw = await ways['by the first frame'](`Bearer ${loginOf('gus', { exp })}`);
    expect(await answerTo(raw, ['watch', { roomId: rooms.open }])).toBe('ok');
    const [code] = await once(raw.socket, 'close');
    expect(code).toBe(4403);
  });
});
