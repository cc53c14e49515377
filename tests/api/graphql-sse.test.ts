import { print } from 'graphql';
import { type Client, createClient } from 'graphql-sse';
import type { RunningService } from '../../src/app';
import {
  CreateRoomDocument,
  JoinRoomDocument,
  LeaveRoomDocument,
  WatchRoomDocument,
  type WatchRoomSubscription,
} from '../generated/operations';
import { post } from '../helpers/clients';
import { Collected } from '../helpers/collected';
import { eventsOf } from '../helpers/event-stream';
import { startTestService } from '../helpers/service';

type Update = WatchRoomSubscription['participantUpdates'];

let service: RunningService;

beforeAll(async () => {
  service = await startTestService({ LIMIT_SUBSCRIPTIONS_PER_SOCKET: '2' });
});
afterAll(() => service.close());

const streamUrl = () => `${service.url}/graphql/stream`;
const input = (roomId: string, userId: string) => ({ input: { roomId, userId } });

async function newRoom(): Promise<string> {
  const { data } = await post(service.url, CreateRoomDocument, { input: { name: 'Streamed' } });
  return data.createRoom.id;
}

/** Watches a room with the client of graphql-sse, snapshots included. */
function watch(client: Client<boolean>, roomId: string) {
  const seen = new Collected<Update>();
  const results = new Collected<unknown>();
  const stop = client.subscribe<WatchRoomSubscription>(
    { query: print(WatchRoomDocument), variables: { roomId, snapshot: true } },
    {
      next: (result) => {
        results.add(result);
        if (result.data) seen.add(result.data.participantUpdates);
      },
      error: seen.fail,
      complete: seen.end,
    },
  );
  return { seen, results, stop };
}

describe.each([
  ['distinct connections', false],
  ['a single connection', true],
])('over %s', (_mode, singleConnection) => {
  let client: Client<boolean>;
  beforeEach(() => {
    client = createClient<boolean>({ url: streamUrl(), singleConnection });
  });
  afterEach(() => client.dispose());

  it('tells the updates of several rooms, each to whom asked for it', async () => {
    const rooms = [await newRoom(), await newRoom()] as const;
    const [one, other] = [watch(client, rooms[0]), watch(client, rooms[1])];
    await Promise.all([one.seen.atLeast(1), other.seen.atLeast(1)]);
    await post(service.url, JoinRoomDocument, input(rooms[0], 'ana'));
    await post(service.url, JoinRoomDocument, input(rooms[1], 'ben'));
    await post(service.url, LeaveRoomDocument, input(rooms[0], 'ana'));
    const told = async (seen: Collected<Update>, count: number) =>
      (await seen.atLeast(count)).map(({ action, userId }) => [action, userId]);
    expect(await told(one.seen, 3)).toEqual([
      ['SNAPSHOT', null],
      ['JOINED', 'ana'],
      ['LEFT', 'ana'],
    ]);
    expect(await told(other.seen, 2)).toEqual([
      ['SNAPSHOT', null],
      ['JOINED', 'ben'],
    ]);
  });

  it('answers what cannot start inside the stream, and ends it', async () => {
    const watcher = watch(client, 'nobodys');
    await watcher.seen.finished();
    expect(watcher.results.items).toMatchObject([{ errors: [{ extensions: { code: 'ROOM_NOT_FOUND' } }] }]);
  });

  it('answers a mistake in the document there too, with the code that every door has for it', async () => {
    const results = new Collected<unknown>();
    client.subscribe(
      { query: '{ nothing }' },
      { next: results.add, error: results.fail, complete: results.end },
    );
    await results.finished();
    expect(results.items).toMatchObject([
      { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
    ]);
  });

  it('runs queries too', async () => {
    const results = new Collected<unknown>();
    client.subscribe(
      { query: '{ __typename }' },
      { next: results.add, error: results.fail, complete: results.end },
    );
    await results.finished();
    expect(results.items).toEqual([{ data: { __typename: 'Query' } }]);
  });
});

describe('a single connection', () => {
  const reserve = async () => (await fetch(streamUrl(), { method: 'PUT' })).text();
  const add = (token: string, operationId: string, roomId: string) =>
    fetch(streamUrl(), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-graphql-event-stream-token': token },
      body: JSON.stringify({
        query: print(WatchRoomDocument),
        variables: { roomId, snapshot: true },
        extensions: { operationId },
      }),
    });

  it('carries as many operations as one socket, and makes room when one ends', async () => {
    const room = await newRoom();
    const token = await reserve();
    const gone = new AbortController();
    const stream = await fetch(streamUrl(), {
      headers: { accept: 'text/event-stream', 'x-graphql-event-stream-token': token },
      signal: gone.signal,
    });
    const seen = new Collected<{ id: string; payload: { errors?: { extensions: { code: string } }[] } }>();
    const reading = gather(stream, seen).catch(() => undefined);
    expect((await add(token, 'a', room)).status).toBe(202);
    await add(token, 'b', room);
    await add(token, 'c', room);
    const refused = await seen.first(({ id }) => id === 'c');
    expect(refused.payload.errors?.[0]?.extensions.code).toBe('RATE_LIMITED');
    await fetch(`${streamUrl()}?operationId=a`, {
      method: 'DELETE',
      headers: { 'x-graphql-event-stream-token': token },
    });
    await add(token, 'd', room);
    const accepted = await seen.first(({ id }) => id === 'd');
    expect(accepted.payload.errors).toBeUndefined();
    gone.abort();
    await reading;
  });

  it('knows no stream by a token that it did not give', async () => {
    for (const token of ['__proto__', 'made-up']) {
      const response = await add(token, 'a', 'any');
      expect([response.status, await response.json()]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }]);
    }
  });
});

it('refuses a mutation by GET, and what is no JSON', async () => {
  const byGet = await fetch(`${streamUrl()}?query=${encodeURIComponent('mutation { __typename }')}`, {
    headers: { accept: 'text/event-stream' },
  });
  const form = await fetch(streamUrl(), { method: 'POST', body: 'query={__typename}' });
  expect([byGet.status, form.status]).toEqual([405, 415]);
});

/** Gathers the results of a stream, until it is gone. */
async function gather<T>(response: Response, into: Collected<T>): Promise<void> {
  for await (const { event, data } of eventsOf(response))
    if (event === 'next') into.add(JSON.parse(data) as T);
}
