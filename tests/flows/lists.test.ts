import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import {
  CreateRoomDocument,
  JoinRoomDocument,
  type RoomFilter,
  RoomPagesDocument,
  RoomsDocument,
} from '../generated/operations';
import { post } from '../helpers/clients';
import { openPlace, type Place } from '../helpers/service';

let service: Place;
let url: string;
const names = ['Maths', 'Physics', 'maths again', 'Art (evening)', 'History'];

beforeAll(async () => {
  service = await openPlace();
  url = service.url;
  for (const name of names) {
    const { data } = await post(url, CreateRoomDocument, { input: { name } });
    if (name === 'Physics')
      await post(url, JoinRoomDocument, { input: { roomId: data.createRoom.id, userId: 'ana' } });
  }
});
afterAll(() => service?.close());

const namesOf = async (filter: RoomFilter | null) =>
  (await post(url, RoomsDocument, { filter })).data.rooms.map(({ name }) => name);

it('lists the newest room first, at most as many as asked for', async () => {
  expect(await namesOf(null)).toEqual([...names].reverse());
  const { data } = await post(url, RoomsDocument, { limit: 2 });
  expect(data.rooms.map(({ name }) => name)).toEqual(['History', 'Art (evening)']);
});

it.each([
  ['part of a name, in capitals or not', { nameContains: 'MATHS' }, ['maths again', 'Maths']],
  ['a name with characters that patterns are made of', { nameContains: '(evening)' }, ['Art (evening)']],
  ['rooms with somebody in them', { occupied: true }, ['Physics']],
  ['rooms that are disabled', { enabled: false }, []],
  ['rooms made after tomorrow', { createdAfter: new Date(Date.now() + 86_400_000).toISOString() }, []],
  [
    'rooms made after yesterday',
    { createdAfter: new Date(Date.now() - 86_400_000).toISOString(), nameContains: 'hist' },
    ['History'],
  ],
])('filters by %s', async (_what, filter, expected) => {
  expect(await namesOf(filter)).toEqual(expected);
});

it('gives the same rooms by pages, none twice and none missing, also when one is made meanwhile', async () => {
  const seen: string[] = [];
  let after: string | null | undefined;
  for (;;) {
    const { data } = await post(url, RoomPagesDocument, {
      first: 2,
      after,
      filter: { createdBefore: new Date().toISOString() },
    });
    const { edges, nodes, pageInfo } = data.roomConnection;
    expect(nodes.map(({ id }) => id)).toEqual(edges.map(({ node }) => node.id));
    seen.push(...edges.map(({ node }) => node.name));
    if (!pageInfo.hasNextPage) break;
    expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor);
    after = pageInfo.endCursor;
    await post(url, CreateRoomDocument, { input: { name: `made meanwhile ${seen.length}` } });
  }
  expect(seen).toEqual([...names].reverse());
});

it('works with relayStylePagination of a stock Apollo Client', async () => {
  const cache = new InMemoryCache({
    typePolicies: { Query: { fields: { roomConnection: relayStylePagination() } } },
  });
  const client = new ApolloClient({ link: new HttpLink({ uri: `${url}/graphql` }), cache });
  const { data } = await client.query({ query: RoomPagesDocument, variables: { first: 3 } });
  const after = data?.roomConnection.pageInfo.endCursor;
  await client.query({
    query: RoomPagesDocument,
    variables: { first: 3, after },
    fetchPolicy: 'network-only',
  });
  const merged = cache.readQuery({ query: RoomPagesDocument, variables: { first: 3 } });
  expect(new Set(merged?.roomConnection.edges.map(({ node }) => node.id)).size).toBe(6);
  client.stop();
});
