import {
  CreateRoomDocument,
  GenerateTokenDocument,
  JoinRoomDocument,
  LeaveRoomDocument,
  RoomPagesDocument,
  RoomsDocument,
  WhoIsThereDocument,
} from '../generated/operations';
import { openWsClient, post } from '../helpers/clients';
import { errorOf } from '../helpers/errors';
import { openPlace, type Place } from '../helpers/service';
import { watchWithGraphQLWs } from '../helpers/watching';

let service: Place;
let url: string;
let roomId: string;
const nobody = '0123456789abcdef01234567';

beforeAll(async () => {
  service = await openPlace();
  url = service.url;
  roomId = (await post(url, CreateRoomDocument, { input: { name: 'A room' } })).data.createRoom.id;
});
afterAll(() => service?.close());

describe('a value that is wrong is BAD_USER_INPUT, naming its field and the rule:', () => {
  it.each([
    ['an empty name', { name: '' }, 'name', 'must be 1 to 120 characters, got none'],
    ['a name of spaces', { name: ' \t ' }, 'name', 'must be 1 to 120 characters, got none'],
    [
      'a name of 121 characters',
      { name: 'x'.repeat(121) },
      'name',
      'must be at most 120 characters, got 121',
    ],
    ['a control character in a name', { name: 'a\u0007b' }, 'name', 'must not contain control characters'],
    [
      'a session of a minute',
      { name: 'x', maxDurationSeconds: 60 },
      'maxDurationSeconds',
      'must be a whole number from 120 to 43200 seconds',
    ],
    [
      'more people than an ordinary room holds',
      { name: 'x', size: 2_501 },
      'size',
      'must be at most 2500 people unless largeRoom is true',
    ],
    [
      'a key of 201 characters',
      { name: 'x', idempotencyKey: 'k'.repeat(201) },
      'idempotencyKey',
      'must be at most 200 characters',
    ],
  ])('%s', async (_what, input, field, rule) => {
    const error = errorOf(await post(url, CreateRoomDocument, { input }));
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', details: [{ field, rule }] });
    expect(error.message).toContain(field);
    expect(error.requestId).toEqual(expect.any(String));
  });

  it.each([
    ['a user id that browsers could not decode', { userId: 'josé' }, 'userId'],
    ['a token for a second', { ttlSeconds: 1 }, 'ttlSeconds'],
    ['a token for two days', { ttlSeconds: 172_800 }, 'ttlSeconds'],
  ])('%s', async (_what, given, field) => {
    const answer = await post(url, GenerateTokenDocument, { input: { roomId, role: 'host', ...given } });
    expect(errorOf(answer)).toMatchObject({ code: 'BAD_USER_INPUT', details: [{ field }] });
  });

  it.each([0, 101, -1])('a list of %d rooms, which is refused and not clamped', async (limit) => {
    expect(errorOf(await post(url, RoomsDocument, { limit }))).toMatchObject({
      code: 'BAD_USER_INPUT',
      details: [{ field: 'limit', rule: 'must be a whole number from 1 to 100' }],
    });
    expect(errorOf(await post(url, RoomPagesDocument, { first: limit }))).toMatchObject({
      details: [{ field: 'first' }],
    });
  });

  it('all of them at once', async () => {
    const answer = await post(url, CreateRoomDocument, { input: { name: '', size: -1 } });
    const { details } = errorOf(answer) as { details: { field: string }[] };
    expect(details.map(({ field }) => field).sort()).toEqual(['name', 'size']);
  });

  it('one that GraphQL itself refuses', async () => {
    const answer = await post(url, CreateRoomDocument, { input: { name: 5 as unknown as string } });
    expect(errorOf(answer)).toMatchObject({ code: 'BAD_USER_INPUT', details: [{ field: 'input.name' }] });
  });
});

