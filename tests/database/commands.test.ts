import mongoose from 'mongoose';
import { type OpenDatabase, openTestDatabase } from '../helpers/embedded';

const { Long, Double, Int32, Decimal128, ObjectId, Binary, Timestamp } = mongoose.mongo.BSON;
type Collection = mongoose.mongo.Collection<mongoose.mongo.Document>;

let database: OpenDatabase;
let counter = 0;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

/** A collection that no other test has touched. */
function fresh(): Collection {
  return database.db.collection(`c${++counter}`);
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => ({ _id: i as never, n: i }));

describe("the driver's collection methods, which send their documents as sequences", () => {
  it('insert, update, replace, delete and find again', async () => {
    const c = fresh();
    expect((await c.insertOne({ a: 1 })).acknowledged).toBe(true);
    expect((await c.insertMany([{ a: 2 }, { a: 3 }])).insertedCount).toBe(2);
    expect(await c.updateOne({ a: 1 }, { $set: { b: 1 } })).toMatchObject({
      matchedCount: 1,
      modifiedCount: 1,
    });
    expect(await c.updateMany({}, { $inc: { a: 10 } })).toMatchObject({ matchedCount: 3, modifiedCount: 3 });
    expect(await c.replaceOne({ a: 12 }, { a: 99 })).toMatchObject({ modifiedCount: 1 });
    expect(await c.deleteOne({ a: 99 })).toMatchObject({ deletedCount: 1 });
    expect(
      await c
        .find({}, { projection: { _id: 0 } })
        .sort({ a: 1 })
        .toArray(),
    ).toEqual([{ a: 11, b: 1 }, { a: 13 }]);
    expect(await c.deleteMany({})).toMatchObject({ deletedCount: 2 });
  });

  it('report each error of an unordered bulk write, and do all the rest', async () => {
    const c = fresh();
    await c.insertOne({ _id: 1 as never });
    const error = await c
      .bulkWrite(
        [
          { insertOne: { document: { _id: 1 as never } } },
          { updateOne: { filter: { _id: 2 as never }, update: { $set: { b: 1 } }, upsert: true } },
          { updateOne: { filter: { _id: 1 as never }, update: { $inc: { b: 'x' as never } } } },
          { deleteOne: { filter: { _id: 1 as never } } },
        ],
        { ordered: false },
      )
      .catch((caught) => caught);
    expect(error).toBeInstanceOf(mongoose.mongo.MongoBulkWriteError);
    expect(
      error.writeErrors.map(({ index, code }: { index: number; code: number }) => [index, code]),
    ).toEqual([
      [0, 11000],
      [2, 14],
    ]);
    expect(error.result).toMatchObject({ upsertedCount: 1, deletedCount: 1 });
    expect(await c.find().toArray()).toEqual([{ _id: 2, b: 1 }]);
  });

  it('give back every BSON type as it went in', async () => {
    const c = fresh();
    const doc = {
      _id: new ObjectId(),
      int: new Int32(7),
      long: Long.fromString('9007199254740993'),
      double: new Double(7),
      decimal: Decimal128.fromString('0.10'),
      date: new Date('2024-02-29T12:34:56.789Z'),
      binary: new Binary(Buffer.from([1, 2, 3]), 5),
      timestamp: new Timestamp({ t: 5, i: 6 }),
      regex: /^a.b$/i,
      none: null,
      nested: { '10': 1, '2': [true, 'x', { y: [] }] },
    };
    await c.insertOne(doc);
    const options = { promoteValues: false, promoteLongs: false, promoteBuffers: false };
    const found = await c.findOne({}, options);
    expect(mongoose.mongo.BSON.serialize(found as object)).toEqual(mongoose.mongo.BSON.serialize(doc));
  });

  it('take mongoose in sessions, and findOneAndUpdate with upsert and $setOnInsert', async () => {
    const session = database.client.startSession();
    const c = fresh();
    const once = () =>
      c.findOneAndUpdate(
        { k: 1 },
        { $setOnInsert: { made: 1 }, $inc: { n: 1 } },
        { upsert: true, returnDocument: 'after', session },
      );
    expect(await once()).toMatchObject({ k: 1, made: 1, n: 1 });
    expect(await once()).toMatchObject({ k: 1, made: 1, n: 2 });
    await session.endSession();
  });
});

