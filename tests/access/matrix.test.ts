import { AppError } from '../../src/errors';
import { Gatekeeper } from '../../src/rooms/access/gatekeeper';
import { type Cell, castRooms, cellsOf, columns, shownBy, whoAndWhere } from '../helpers/cast';
import {
  type Answered,
  type Asked,
  type GraphQLDoor,
  overHttp,
  overMultipart,
  overRest,
  overSocket,
  overSse,
  type Shown,
} from '../helpers/doors';
import { authSecret, badLogins, inSeconds, loginOf, serviceKey } from '../helpers/logins';
import { startTestService } from '../helpers/service';

/**
 * Who asks what, and what they get, written by hand: - may, f FORBIDDEN, n ROOM_NOT_FOUND (null for a query),
 * u UNAUTHENTICATED. An outsider is logged in, in a room that is invited only, or was put out of one that is open; what
 * is asked of a room that there is not must read the same. One long file, since the table is worth something only as a whole.
 */
const expected = `
                        service owner co-host member guest outsider nowhere anonymous
createRoom                 -      -      -      -      -      -        -        u
rooms                      -      -      -      -      -      -        -        u
roomConnection             -      -      -      -      -      -        -        u
room                       -      -      -      -      -      n        n        u
participantUpdates         -      -      -      -      -      n        n        u
joinRoom                   -      -      -      -      -      n        n        u
joinRoom for another       -      f      f      f      f      n        n        u
leaveRoom                  -      -      -      -      -      n        n        u
leaveRoom for another      -      f      f      f      f      n        n        u
token as guest             -      -      -      f      -      n        n        u
token as host              -      -      -      -      f      n        n        u
token for another          -      f      f      f      f      n        n        u
updateRoom                 -      -      -      f      f      n        n        u
endRoom                    -      -      -      f      f      n        n        u
grant MEMBER               -      -      -      f      f      n        n        u
grant CO_HOST              -      -      f      f      f      n        n        u
revoke MEMBER              -      -      -      f      f      n        n        u
revoke CO_HOST             -      -      f      f      f      n        n        u
revokeTokens in a room     -      -      -      f      f      n        n        u
revokeTokens of co-host    -      -      f      f      f      n        n        u
revokeTokens everywhere    -      f      f      f      f      f        f        u
tokenAudit                 -      f      f      f      f      f        f        u
`;

const cells = cellsOf(expected);

let service: Awaited<ReturnType<typeof startTestService>>;
let url: string;
let rooms = { open: '', invited: '' };

const bearer = (token: string): string => `Bearer ${token}`;
const asService = bearer(serviceKey);
const as = (userId: string): string => bearer(loginOf(userId));

const self = (who: string) => (who === 'service' || who === 'nobody' ? 'sam' : who);
const roomOf = (where: string) => rooms[where as keyof typeof rooms] ?? 'ffffffffffffffffffffffff';

const create = 'mutation ($input: CreateRoomInput!) { createRoom(input: $input) { id access myRole } }';
const join = 'mutation ($input: JoinRoomInput!) { joinRoom(input: $input) { id } }';
const leave = 'mutation ($input: LeaveRoomInput!) { leaveRoom(input: $input) { id } }';
const mint = 'mutation ($input: GenerateTokenInput!) { generateToken(input: $input) { userId role } }';
const grant =
  'mutation ($input: GrantRoomRoleInput!) { grantRoomRole(input: $input) { id roomId userId role hmsRoles } }';
const ungrant = 'mutation ($input: RevokeRoomRoleInput!) { revokeRoomRole(input: $input) { userId role } }';
const revoke =
  'mutation ($input: RevokeTokensInput!) { revokeTokens(input: $input) { id by userId revokedAt } }';

