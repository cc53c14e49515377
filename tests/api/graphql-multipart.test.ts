import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { print } from 'graphql';
import type { RunningService } from '../../src/app';
import {
  CreateRoomDocument,
  JoinRoomDocument,
  LeaveRoomDocument,
  RoomsDocument,
  WatchRoomDocument,
  type WatchRoomSubscription,
} from '../generated/operations';
import { post } from '../helpers/clients';
import { Collected } from '../helpers/collected';
import { startTestService } from '../helpers/service';

type Update = WatchRoomSubscription['participantUpdates'];

let service: RunningService;
let client: ApolloClient;

beforeAll(async () => {
  service = await startTestService({ PING_SECONDS: '1' });
  // As its documentation sets it up for HTTP, and nothing for subscriptions.
  client = new ApolloClient({
    link: new HttpLink({ uri: `${service.url}/graphql` }),
    cache: new InMemoryCache(),
  });
});
afterAll(async () => {
  client.stop();
  await service.close();
});

const input = (roomId: string, userId: string) => ({ input: { roomId, userId } });

async function newRoom(): Promise<string> {
  const { data } = await post(service.url, CreateRoomDocument, { input: { name: 'In parts' } });
  return data.createRoom.id;
}

function watch(roomId: string, after?: string) {
  const seen = new Collected<Update>();
  const subscription = client
    .subscribe({ query: WatchRoomDocument, variables: { roomId, snapshot: true, after } })
    .subscribe({
      next: ({ data, error }) => (data ? seen.add(data.participantUpdates) : seen.fail(error)),
      error: seen.fail,
      complete: seen.end,
    });
  return { seen, subscription };
}

it('gives a stock Apollo Client its updates with no WebSocket at all, and goes on from a cursor', async () => {
  const room = await newRoom();
  const first = watch(room);
  await first.seen.atLeast(1);
  await post(service.url, JoinRoomDocument, input(room, 'ana'));
  const [, joined] = await first.seen.atLeast(2);
  expect(joined).toMatchObject({ action: 'JOINED', userId: 'ana', replayed: false });
  first.subscription.unsubscribe();

  await post(service.url, LeaveRoomDocument, input(room, 'ana'));
  const second = watch(room, joined?.cursor);
  expect((await second.seen.atLeast(2)).map(({ action, replayed }) => [action, replayed])).toEqual([
    ['LEFT', true],
    ['CAUGHT_UP', false],
  ]);
  second.subscription.unsubscribe();
});

it('answers what cannot start inside the stream', async () => {
  const { seen } = watch('nobodys');
  await expect(seen.atLeast(1)).rejects.toThrow('There is no room nobodys');
});

it('answers queries of the same client as ever', async () => {
  const { data } = await client.query({ query: RoomsDocument, fetchPolicy: 'no-cache' });
  expect(data?.rooms.length).toBeGreaterThan(0);
});

const accept = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0';

function ask(query: string, variables: object, accepted = accept): Promise<Response> {
  return fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: accepted },
    body: JSON.stringify({ query, variables }),
  });
}

it('shows by heartbeats that a quiet stream is alive', async () => {
  const response = await ask(print(WatchRoomDocument), { roomId: await newRoom() });
  expect(response.headers.get('content-type')).toBe(
    'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"',
  );
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += new TextDecoder().decode(chunk as Uint8Array);
    if (text.includes('{}')) break;
  }
  expect(text).toBe('\r\n--graphql\r\nContent-Type: application/json\r\n\r\n{}\r\n--graphql');
});

it('ends with the last boundary, after which clients do not come back', async () => {
  const text = await (await ask(print(WatchRoomDocument), { roomId: 'nobodys' })).text();
  const parts = text.split('\r\n--graphql');
  expect(parts).toEqual(['', expect.stringContaining('"code":"ROOM_NOT_FOUND"'), '--\r\n']);
});

it('holds a document with a mistake against the same rules, as JSON where that is accepted', async () => {
  const inParts = await ask('subscription { nothing }', {});
  expect(await inParts.text()).toContain('"code":"GRAPHQL_VALIDATION_FAILED"');
  const asJson = await ask('subscription { nothing }', {}, `${accept},application/json`);
  expect([asJson.status, await asJson.json()]).toMatchObject([
    200,
    { errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] },
  ]);
});

it.each([
  'multipart/mixed;subscriptionSpec=1.0',
  'application/json, multipart/mixed ; boundary="-" ; SubscriptionSpec = "1.0"',
])('takes subscriptions by Accept: %s', async (accept) => {
  const gone = new AbortController();
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify({ query: print(WatchRoomDocument), variables: { roomId: await newRoom() } }),
    signal: gone.signal,
  });
  expect(response.headers.get('content-type')).toContain('multipart/mixed');
  gone.abort();
});
