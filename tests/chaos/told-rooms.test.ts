import type { Connection } from 'mongoose';
import { connectDatabase } from '../../src/database/connect';
import { CreateRoomDocument, WhoIsThereDocument } from '../generated/operations';
import { post } from '../helpers/clients';
import { startTestService } from '../helpers/service';
import { openSharedDatabase } from '../helpers/test-database';
import { seeds, shown, trials } from '../helpers/trials';
import { deliver, SAMPLE_APP, type Webhook } from '../helpers/webhooks';
import { randomFrom } from './crowd';
import { History } from './history';
import type { StoredState } from './stored-state';
import { inventRoom, shuffled, type ToldRoom } from './told-room';

const roomsAtOnce = trials(5, 25);
const events = trials(500, 10_000);
const senders = 32;
/** In milliseconds, after the last delivery. */
const LONGEST_WAIT = 120_000;

it('everything 100ms tells, up to five times each in any order and at two doors, ends as a plain model says', async () => {
  let deliveries = 0;
  const tried = seeds(1, 3);
  for (const seed of tried) deliveries += await tell(seed);
  shown(
    'through the doors, the inbox and the log of two processes: the same presence',
    `${tried.length} seeds × ${events} events, ${deliveries} deliveries, 0 differ`,
  );
}, 1_800_000);

async function tell(seed: number): Promise<number> {
  const random = randomFrom(seed);
  await using instances = await openTwo();
  const { connection, urls } = instances;
  const [first = ''] = urls;
  const rooms: ToldRoom[] = [];
  for (let n = 0; n < roomsAtOnce; n += 1) {
    const { data } = await post(first, CreateRoomDocument, { input: { name: `Room ${n}` } });
    rooms.push(inventRoom(data.createRoom.id, events / roomsAtOnce, random));
  }
  const deliveries = shuffled(
    rooms.flatMap(({ webhooks }) => webhooks),
    random,
  );
  await deliverAll(deliveries, urls);
  await everythingIsApplied(connection);
  for (const url of urls) for (const room of rooms) await expectAnswer(url, room);
  await expectStored(connection, rooms);
  return deliveries.length;
}

/** Two processes' worth of Rollcall on one database, as behind a balancer. */
async function openTwo() {
  const database = await openSharedDatabase();
  const settings = {
    MONGO_URI: database.uri,
    HMS_APP_ID: SAMPLE_APP,
    // Whoever was lost has left soon after; and nothing else than webhooks tells of anybody.
    RECONNECT_GRACE_SECONDS: '1',
    RECONCILE_SECONDS: '0',
  };
  const services = [await startTestService(settings), await startTestService(settings)];
  const connection = await connectDatabase(database.uri);
  return {
    urls: services.map(({ url }) => url),
    connection,
    async [Symbol.asyncDispose]() {
      await connection.close();
      await Promise.all(services.map((service) => service.close()));
      await database[Symbol.asyncDispose]();
    },
  };
}

async function deliverAll(deliveries: readonly Webhook[], urls: readonly string[]): Promise<void> {
  const left = [...deliveries];
  const send = async () => {
    for (let webhook = left.pop(); webhook; webhook = left.pop()) {
      const { status } = await deliver(urls[left.length % urls.length] ?? '', webhook);
      expect(status).toBe(200);
    }
  };
  await Promise.all(Array.from({ length: senders }, send));
}

/** Resolves when no event is pending any more, and nobody is waited for. */
async function everythingIsApplied(connection: Connection): Promise<void> {
  const count = (name: string, status: string) => connection.collection(name).countDocuments({ status });
  for (const giveUpAt = Date.now() + LONGEST_WAIT; ; ) {
    const pending = await count('inbox', 'pending');
    const waitedFor = await count('participants', 'RECONNECTING');
    if (pending + waitedFor === 0) return;
    if (Date.now() > giveUpAt)
      throw new Error(`${pending} events are pending, ${waitedFor} people waited for`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function expectAnswer(url: string, { roomId, present }: ToldRoom): Promise<void> {
  const { room } = (await post(url, WhoIsThereDocument, { id: roomId })).data;
  const users = [...present.values()].map(({ userId }) => userId).sort();
  expect(room?.participants.map(({ userId }) => userId).sort()).toEqual(users);
  expect(room?.participantCount).toBe(new Set(users).size);
}

/** Each event kept once; each peer one participant, there or gone as the model says; the log whole and its counts right. */
async function expectStored(connection: Connection, rooms: readonly ToldRoom[]): Promise<void> {
  const all = async (name: string) => connection.collection(name).find().toArray();
  const kept = (await all('inbox')).map(({ _id }) => String(_id)).sort();
  expect(kept).toEqual(rooms.flatMap(({ webhooks }) => webhooks.map(({ id }) => id)).sort());

  const stored = {
    entries: await all('room_events'),
    rooms: await all('rooms'),
    participants: await all('participants'),
  };
  const keys = stored.participants.flatMap((participant) => participant['keys'] as string[]);
  expect(keys.sort()).toEqual(rooms.flatMap(({ known }) => [...known]).sort());
  const here = stored.participants
    .filter(({ status }) => status !== 'LEFT')
    .map((there) => [there['keys'].at(-1), { userId: there['userId'], role: there['role'] }]);
  const expected = rooms.flatMap(({ present }) => [...present]);
  expect(new Map(here as [string, object][])).toEqual(new Map(expected));
  expect(new History().check(stored as unknown as StoredState)).toEqual([]);
}
