import type { RunningService } from '../../src/app';
import { JoinRoomDocument, LeaveRoomDocument } from '../generated/operations';
import type { components, operations } from '../generated/rest';
import { openRestClient, post } from '../helpers/clients';
import { startTestService } from '../helpers/service';

let service: RunningService;
let rest: ReturnType<typeof openRestClient>;

beforeAll(async () => {
  service = await startTestService();
  rest = openRestClient(service.url);
});
afterAll(() => service.close());

async function newRoom(roomName = 'My Room'): Promise<string> {
  const { data } = await rest.POST('/rooms', { body: { roomName } });
  return data?.id ?? '';
}

const join = (roomId: string, userId: string) =>
  post(service.url, JoinRoomDocument, { input: { roomId, userId } });
const leave = (roomId: string, userId: string) =>
  post(service.url, LeaveRoomDocument, { input: { roomId, userId } });

type Page = components['schemas']['UpdatePage'];
type UpdatesQuery = operations['readUpdates']['parameters']['query'];

async function updates(roomId: string, query: UpdatesQuery): Promise<Page> {
  const { data } = await rest.GET('/rooms/{roomId}/updates', { params: { path: { roomId }, query } });
  return data as Page;
}

describe('POST /rooms', () => {
  it('creates a room and says where it is, under the names of 100ms', async () => {
    const { data, response } = await rest.POST('/rooms', {
      body: { roomName: 'My Room', region: 'eu', size: 20 },
    });
    expect(response.status).toBe(201);
    expect(data).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      name: 'My Room',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      description: '',
      enabled: true,
      template_id: expect.any(String),
      region: 'eu',
      size: 20,
      app_id: expect.any(String),
    });
    expect(response.headers.get('location')).toBe(`/rooms/${data?.id}`);
    const there = await fetch(new URL(response.headers.get('location') ?? '', service.url));
    expect(await there.json()).toMatchObject({ roomId: data?.id, name: 'My Room' });
  });

  it('takes name for roomName, and not two that differ', async () => {
    expect((await rest.POST('/rooms', { body: { name: 'By name' } })).data).toMatchObject({
      name: 'By name',
    });
    const both = await rest.POST('/rooms', { body: { roomName: 'One', name: 'Other' } });
    expect([both.response.status, both.error?.error.details]).toMatchObject([400, [{ field: 'name' }]]);
  });

  it('answers a repeat with the same Idempotency-Key with the same room, and another request with 409', async () => {
    const headers = { 'Idempotency-Key': 'create-once' };
    const create = (roomName: string) =>
      rest.POST('/rooms', { params: { header: headers }, body: { roomName } });
    const [first, again] = [await create('Once'), await create('Once')];
    expect([again.response.status, again.data]).toEqual([201, first.data]);
    const other = await create('Twice');
    expect([other.response.status, other.error?.error.code]).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
  });

  it('names every wrong field with its rule', async () => {
    const { error, response } = await rest.POST('/rooms', {
      body: { roomName: ' ', size: -1, region: 'mars' as 'eu', maxDurationSeconds: 5 },
    });
    expect(response.status).toBe(400);
    const details = error?.error.details as { field: string }[] | undefined;
    const fields = details?.map(({ field }) => field);
    expect(fields?.sort()).toEqual(['maxDurationSeconds', 'region', 'roomName', 'size']);
  });

  it('asks for a name', async () => {
    const { error } = await rest.POST('/rooms', { body: {} });
    expect(error?.error.details).toEqual([{ field: 'roomName', rule: 'must be the name of the room' }]);
  });
});

describe('GET /rooms', () => {
  it('lists by pages, newest first', async () => {
    const [older, newer] = [await newRoom('Older'), await newRoom('Newer')];
    const first = await rest.GET('/rooms', { params: { query: { limit: 1 } } });
    expect(first.data?.rooms).toEqual([
      { roomId: newer, name: 'Newer', participantCount: 0, createdAt: expect.any(String) },
    ]);
    const second = await rest.GET('/rooms', {
      params: { query: { limit: 1, after: first.data?.next ?? '' } },
    });
    expect(second.data?.rooms.map(({ roomId }) => roomId)).toEqual([older]);
  });

  it.each(['0', '101', '1e1', '', 'ten'])('refuses a limit of "%s" rather than bend it', async (limit) => {
    const response = await fetch(`${service.url}/rooms?limit=${limit}`);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { code: 'BAD_USER_INPUT', details: [{ field: 'limit' }] } },
    ]);
  });

  it('answers 304 to who has the same already, and 200 once something changed', async () => {
    const room = await newRoom();
    const url = `${service.url}/rooms/${room}`;
    const etag = (await fetch(url)).headers.get('etag') ?? '';
    const same = await fetch(url, { headers: { 'if-none-match': etag } });
    expect([same.status, await same.text()]).toEqual([304, '']);
    await join(room, 'ana');
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(200);
  });
});

it('GET /rooms/:roomId has who is there, and the cursor after which their next update comes', async () => {
  const room = await newRoom();
  await join(room, 'ana');
  const { data } = await rest.GET('/rooms/{roomId}', { params: { path: { roomId: room } } });
  expect(data).toMatchObject({
    participantCount: 1,
    participants: [{ userId: 'ana', status: 'ACTIVE', leftAt: null }],
  });
  await leave(room, 'ana');
  const page = await updates(room, { after: data?.cursor });
  expect(page.updates.map(({ action, userId }) => [action, userId])).toEqual([['left', 'ana']]);
});

