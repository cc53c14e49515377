import mongoose from 'mongoose';
import { type OpenDatabase, openTestDatabase } from '../helpers/embedded';

let database: OpenDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

describe('a TTL index', () => {
  it('removes what is over, keeps what is not, and leaves alone what is no date', async () => {
    const admin = database.client.db('admin');
    await admin.command({ setParameter: 1, ttlMonitorSleepSecs: 1 });
    const c = database.db.collection('ends');
    await c.createIndex({ at: 1 }, { expireAfterSeconds: 10 });
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000);
    await c.insertMany([
      { _id: 'over' as never, at: ago(3_600) },
      { _id: 'over, in an array' as never, at: [ago(-3_600), ago(3_600)] },
      { _id: 'not yet' as never, at: ago(-3_600) },
      { _id: 'no date' as never, at: 'yesterday' },
      { _id: 'nothing' as never },
    ]);
    await c.insertMany(Array.from({ length: 1_200 }, () => ({ at: ago(60) })));
    while ((await c.countDocuments()) > 3) await database.db.command({ ping: 1 });
    expect((await c.find().toArray()).map(({ _id }) => _id)).toEqual(['not yet', 'no date', 'nothing']);
    const { metrics } = await admin.command({ serverStatus: 1 });
    expect(Number(metrics.ttl.deletedDocuments)).toBe(1_202);
  });
});

describe('a port', () => {
  it('is opened for tools that know no Unix sockets, on this machine only, and only where it is asked for', async () => {
    expect(database.tcpUri).toBeUndefined();
    await using open = await openTestDatabase(undefined, 0);
    expect(open.tcpUri).toMatch(/^mongodb:\/\/127\.0\.0\.1:\d+$/);
    const client = await new mongoose.mongo.MongoClient(open.tcpUri ?? '').connect();
    await client.db('test').collection('c').insertOne({ a: 1 });
    expect(await open.db.collection('c').countDocuments()).toBe(1);
    await client.close();
  });
});

describe('collections and databases', () => {
  it('are made, listed, renamed and dropped, with their indexes', async () => {
    const db = database.client.db('shelf');
    await db.createCollection('books');
    await db.collection('books').createIndex({ title: 1 }, { unique: true });
    await db.collection('books').insertOne({ title: 'A' });
    expect((await db.listCollections().toArray()).map(({ name }) => name)).toEqual(['books']);
    await db.renameCollection('books', 'volumes');
    await expect(db.collection('volumes').insertOne({ title: 'A' })).rejects.toMatchObject({
      code: 11000,
      keyValue: { title: 'A' },
    });
    expect(
      (await database.client.db('admin').admin().listDatabases()).databases.map(({ name }) => name),
    ).toContain('shelf');
    await db.dropDatabase();
    expect(await db.listCollections().toArray()).toEqual([]);
  });

  it('are all there after the server was closed and opened again', async () => {
    const first = await openTestDatabase();
    await first.db.collection('kept').createIndex({ a: 1 }, { unique: true });
    await first.db.collection('kept').insertMany([{ a: 1 }, { a: 2 }]);
    await using again = await first.reopen();
    expect(await again.db.collection('kept').countDocuments()).toBe(2);
    await expect(again.db.collection('kept').insertOne({ a: 2 })).rejects.toMatchObject({ code: 11000 });
  });
});