describe('a document', () => {
  it('of almost 16 MB is stored and found', async () => {
    const c = fresh();
    const text = 'x'.repeat(16 * 1024 * 1024 - 100);
    await c.insertOne({ _id: 1 as never, text });
    expect((await c.findOne())?.['text']).toHaveLength(text.length);
  });

  it('above 16 MB is refused by name, also when an update makes it so', async () => {
    const c = fresh();
    const half = 'x'.repeat(9 * 1024 * 1024);
    await c.insertOne({ _id: 1 as never, a: half });
    await expect(c.updateOne({}, { $set: { b: half } })).rejects.toMatchObject({ code: 10334 });
    expect(Object.keys((await c.findOne()) ?? {})).toEqual(['_id', 'a']);
    const large = { insert: c.collectionName, documents: [{ a: 'x'.repeat(16 * 1024 * 1024) }] };
    const { writeErrors } = await database.db.command(large).catch((error) => error.errorResponse ?? error);
    expect(writeErrors[0]).toMatchObject({
      code: 10334,
      errmsg: expect.stringContaining('max size: 16777216'),
    });
  });

  it('nested deeper than 200 levels is refused', async () => {
    let deep: object = {};
    for (let i = 0; i < 250; i++) deep = { deep };
    await expect(database.db.command({ insert: 'deep', documents: [deep] })).rejects.toMatchObject({
      code: 22,
    });
  });
});

describe('a cursor', () => {
  it('gives everything in batches, to several readers at once, while documents are written', async () => {
    const c = fresh();
    await c.insertMany(numbered(1_000));
    const readers = [1, 7, 100, 999].map(async (batchSize) => {
      const seen: number[] = [];
      for await (const { n } of c.find({ n: { $lt: 1_000 } }, { batchSize })) {
        if (seen.length % 250 === 0) await c.insertOne({ n: 5_000 });
        seen.push(n);
      }
      return seen;
    });
    for (const seen of await Promise.all(readers))
      expect(seen).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
  });

  it('is closed by killCursors, by the end of its session, and when its collection is dropped', async () => {
    const c = fresh();
    await c.insertMany(numbered(10));
    const open = async (session?: mongoose.mongo.ClientSession) => {
      const { cursor } = await database.db.command(
        { find: c.collectionName, batchSize: 2 },
        session ? { session } : {},
      );
      return cursor.id as mongoose.mongo.Long;
    };
    const more = (id: mongoose.mongo.Long, session?: mongoose.mongo.ClientSession) =>
      database.db.command({ getMore: id, collection: c.collectionName }, session ? { session } : {});
    const session = database.client.startSession();
    const other = database.client.startSession();
    const ofSession = await open(session);
    await expect(more(ofSession, other)).rejects.toMatchObject({ code: 50737 });
    await database.client.db('admin').command({ endSessions: [session.id] }, { session: other });
    await expect(more(ofSession, session)).rejects.toMatchObject({ code: 43 });
    const killed = await open(session);
    await database.db.command({ killCursors: c.collectionName, cursors: [killed] });
    await expect(more(killed, session)).rejects.toMatchObject({ code: 43 });
    const dropped = await open(session);
    await c.drop();
    await expect(more(dropped, session)).rejects.toMatchObject({ code: 175 });
    await session.endSession();
    await other.endSession();
  });

  it('keeps to the 16 MB of a message, however many documents were asked for', async () => {
    const c = fresh();
    const text = 'x'.repeat(3 * 1024 * 1024);
    for (let i = 0; i < 8; i++) await c.insertOne({ i, text });
    const { cursor } = await database.db.command({ find: c.collectionName, batchSize: 8 });
    expect(cursor.firstBatch).toHaveLength(5);
    expect(await c.find().toArray()).toHaveLength(8);
  });
});