/** Everything that GraphQL can be asked. */
const operations: Readonly<Record<string, (roomId: string, who: string) => Asked>> = {
  createRoom: () => ({ query: create, variables: { input: { name: 'One more' } } }),
  rooms: () => ({ query: '{ rooms(limit: 5) { id myRole } }' }),
  roomConnection: () => ({ query: '{ roomConnection(first: 5) { totalCount nodes { id } } }' }),
  room: (id) => ({
    query: 'query ($id: ID!) { room(id: $id) { id myRole cursor participants { id } } }',
    variables: { id },
  }),
  participantUpdates: (roomId) => ({
    query:
      'subscription ($roomId: ID!) { participantUpdates(roomId: $roomId, snapshot: true) { action cursor } }',
    variables: { roomId },
  }),
  joinRoom: (roomId, who) => ({ query: join, variables: { input: { roomId, userId: self(who) } } }),
  'joinRoom for another': (roomId) => ({ query: join, variables: { input: { roomId, userId: 'victor' } } }),
  leaveRoom: (roomId, who) => ({ query: leave, variables: { input: { roomId, userId: self(who) } } }),
  'leaveRoom for another': (roomId) => ({ query: leave, variables: { input: { roomId, userId: 'victor' } } }),
  'token as guest': (roomId) => ({ query: mint, variables: { input: { roomId, role: 'guest' } } }),
  'token as host': (roomId) => ({ query: mint, variables: { input: { roomId, role: 'host' } } }),
  'token for another': (roomId) => ({
    query: mint,
    variables: { input: { roomId, role: 'guest', userId: 'victor' } },
  }),
  updateRoom: (id) => ({
    query: 'mutation ($input: UpdateRoomInput!) { updateRoom(input: $input) { id } }',
    variables: { input: { id, description: 'changed' } },
  }),
  endRoom: (roomId) => ({
    query: 'mutation ($input: EndRoomInput!) { endRoom(input: $input) { id } }',
    variables: { input: { roomId } },
  }),
  'grant MEMBER': (roomId) => ({
    query: grant,
    variables: { input: { roomId, userId: 'nina', role: 'MEMBER' } },
  }),
  'grant CO_HOST': (roomId) => ({
    query: grant,
    variables: { input: { roomId, userId: 'cora', role: 'CO_HOST' } },
  }),
  'revoke MEMBER': (roomId) => ({ query: ungrant, variables: { input: { roomId, userId: 'nina' } } }),
  'revoke CO_HOST': (roomId) => ({ query: ungrant, variables: { input: { roomId, userId: 'carola' } } }),
  'revokeTokens in a room': (roomId) => ({
    query: revoke,
    variables: { input: { roomId, userId: 'victor' } },
  }),
  'revokeTokens of co-host': (roomId) => ({
    query: revoke,
    variables: { input: { roomId, userId: 'carola' } },
  }),
  'revokeTokens everywhere': () => ({ query: revoke, variables: { input: { userId: 'vera' } } }),
  tokenAudit: () => ({
    query: '{ tokenAudit(limit: 2) { id by userId roomId role issuedAt expiresAt revokedAt } }',
  }),
};

async function ask(who: Shown, asked: Asked, door: GraphQLDoor = overHttp): Promise<Answered> {
  return door(url, who, asked);
}

async function done(who: Shown, asked: Asked): Promise<Record<string, unknown>> {
  const answer = await ask(who, asked);
  if (answer.outcome !== 'ok') throw new Error(`${JSON.stringify(asked)}: ${answer.outcome}`);
  return answer.data ?? {};
}

async function newRoom(owner: string, access: 'OPEN' | 'INVITED'): Promise<string> {
  const { createRoom } = await done(as(owner), {
    query: create,
    variables: { input: { name: 'Ours', access } },
  });
  return (createRoom as { id: string }).id;
}

/** `carola` is a co-host whom nobody but an owner or a service may touch; she is put back before each question. */
async function invite(roomId: string, userId: string, role: string, hmsRoles?: string[]): Promise<void> {
  await done(asService, { query: grant, variables: { input: { roomId, userId, role, hmsRoles } } });
}

beforeAll(async () => {
  service = await startTestService({
    AUTH_SECRET: authSecret,
    SERVICE_KEYS: serviceKey,
    LIMIT_OPERATIONS_PER_SECOND: '1000000',
  });
  url = service.url;
  rooms = await castRooms(url);
});
afterAll(() => service.close());

/** A query of a room that the caller may not know of answers null, which is this table's ROOM_NOT_FOUND. */
function outcomeOf(operation: string, { outcome, data }: Answered): string {
  return operation === 'room' && outcome === 'ok' && data?.['room'] === null ? 'ROOM_NOT_FOUND' : outcome;
}

it('has a cell for every operation of the table, and an operation for every row', () => {
  expect([...new Set(cells.map(({ operation }) => operation))]).toEqual(Object.keys(operations));
  expect(cells.every(({ code }) => code !== '?')).toBe(true);
  expect(cells).toHaveLength(22 * columns.length);
});

