import mongoose from 'mongoose';
import { type OpenDatabase, openTestDatabase } from '../helpers/embedded';

let database: OpenDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
  const names = Array.from({ length: 5_000 }, (_, n) => ({ n, name: `Room number ${n}`, parity: n % 2 }));
  await database.db.collection('rooms').insertMany(names);
});
afterAll(() => database[Symbol.asyncDispose]());

/** A client with one connection of its own, so that its commands queue behind those of no other client. */
async function oneConnection() {
  const client = await new mongoose.mongo.MongoClient(database.uri, { maxPoolSize: 1 }).connect();
  const rooms = client.db('test').collection('rooms');
  return { rooms, db: client.db('test'), [Symbol.asyncDispose]: () => client.close() };
}

const unfound = { name: { $regex: 'no room is called this', $options: 'i' } };
type Rooms = Awaited<ReturnType<typeof oneConnection>>['rooms'];

const longReads: readonly [string, (rooms: Rooms) => Promise<unknown>, unknown][] = [
  ['a find', (rooms) => rooms.find(unfound).toArray(), []],
  ['a find that sorts', (rooms) => rooms.find(unfound).sort({ name: 1 }).toArray(), []],
  [
    'a find over an index',
    (rooms) =>
      rooms
        .find({ _id: { $exists: true }, ...unfound })
        .hint('_id_')
        .toArray(),
    [],
  ],
  ['a count', (rooms) => rooms.countDocuments(unfound), 0],
  ['a count of many', (rooms) => rooms.countDocuments({ parity: 1 }), 2_500],
  ['a count of a part', (rooms) => rooms.countDocuments({ parity: 1 }, { skip: 2_000, limit: 900 }), 500],
  ['distinct', (rooms) => rooms.distinct('parity'), [0, 1]],
  [
    'an aggregation',
    (rooms) =>
      rooms.aggregate([{ $group: { _id: '$parity', n: { $sum: '$n' } } }, { $sort: { _id: 1 } }]).toArray(),
    [
      { _id: 0, n: 6_247_500 },
      { _id: 1, n: 6_250_000 },
    ],
  ],
];

describe.each(longReads)('%s over 5,000 documents', (_what, read, expected) => {
  it('lets the commands of another connection be answered before it is over', async () => {
    await using reader = await oneConnection();
    await using other = await oneConnection();
    await Promise.all([reader.db.command({ ping: 1 }), other.db.command({ ping: 1 })]);
    const order: string[] = [];
    const reading = read(reader.rooms).then((answer) => {
      order.push('read');
      return answer;
    });
    const inserting = other.db
      .collection('others')
      .insertOne({})
      .then(() => order.push('insert'));
    const [answer] = await Promise.all([reading, inserting]);
    expect(answer).toEqual(expected);
    expect(order).toEqual(['insert', 'read']);
  });
});

it('lets other commands be answered before the next batch of a cursor is found', async () => {
  await using reader = await oneConnection();
  await using other = await oneConnection();
  await other.db.command({ ping: 1 });
  const cursor = reader.rooms.find({ n: { $in: [0, 4_999] } }).batchSize(1);
  expect(await cursor.next()).toMatchObject({ n: 0 });
  const order: string[] = [];
  const last = cursor.next().then((found) => {
    order.push('batch');
    return found;
  });
  const pinging = other.db.command({ ping: 1 }).then(() => order.push('ping'));
  await Promise.all([last, pinging]);
  expect(await last).toMatchObject({ n: 4_999 });
  expect(order).toEqual(['ping', 'batch']);
});

it('answers the commands of one connection in order, a short one behind a long one', async () => {
  await using reader = await oneConnection();
  const order: string[] = [];
  await Promise.all([
    reader.rooms.countDocuments(unfound).then(() => order.push('count')),
    reader.db.command({ ping: 1 }).then(() => order.push('ping')),
  ]);
  expect(order).toEqual(['count', 'ping']);
});

it('ends a search that finds nothing once its time is over', async () => {
  await using reader = await oneConnection();
  const sum = { $reduce: { input: { $range: [0, 300] }, initialValue: 0, in: { $add: ['$$value', '$n'] } } };
  const never = { $expr: { $lt: [sum, -1] } };
  const expected = { code: 50, codeName: 'MaxTimeMSExpired' };
  await expect(reader.rooms.find(never, { maxTimeMS: 1 }).toArray()).rejects.toMatchObject(expected);
  await expect(reader.rooms.find(never, { maxTimeMS: 1 }).sort({ name: 1 }).toArray()).rejects.toMatchObject(
    expected,
  );
  await expect(reader.rooms.countDocuments(never, { maxTimeMS: 1 })).rejects.toMatchObject(expected);
});

it.each<[string, (db: mongoose.mongo.Db) => Promise<unknown>, number]>([
  ['dropped', (db) => db.collection('passing').drop(), 0],
  ['renamed', (db) => db.collection('passing').rename('renamed'), 0],
  ['without the index that it is read by', (db) => db.collection('passing').dropIndex('n_1'), 3_000],
])('counts what is there when a collection is %s during a long count', async (_what, change, left) => {
  await using reader = await oneConnection();
  await using other = await oneConnection();
  const passing = reader.db.collection('passing');
  await passing.insertMany(Array.from({ length: 3_000 }, (_, n) => ({ n, name: `${n}` })));
  await passing.createIndex({ n: 1 });
  await Promise.all([reader.db.command({ ping: 1 }), other.db.command({ ping: 1 })]);
  const counting = passing.countDocuments({ n: { $gte: 0 }, name: { $exists: true } });
  const [count] = await Promise.all([counting, change(other.db)]);
  expect(count).toBe(left);
  await reader.db.dropCollection('passing');
  await reader.db.dropCollection('renamed');
});