describe('GET /rooms/:roomId/updates as pages', () => {
  it('begins at once with where the updates stand, and goes on from there without a gap', async () => {
    const room = await newRoom();
    const start = await updates(room, {});
    expect(start.updates).toEqual([]);
    await join(room, 'ana');
    await join(room, 'ben');
    await leave(room, 'ana');
    const first = await updates(room, { after: start.cursor, limit: 2 });
    expect(first.updates.map(({ action, userId }) => [action, userId])).toEqual([
      ['joined', 'ana'],
      ['joined', 'ben'],
    ]);
    expect(first.cursor).toBe(first.updates[1]?.cursor);
    const second = await updates(room, { after: first.cursor });
    expect(second.updates).toEqual([
      {
        action: 'left',
        roomId: room,
        userId: 'ana',
        participant: expect.objectContaining({ userId: 'ana', status: 'LEFT', leftAt: expect.any(String) }),
        participants: null,
        participantCount: 1,
        cursor: second.cursor,
        occurredAt: expect.any(String),
        source: 'API',
        userPresent: false,
        reason: null,
        replayed: true,
      },
    ]);
    expect(await updates(room, { after: second.cursor })).toEqual({ updates: [], cursor: second.cursor });
  });

  it('waits for an update where there is none yet', async () => {
    const room = await newRoom();
    const { cursor } = await updates(room, {});
    const waiting = updates(room, { after: cursor, wait: 30 });
    await join(room, 'ana');
    expect((await waiting).updates.map(({ userId }) => userId)).toEqual(['ana']);
  });

  it('comes back without one when nothing happens for so long', async () => {
    const room = await newRoom();
    const { cursor } = await updates(room, {});
    expect(await updates(room, { after: cursor, wait: 1 })).toEqual({ updates: [], cursor });
  });

  it('begins with who is there where a snapshot is asked for', async () => {
    const room = await newRoom();
    await join(room, 'ana');
    const page = await updates(room, { snapshot: true });
    expect(page.updates).toMatchObject([
      { action: 'snapshot', reason: 'FIRST', participants: [{ userId: 'ana' }] },
    ]);
  });

  it.each([
    ['a cursor that nobody gave', 'bm9ib2R5', 400, 'BAD_CURSOR'],
    ['a wait beyond 30 s', undefined, 400, 'BAD_USER_INPUT'],
  ])('refuses %s', async (_what, after, status, code) => {
    const query = after ? { after } : { wait: 31 };
    const { error, response } = await rest.GET('/rooms/{roomId}/updates', {
      params: { path: { roomId: await newRoom() }, query },
    });
    expect([response.status, error?.error.code]).toEqual([status, code]);
  });
});

describe('POST /rooms/:roomId/token', () => {
  it('gives a token for a role of the room', async () => {
    const { data, response } = await rest.POST('/rooms/{roomId}/token', {
      params: { path: { roomId: await newRoom() } },
      body: { role: 'host', userId: 'ana' },
    });
    expect(response.status).toBe(200);
    expect(data).toEqual({
      token: expect.stringMatching(/^eyJ/),
      expiresAt: expect.any(String),
      userId: 'ana',
      role: 'host',
    });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('names the roles that there are where the role is none of them', async () => {
    const { error, response } = await rest.POST('/rooms/{roomId}/token', {
      params: { path: { roomId: await newRoom() } },
      body: { role: 'captain' },
    });
    expect(response.status).toBe(422);
    expect(error?.error).toMatchObject({
      code: 'ROLE_INVALID',
      details: { roles: expect.arrayContaining(['host']) },
    });
  });
});

describe('refusals that have nothing to do with rooms', () => {
  it.each<[string, string, RequestInit, number, string]>([
    ['a path that is not there', '/nowhere', {}, 404, 'NOT_FOUND'],
    ['a room that is not there', '/rooms/nobodys', {}, 404, 'ROOM_NOT_FOUND'],
    ['a path that is no text', '/rooms/%E0%A4%A', {}, 400, 'BAD_USER_INPUT'],
    ['another method', '/rooms', { method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED'],
    [
      'a form',
      '/rooms',
      { method: 'POST', body: new URLSearchParams({ roomName: 'x' }) },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a list for a body',
      '/rooms',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '[]' },
      400,
      'BAD_USER_INPUT',
    ],
    [
      'what is no JSON',
      '/rooms',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' },
      400,
      'BAD_USER_INPUT',
    ],
    [
      'a body over 100 KB',
      '/rooms',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"roomName":"${'x'.repeat(102_400)}"}`,
      },
      413,
      'PAYLOAD_TOO_LARGE',
    ],
    [
      'an Accept that nothing of ours meets',
      '/rooms',
      { headers: { accept: 'image/png' } },
      406,
      'NOT_ACCEPTABLE',
    ],
  ])('%s', async (_what, path, init, status, code) => {
    const response = await fetch(service.url + path, init);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/json; charset=utf-8',
    ]);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ code, requestId: response.headers.get('x-request-id') });
  });

  it('names the methods that there are', async () => {
    const allowed = ['/rooms', '/rooms/x', '/rooms/x/token', '/rooms/x/updates'].map(async (path) =>
      (await fetch(service.url + path, { method: 'PATCH' })).headers.get('allow'),
    );
    expect(await Promise.all(allowed)).toEqual(['GET, HEAD, POST', 'GET, HEAD', 'POST', 'GET, HEAD']);
  });
});