async function expectCell(door: GraphQLDoor, { operation, column, code }: Cell, login?: string) {
  for (const [who, where] of whoAndWhere[column]) {
    const roomId = roomOf(where);
    if (/co-host$|CO_HOST$/.test(operation) && where !== 'nowhere') await invite(roomId, 'carola', 'CO_HOST');
    const asked = operations[operation]?.(roomId, who) ?? { query: '' };
    const answer = await ask(login ?? shownBy(who), asked, door);
    expect([who, where, outcomeOf(operation, answer)]).toEqual([who, where, code]);
  }
}

describe('GraphQL over HTTP', () => {
  const asked = cells.filter(({ operation }) => operation !== 'participantUpdates');
  it.each(asked)('$operation: $column gets $code', (cell) => expectCell(overHttp, cell));
});

/** Over a socket, who is not logged in is not asked further. */
const closedInstead = (cell: Cell) =>
  cell.code === 'UNAUTHENTICATED' ? { ...cell, code: 'closed 4403' } : cell;

describe('graphql-ws', () => {
  it.each(cells.map(closedInstead))('$operation: $column gets $code', (cell) => expectCell(overSocket, cell));
});

describe('GraphQL over SSE', () => {
  it.each(cells)('$operation: $column gets $code', (cell) => expectCell(overSse, cell));
});

describe('multipart subscriptions', () => {
  const asked = cells.filter(({ operation }) => operation === 'participantUpdates');
  it.each(asked)('$operation: $column gets $code', (cell) => expectCell(overMultipart, cell));
});

describe('REST', () => {
  const calls: Readonly<
    Record<string, (roomId: string) => { method: string; path: string; body?: unknown }>
  > = {
    createRoom: () => ({ method: 'POST', path: '/rooms', body: { roomName: 'One more' } }),
    rooms: () => ({ method: 'GET', path: '/rooms?limit=5' }),
    room: (id) => ({ method: 'GET', path: `/rooms/${id}` }),
    participantUpdates: (id) => ({ method: 'GET', path: `/rooms/${id}/updates` }),
    'token as guest': (id) => ({ method: 'POST', path: `/rooms/${id}/token`, body: { role: 'guest' } }),
    'token as host': (id) => ({ method: 'POST', path: `/rooms/${id}/token`, body: { role: 'host' } }),
    'token for another': (id) => ({
      method: 'POST',
      path: `/rooms/${id}/token`,
      body: { role: 'guest', userId: 'victor' },
    }),
  };
  const asked = cells.filter(({ operation }) => operation in calls);
  it.each(asked)('$operation: $column gets $code', async ({ operation, column, code }) => {
    for (const [who, where] of whoAndWhere[column]) {
      const call = calls[operation]?.(roomOf(where));
      if (!call) throw new Error(operation);
      const { outcome, status } = await overRest(url, shownBy(who), call);
      expect([who, where, outcome]).toEqual([who, where, code]);
      if (code === 'UNAUTHENTICATED') expect(status).toBe(401);
    }
  });
});

describe('a login that is none', () => {
  /** Made when asked for: the tests before take longer than the shortest of them lives. */
  const states: Readonly<Record<string, () => string>> = {
    expired: () => loginOf('olga', { exp: inSeconds(-1) }),
    'not yet valid': () => loginOf('olga', { nbf: inSeconds(1_800) }),
    'signed by somebody else': () => badLogins('olga')['signed with another secret'] ?? '',
    'of 100ms': () => badLogins('olga')['a token for a room, of 100ms'] ?? '',
    unsigned: () => badLogins('olga')['alg none, unsigned'] ?? '',
  };
  const ownersCells = cells.filter(({ column }) => column === 'owner');

  it.each(Object.entries(states))('%s opens nothing, on no door', async (_state, token) => {
    const shown = bearer(token());
    for (const { operation } of ownersCells) {
      const asked = operations[operation]?.(rooms.open, 'olga') ?? { query: '' };
      if (operation !== 'participantUpdates') {
        expect(await ask(shown, asked)).toMatchObject({ outcome: 'UNAUTHENTICATED', status: 401 });
      }
      expect(await ask(shown, asked, overSse)).toMatchObject({ outcome: 'UNAUTHENTICATED' });
    }
    const watch = operations['participantUpdates']?.(rooms.open, 'olga') ?? { query: '' };
    expect(await ask(shown, watch, overSocket)).toMatchObject({ outcome: 'closed 4403' });
    expect(await ask(shown, watch, overMultipart)).toMatchObject({ outcome: 'UNAUTHENTICATED', status: 401 });
    expect(await overRest(url, shown, { method: 'GET', path: '/rooms' })).toMatchObject({ status: 401 });
  });

  it.each(Object.entries(badLogins('olga')))(
    '%s is 401 over HTTP and closes a socket with 4403',
    async (_kind, token) => {
      const query = { query: '{ rooms { id } }' };
      // A header cannot be of any length or any character; what cannot be sent cannot be let in either.
      const answer = await ask(bearer(token), query).catch((error: Error) => ({
        outcome: error.name,
        status: 0,
      }));
      expect(['UNAUTHENTICATED', 'TypeError']).toContain(answer.outcome);
      expect((await ask(bearer(token), query, overSocket)).outcome).toBe('closed 4403');
    },
  );

  it('is not looked for in the address, where logs would keep it', async () => {
    for (const name of ['access_token', 'token', 'authorization']) {
      const response = await fetch(`${url}/rooms?${name}=${loginOf('olga')}`);
      expect(response.status).toBe(401);
    }
  });
});

