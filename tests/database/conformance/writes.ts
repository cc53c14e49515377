import mongoose from 'mongoose';
import { failure, type Part } from './suite';

/** Many writes at once, cursors, and limits. */
export const writes: Part = (it, { collection, target }) => {
  it('goes on after an error when a bulk write is unordered, and stops when it is ordered', async () => {
    const documents = [{ _id: 1 }, { _id: 1 }, { _id: 2 }, { _id: 2 }, { _id: 3 }] as never[];
    const c = await collection();
    const error = await failure(c.insertMany(documents, { ordered: false }));
    expect(error).toBeInstanceOf(mongoose.mongo.MongoBulkWriteError);
    expect(error).toMatchObject({ code: 11000, insertedCount: 3 });
    expect(await c.countDocuments()).toBe(3);

    const other = await collection();
    expect(await failure(other.insertMany(documents))).toMatchObject({ code: 11000, insertedCount: 1 });
    expect(await other.countDocuments()).toBe(1);
  });

  it('does every kind of write in one bulk', async () => {
    const c = await collection({ _id: 1, a: 1 }, { _id: 2, a: 1 }, { _id: 3, a: 1 });
    const result = await c.bulkWrite([
      { insertOne: { document: { _id: 4 as never } } },
      { updateMany: { filter: { a: 1 }, update: { $inc: { a: 1 } } } },
      { replaceOne: { filter: { _id: 1 as never }, replacement: { b: 1 } } },
      { updateOne: { filter: { _id: 9 as never }, update: { $set: { up: true } }, upsert: true } },
      { deleteOne: { filter: { _id: 2 as never } } },
    ]);
    expect(result).toMatchObject({
      insertedCount: 1,
      matchedCount: 4,
      modifiedCount: 4,
      upsertedCount: 1,
      deletedCount: 1,
    });
    expect(await c.find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 1, b: 1 },
      { _id: 3, a: 2 },
      { _id: 4 },
      { _id: 9, up: true },
    ]);
  });

  it('reads a large result batch by batch, each document once', async () => {
    const c = await collection(...Array.from({ length: 250 }, (_, _id) => ({ _id })));
    const seen: unknown[] = [];
    for await (const { _id } of c.find().sort({ _id: 1 }).batchSize(7)) seen.push(_id);
    expect(seen).toEqual(Array.from({ length: 250 }, (_, i) => i));
  });

  it('knows a cursor no more once it was killed', async () => {
    const c = await collection({ _id: 1 }, { _id: 2 }, { _id: 3 });
    const { db } = target();
    const { cursor } = await db.command({ find: c.collectionName, batchSize: 1 });
    const id = mongoose.mongo.Long.fromValue(cursor.id);
    const killed = await db.command({ killCursors: c.collectionName, cursors: [id] });
    expect(killed['cursorsKilled']).toHaveLength(1);
    expect((await failure(db.command({ getMore: id, collection: c.collectionName }))).code).toBe(43);
  });

  it('ends a cursor whose collection is dropped or renamed, and refuses a time limit for a batch', async () => {
    const { db } = target();
    const open = async () => {
      const c = await collection({ _id: 1 }, { _id: 2 }, { _id: 3 });
      const { cursor } = await db.command({ find: c.collectionName, batchSize: 1 });
      const more = { getMore: mongoose.mongo.Long.fromValue(cursor.id), collection: c.collectionName };
      return { c, codeOfNext: async (body = {}) => (await failure(db.command({ ...more, ...body }))).code };
    };
    const dropped = await open();
    await dropped.c.drop();
    expect(await dropped.codeOfNext()).toBe(175);
    expect(await dropped.codeOfNext()).toBe(43);
    const renamed = await open();
    await renamed.c.rename(`${renamed.c.collectionName}_renamed`);
    expect(await renamed.codeOfNext()).toBe(175);
    const limited = await open();
    expect(await limited.codeOfNext({ maxTimeMS: 1_000 })).toBe(2);
  });

  it('keeps a document of almost 16 MiB, and refuses a larger one with a clear error', async () => {
    const c = await collection();
    const text = 'x'.repeat(16 * 1024 * 1024 - 100);
    await c.insertOne({ _id: 1 as never, text });
    expect((await c.findOne())?.['text']).toHaveLength(text.length);
    const error = await failure(c.updateOne({}, { $set: { more: 'y'.repeat(200) } }));
    expect([10334, 17419]).toContain(error.code);
    expect(error.message).toMatch(/larger than|too large/);
  });

  it('stores documents of 180 levels, and no deeper ones', async () => {
    const c = await collection({ _id: 1 });
    const nested = (levels: number): mongoose.mongo.Document =>
      levels === 0 ? {} : { a: nested(levels - 1) };
    await c.insertOne(nested(179));
    expect((await failure(c.insertOne(nested(180)))).code).toBe(15);
    await c.updateOne({ _id: 1 as never }, { $set: { a: nested(178) } });
    expect((await failure(c.updateOne({ _id: 1 as never }, { $set: { a: nested(179) } }))).code).toBe(15);
  });

  it('groups, joins and unwinds in a pipeline', async () => {
    const orders = await collection(
      { _id: 1, who: 'ann', items: ['tea', 'milk'] },
      { _id: 2, who: 'bob', items: ['tea'] },
      { _id: 3, who: 'ann', items: [] },
    );
    const people = await collection({ _id: 'ann', age: 40 }, { _id: 'bob', age: 50 });
    const found = await orders
      .aggregate([
        { $unwind: '$items' },
        { $group: { _id: '$items', who: { $addToSet: '$who' }, n: { $sum: 1 } } },
        { $match: { n: 1 } },
        { $lookup: { from: people.collectionName, localField: 'who', foreignField: '_id', as: 'people' } },
        { $project: { ages: '$people.age' } },
      ])
      .toArray();
    expect(found).toEqual([{ _id: 'milk', ages: [40] }]);
  });

  it('counts, and lists distinct values, those in arrays one by one', async () => {
    const c = await collection({ _id: 1, a: [1, 2] }, { _id: 2, a: 2 }, { _id: 3, a: 3 });
    expect(await c.countDocuments({ a: 2 })).toBe(2);
    expect((await c.distinct('a')).sort()).toEqual([1, 2, 3]);
  });

  it('refuses an operator that nobody knows', async () => {
    const c = await collection({ _id: 1, a: 1 });
    expect((await failure(c.findOne({ a: { $nope: 1 } }))).code).toBe(2);
    expect((await failure(c.updateOne({}, { $nope: { a: 1 } } as never))).code).toBe(9);
    expect((await failure(c.aggregate([{ $nope: {} }]).toArray())).code).toBe(40324);
  });
};