describe('a room that is not there', () => {
  it('is null for a query', async () => {
    expect((await post(url, WhoIsThereDocument, { id: nobody })).data).toEqual({ room: null });
  });

  it('is ROOM_NOT_FOUND for everything that needs it', async () => {
    const answers = [
      await post(url, GenerateTokenDocument, { input: { roomId: nobody, role: 'host' } }),
      await post(url, JoinRoomDocument, { input: { roomId: nobody, userId: 'ana' } }),
      await post(url, LeaveRoomDocument, { input: { roomId: nobody, userId: 'ana' } }),
    ];
    for (const answer of answers) expect(errorOf(answer)).toMatchObject({ code: 'ROOM_NOT_FOUND' });
    using watching = watchWithGraphQLWs(url, { roomId: nobody });
    await expect(watching.atLeast(1)).rejects.toMatchObject([{ extensions: { code: 'ROOM_NOT_FOUND' } }]);
  });
});

it('a role that the template does not have is ROLE_INVALID, with those that it has', async () => {
  const answer = await post(url, GenerateTokenDocument, { input: { roomId, role: 'Host' } });
  const error = errorOf(answer) as { code: string; details: { roles: string[] }; message: string };
  expect(error.code).toBe('ROLE_INVALID');
  expect([...error.details.roles].sort()).toEqual(['guest', 'host']);
  expect(error.message).toContain('"Host"');
});

it('the leave of somebody who was not there is null, and no error', async () => {
  expect((await post(url, LeaveRoomDocument, { input: { roomId, userId: 'nobody' } })).data).toEqual({
    leaveRoom: null,
  });
});

describe('a cursor', () => {
  it.each([
    [
      'of another room',
      async () => (await post(url, CreateRoomDocument, { input: { name: 'Other' } })).data.createRoom.cursor,
    ],
    [
      'with one character changed',
      async () => tampered((await post(url, WhoIsThereDocument, { id: roomId })).data.room?.cursor ?? ''),
    ],
    ['that somebody made up', async () => 'AAAA'],
  ])('%s is BAD_CURSOR', async (_what, cursor) => {
    using watching = watchWithGraphQLWs(url, { roomId, after: await cursor(), snapshot: true });
    await expect(watching.atLeast(1)).rejects.toMatchObject([{ extensions: { code: 'BAD_CURSOR' } }]);
  });

  it('of a page that is none is BAD_CURSOR too', async () => {
    expect(errorOf(await post(url, RoomPagesDocument, { after: 'nonsense' }))).toMatchObject({
      code: 'BAD_CURSOR',
    });
  });
});

describe('a document', () => {
  const ask = (body: unknown) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it.each([
    ['that does not parse', { query: '{ rooms {' }, 'GRAPHQL_PARSE_FAILED'],
    ['that asks for what is not there', { query: '{ room5 }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['that is missing', {}, 'BAD_USER_INPUT'],
    [
      'that subscribes, where one answer is all there is,',
      { query: 'subscription { participantUpdates(roomId: "x") { action } }' },
      'BAD_USER_INPUT',
    ],
  ])('%s is %s', async (_what, body, code) => {
    const { errors } = (await (await ask(body)).json()) as { errors: { extensions: { code: string } }[] };
    expect(errors[0]?.extensions.code).toBe(code);
  });

  it('with a syntax error on a socket harms only its own operation', async () => {
    using watching = watchWithGraphQLWs(url, { roomId, snapshot: true });
    await watching.atLeast(1);
    const client = openWsClient(url);
    const broken = client.iterate({ query: 'subscription { participantUpdates(' }).next();
    await expect(broken).rejects.toMatchObject([{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }]);
    await post(url, JoinRoomDocument, { input: { roomId, userId: 'late' } });
    await watching.first(({ userId }) => userId === 'late');
    await client.dispose();
  });
});

function tampered(cursor: string): string {
  const at = Math.floor(cursor.length / 2);
  return `${cursor.slice(0, at)}${cursor[at] === 'A' ? 'B' : 'A'}${cursor.slice(at + 1)}`;
}