it('lists to each only what they may see, on every door', async () => {
  const hidden = await newRoom('hanna', 'INVITED');
  await invite(hidden, 'inge', 'MEMBER');
  const lists: ((shown: Shown) => Promise<string[]>)[] = [
    async (shown) => ids((await done(shown, { query: '{ rooms(limit: 100) { id } }' }))['rooms']),
    async (shown) =>
      ids(
        (
          (await done(shown, { query: '{ roomConnection(first: 100) { nodes { id } } }' }))[
            'roomConnection'
          ] as { nodes: unknown }
        ).nodes,
      ),
    async (shown) => {
      const { body } = await overRest(url, shown, { method: 'GET', path: '/rooms?limit=100' });
      return (body['rooms'] as { roomId: string }[]).map(({ roomId }) => roomId);
    },
  ];
  for (const list of lists) {
    for (const seer of [as('hanna'), as('inge'), asService]) expect(await list(seer)).toContain(hidden);
    for (const stranger of [as('gus'), as('olga')]) expect(await list(stranger)).not.toContain(hidden);
    expect(await list(as('gus'))).toContain(rooms.open);
    expect(await list(as('pia'))).not.toContain(rooms.open);
  }
  const count = async (shown: Shown) =>
    (
      (await done(shown, { query: '{ roomConnection { totalCount } }' }))['roomConnection'] as {
        totalCount: number;
      }
    ).totalCount;
  expect(await count(as('gus'))).toBeLessThan(await count(as('hanna')));
});

function ids(rooms: unknown): string[] {
  return (rooms as { id: string }[]).map(({ id }) => id);
}

it.each([
  ['olga', 'OWNER'],
  ['carl', 'CO_HOST'],
  ['mia', 'MEMBER'],
  ['gus', 'GUEST'],
])('says to %s what they are: %s', async (who, role) => {
  const { room } = await done(as(who), operations['room']?.(rooms.open, who) ?? { query: '' });
  expect((room as { myRole: string }).myRole).toBe(role);
});

it('answers for an unknown and for a forbidden room in the same words', async () => {
  const say = async (roomId: string) => {
    const response = await fetch(`${url}/rooms/${roomId}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: as('gus'), 'x-request-id': 'same' },
      body: '{"role":"guest"}',
    });
    return (await response.text()).replace(roomId, '');
  };
  expect(await say(rooms.invited)).toBe(await say('f'.repeat(24)));
});

it('gives tokens in the name of the login alone, whatever userId is left out', async () => {
  const { generateToken } = await done(
    as('carl'),
    operations['token as host']?.(rooms.open, 'carl') ?? { query: '' },
  );
  expect(generateToken).toEqual({ userId: 'carl', role: 'host' });
});

it('does not let the owner be invited, uninvited or put out', async () => {
  for (const query of [grant, ungrant, revoke]) {
    const input = { roomId: rooms.open, userId: 'olga', ...(query === grant && { role: 'MEMBER' }) };
    expect((await ask(asService, { query, variables: { input } })).outcome).toBe('BAD_USER_INPUT');
  }
});

it('is asked below the doors too: no service of the rooms does anything for a caller whom it does not know', () => {
  const gatekeeper = new Gatekeeper({} as never);
  expect(() => gatekeeper.allow({ kind: 'anonymous' }, 'createRoom')).toThrow(AppError);
  return expect(gatekeeper.admit({ kind: 'anonymous' }, 'room', { roomId: 'any' })).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
});