describe('time limits', () => {
  it('end a query that takes longer, with MaxTimeMSExpired', async () => {
    const c = fresh();
    await c.insertMany(numbered(20_000));
    const sum = {
      $reduce: { input: { $range: [0, 500] }, initialValue: 0, in: { $add: ['$$value', '$n'] } },
    };
    const filter = { $expr: { $gt: [sum, -1] } };
    await expect(c.find(filter, { maxTimeMS: 1 }).toArray()).rejects.toMatchObject({
      code: 50,
      codeName: 'MaxTimeMSExpired',
    });
  });

  it('do not count the time that a cursor waits for its client', async () => {
    const c = fresh();
    await c.insertMany(numbered(3_000));
    const cursor = c.find({}, { maxTimeMS: 1_000, batchSize: 10 });
    await cursor.next();
    const over = Date.now() + 1_100;
    while (Date.now() < over) await database.db.command({ ping: 1 });
    expect((await cursor.toArray()).length).toBe(2_999);
  });
});

describe('what a server alone cannot do', () => {
  it.each<[string, object, object, number, string]>([
    [
      'a transaction',
      { find: 'c', txnNumber: Long.ONE, startTransaction: true, autocommit: false },
      {},
      20,
      'MONGO_URI',
    ],
    [
      'a retryable write',
      { insert: 'c', documents: [{}], txnNumber: Long.ONE },
      {},
      20,
      'Transaction numbers',
    ],
    [
      'a write to several servers',
      { insert: 'c', documents: [{}], writeConcern: { w: 3 } },
      {},
      2,
      'not replicated',
    ],
    ['a linearizable read', { find: 'c', readConcern: { level: 'linearizable' } }, {}, 123, 'MONGO_URI'],
    [
      'a change stream',
      { aggregate: 'c', pipeline: [{ $changeStream: {} }], cursor: {} },
      {},
      40324,
      'MONGO_URI',
    ],
    ['a tailable cursor', { find: 'c', tailable: true }, {}, 2, 'MONGO_URI'],
    ['a capped collection', { create: 'capped', capped: true, size: 4_096 }, {}, 115, 'MONGO_URI'],
    [
      'a text index',
      { createIndexes: 'c', indexes: [{ key: { a: 'text' }, name: 'a_text' }] },
      {},
      67,
      'MONGO_URI',
    ],
    ['JavaScript', { find: 'c', filter: { $where: 'true' } }, {}, 2, 'MONGO_URI'],
    ['an unknown option', { find: 'c', colour: 'red' }, {}, 40415, 'colour'],
    [
      'an unknown option of a statement',
      { update: 'c', updates: [{ q: {}, u: {}, colour: 'red' }] },
      {},
      40415,
      'colour',
    ],
    ['an unknown command', { paint: 1 }, {}, 59, 'paint'],
  ])('%s is refused', async (_, command, options, code, words) => {
    const refused = database.db.command(command, options);
    await expect(refused).rejects.toMatchObject({ code });
    await expect(refused).rejects.toThrow(words);
  });
});

describe('a count of everything', () => {
  it('is the same by every way to ask for it', async () => {
    const c = fresh();
    expect(await c.countDocuments()).toBe(0);
    expect(await c.aggregate([{ $match: {} }, { $group: { _id: 1, n: { $sum: 1 } } }]).toArray()).toEqual([]);
    await c.insertMany([...numbered(30), { tags: [1, 2, 3] }, { tags: [] }]);
    await c.deleteOne({ n: 7 });
    expect(await c.countDocuments()).toBe(31);
    expect(await c.estimatedDocumentCount()).toBe(31);
    expect(await c.countDocuments({}, { skip: 10, limit: 100 })).toBe(21);
    expect(
      await c.aggregate([{ $match: {} }, { $group: { _id: null, all: { $sum: 1 } } }]).toArray(),
    ).toEqual([{ _id: null, all: 31 }]);
    expect(await c.aggregate([{ $match: {} }, { $group: { _id: 1, n: { $sum: 2 } } }]).toArray()).toEqual([
      { _id: 1, n: 62 },
    ]);
  });
});
