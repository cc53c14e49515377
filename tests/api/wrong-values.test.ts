import { WebSocket } from 'ws';
import { Collected } from '../helpers/collected';
import type { Asked } from '../helpers/doors';
import { transports } from '../helpers/first-error';
import { startTestService } from '../helpers/service';

let service: Awaited<ReturnType<typeof startTestService>>;
let production: Awaited<ReturnType<typeof startTestService>>;
beforeAll(async () => {
  service = await startTestService();
  production = await startTestService({ NODE_ENV: 'production', AUTH: 'off' });
});
afterAll(() => Promise.all([service.close(), production.close()]));

const onlyBy: Readonly<Record<string, readonly string[]>> = {
  subscription: ['graphql-ws', 'a distinct SSE stream', 'a single SSE stream', 'multipart/mixed'],
  mutation: Object.keys(transports).filter((name) => name !== 'GET'),
};
const cases = (all: Readonly<Record<string, [Asked, string]>>) =>
  Object.entries(all).flatMap(([what, [asked, field]]) => {
    const type = asked.query.split(/\W/, 1)[0] ?? '';
    return (onlyBy[type] ?? Object.keys(transports)).map((name) => ({ what, name, asked, field }));
  });

describe('null in a variable, where a default is only for what is missing, is BAD_USER_INPUT with its field', () => {
  const nothing: Asked['variables'] = { it: null };
  it.each(
    cases({
      'the argument of a field': [
        { query: 'query ($it: Int) { rooms(limit: $it) { id } }', variables: nothing },
        'limit',
      ],
      'a variable whose default is null': [
        { query: 'query ($it: Int = null) { rooms(limit: $it) { id } }' },
        'limit',
      ],
      'the argument of a directive': [
        { query: 'query ($it: Boolean = true) { rooms @include(if: $it) { id } }', variables: nothing },
        'if',
      ],
      'a field of an input': [
        {
          query: 'mutation ($it: Boolean) { endRoom(input: { roomId: "none", lock: $it }) { id } }',
          variables: nothing,
        },
        'input.lock',
      ],
      'the argument of a subscription': [
        {
          query:
            'subscription ($it: Boolean) { participantUpdates(roomId: "none", snapshot: $it) { action } }',
          variables: nothing,
        },
        'snapshot',
      ],
    }),
  )('$what, by $name', async ({ name, asked, field }) => {
    const error = await transports[name]?.(service.url, asked);
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', details: [{ field }] });
    expect(error?.details).toEqual([{ field, rule: expect.stringContaining('must not be null') }]);
  });
});

describe('a variable of the wrong type is BAD_USER_INPUT with its field', () => {
  it.each(
    cases({
      'text for a number': [
        { query: 'query ($it: Int!) { rooms(limit: $it) { id } }', variables: { it: 'ten' } },
        'it',
      ],
      'a missing value': [{ query: 'query ($it: ID!) { room(id: $it) { id } }' }, 'it'],
      'no date': [
        {
          query: 'query ($it: RoomFilter) { rooms(filter: $it) { id } }',
          variables: { it: { createdAfter: 'yesterday' } },
        },
        'it.createdAfter',
      ],
      'more mistakes than are listed': [
        {
          query: 'mutation ($it: GrantRoomRoleInput!) { grantRoomRole(input: $it) { userId } }',
          variables: { it: { roomId: 'a', userId: 'b', role: 'MEMBER', hmsRoles: Array(60).fill(true) } },
        },
        'it.hmsRoles[0]',
      ],
      'a list for a text': [
        {
          query: 'mutation ($it: CreateRoomInput!) { createRoom(input: $it) { id } }',
          variables: { it: { name: [1] } },
        },
        'it.name',
      ],
      'an object for an id': [
        {
          query: 'subscription ($it: ID!) { participantUpdates(roomId: $it) { action } }',
          variables: { it: {} },
        },
        'it',
      ],
    }),
  )('$what, by $name', async ({ name, asked, field }) => {
    expect(await transports[name]?.(service.url, asked)).toMatchObject({
      code: 'BAD_USER_INPUT',
      details: [{ field, rule: expect.any(String) }],
      codes: ['BAD_USER_INPUT'],
    });
  });
});

describe('in production no transport suggests a name for a wrong one', () => {
  it.each(
    cases({
      'a field of a variable': [
        {
          query: 'mutation ($it: CreateRoomInput!) { createRoom(input: $it) { id } }',
          variables: { it: { name: 'Ours', descriptio: 'x' } },
        },
        'it',
      ],
      'an enum value in a variable': [
        {
          query: 'mutation ($it: Region!) { createRoom(input: { name: "Ours", region: $it }) { id } }',
          variables: { it: 'AUT' },
        },
        'it',
      ],
      'a field of a subscription in a variable': [
        {
          query: 'subscription ($it: ID!, $no: RoomFilter) { participantUpdates(roomId: $it) { action } }',
          variables: { it: 'none', no: { enable: true } },
        },
        'it',
      ],
      'a field of a query': [{ query: '{ rooms { i participantCoun } }' }, ''],
    }),
  )('$what, by $name', async ({ name, asked }) => {
    const error = await transports[name]?.(production.url, asked);
    expect(error?.code).toMatch(/^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/);
    expect(JSON.stringify(error)).not.toContain('Did you mean');
  });
});

it('shares updates with a subscriber who sends undeclared variables of any depth', async () => {
  const query = 'subscription ($id: ID!) { participantUpdates(roomId: $id, snapshot: true) { action } }';
  const { data } = (await (
    await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'mutation { createRoom(input: { name: "Ours" }) { id } }' }),
    })
  ).json()) as { data: { createRoom: { id: string } } };
  const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
  const socket = new WebSocket(`${service.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const messages = new Collected<{ type: string; payload?: { data?: unknown } }>();
  socket.addEventListener('message', ({ data: text }) => messages.add(JSON.parse(String(text))));
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  socket.send('{"type":"connection_init"}');
  await messages.first(({ type }) => type === 'connection_ack');
  const variables = `{"id":${JSON.stringify(data.createRoom.id)},"deep":${deep}}`;
  socket.send(
    `{"id":"1","type":"subscribe","payload":{"query":${JSON.stringify(query)},"variables":${variables}}}`,
  );
  const first = await messages.first(({ type }) => type !== 'connection_ack');
  expect(first.payload?.data).toEqual({ participantUpdates: { action: 'SNAPSHOT' } });
  const join = `mutation { joinRoom(input: { roomId: "${data.createRoom.id}", userId: "ana" }) { id } }`;
  await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: join }),
  });
  const joined = await messages.first(({ payload }) => JSON.stringify(payload ?? {}).includes('JOINED'));
  expect(joined.type).toBe('next');
  socket.close();
});
