import { failure, type Part } from './suite';

/** What indexes forbid, and what they forget in time. */
export const indexes: Part = (it, { collection, target }) => {
  it('names the key and the value of a duplicate', async () => {
    const c = await collection({ _id: 1, mail: 'a@b' });
    await c.createIndex({ mail: 1 }, { unique: true });
    const error = await failure(c.insertOne({ mail: 'a@b' }));
    expect(error).toMatchObject({ code: 11000, keyPattern: { mail: 1 }, keyValue: { mail: 'a@b' } });
    expect(error.message).toContain('E11000 duplicate key error');
    expect(error.message).toContain('index: mail_1 dup key: { mail: "a@b" }');
  });

  it('names the _id of a duplicate', async () => {
    const c = await collection({ _id: 1 });
    const error = await failure(c.insertOne({ _id: 1 as never }));
    expect(error).toMatchObject({ code: 11000, keyPattern: { _id: 1 }, keyValue: { _id: 1 } });
  });

  it('takes a missing field for null in a unique index', async () => {
    const c = await collection({ _id: 1 });
    await c.createIndex({ a: 1 }, { unique: true });
    expect((await failure(c.insertOne({ b: 1 }))).code).toBe(11000);
    expect((await failure(c.insertOne({ a: null }))).code).toBe(11000);
  });

  it('wants the fields of a compound key to differ only together, missing ones too', async () => {
    const c = await collection();
    await c.createIndex({ a: 1, b: 1 }, { unique: true });
    await c.insertMany([{ a: 1, b: 1 }, { a: 1, b: 2 }, { a: 1 }, { b: 1 }, {}]);
    expect((await failure(c.insertOne({ a: 1, b: 2 }))).code).toBe(11000);
    expect((await failure(c.insertOne({ a: 1, b: null }))).code).toBe(11000);
    expect((await failure(c.insertOne({ c: 1 }))).code).toBe(11000);
  });

  it('wants each element of an array to be nowhere else in a unique index', async () => {
    const c = await collection({ _id: 1, a: [1, 2] });
    await c.createIndex({ a: 1 }, { unique: true });
    expect((await failure(c.insertOne({ a: [2, 3] }))).code).toBe(11000);
    await c.insertOne({ a: [5, 5] });
  });

  it('wants only those documents to be unique that a partial index is about', async () => {
    const c = await collection();
    await c.createIndex({ a: 1 }, { unique: true, partialFilterExpression: { open: true } });
    await c.insertMany([{ a: 1 }, { a: 1 }, { a: 1, open: true }]);
    expect((await failure(c.insertOne({ a: 1, open: true }))).code).toBe(11000);
    expect((await failure(c.updateOne({ open: { $exists: false } }, { $set: { open: true } }))).code).toBe(
      11000,
    );
  });

  it('lets a sparse unique index overlook documents without the field', async () => {
    const c = await collection();
    await c.createIndex({ a: 1 }, { unique: true, sparse: true });
    await c.insertMany([{ b: 1 }, { b: 2 }, { a: null }]);
    expect((await failure(c.insertOne({ a: null }))).code).toBe(11000);
  });

  it('refuses an update that would make a duplicate, and changes nothing', async () => {
    const c = await collection({ _id: 1, a: 1 }, { _id: 2, a: 2 });
    await c.createIndex({ a: 1 }, { unique: true });
    expect((await failure(c.updateOne({ _id: 2 as never }, { $set: { a: 1 } }))).code).toBe(11000);
    expect(await c.findOne({ _id: 2 as never })).toEqual({ _id: 2, a: 2 });
  });

  it('makes no unique index over duplicates', async () => {
    const c = await collection({ _id: 1, a: 1 }, { _id: 2, a: 1 });
    expect((await failure(c.createIndex({ a: 1 }, { unique: true }))).code).toBe(11000);
    expect(await c.indexes()).toHaveLength(1);
  });

  it('lists indexes with their options, and says which one a query uses', async () => {
    const c = await collection({ _id: 1, a: 1 });
    await c.createIndex({ a: 1, b: -1 }, { name: 'both', unique: true });
    expect(await c.indexes()).toMatchObject([
      { key: { _id: 1 }, name: '_id_' },
      { key: { a: 1, b: -1 }, name: 'both', unique: true },
    ]);
    expect(JSON.stringify(await c.find({ a: 1 }).explain())).toContain('"indexName":"both"');
  });

  it('refuses another index of the same name', async () => {
    const c = await collection();
    await c.createIndex({ a: 1 }, { name: 'x' });
    expect((await failure(c.createIndex({ b: 1 }, { name: 'x' }))).code).toBe(86);
  });

  it('removes documents whose time is over, and no others', async () => {
    // A second instead of a minute between two looks, where the server lets us.
    const admin = target().client.db('admin');
    await admin.command({ setParameter: 1, ttlMonitorSleepSecs: 1 });
    const c = await collection(
      { _id: 1, at: new Date(0) },
      { _id: 2, at: new Date(Date.now() + 3_600_000) },
      { _id: 3, at: 'never' },
    );
    await c.createIndex({ at: 1 }, { expireAfterSeconds: 10 });
    while ((await c.countDocuments()) === 3) await new Promise((resolve) => setTimeout(resolve, 50));
    await admin.command({ setParameter: 1, ttlMonitorSleepSecs: 60 });
    expect((await c.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id)).toEqual([2, 3]);
  });

  it('refuses names of indexes that mean something else, and options for the index of _id', async () => {
    const c = await collection({ _id: 1 });
    const codeOf = async (spec: Record<string, unknown>) => {
      const command = { createIndexes: c.collectionName, indexes: [spec] };
      return (await failure(target().db.command(command))).code;
    };
    expect(await codeOf({ key: { a: 1 }, name: '*' })).toBe(2);
    expect(await codeOf({ key: { a: 1 }, name: '_id_' })).toBe(2);
    expect(await codeOf({ key: { _id: -1 }, name: 'down' })).toBe(2);
    for (const option of ['unique', 'sparse', 'background', 'hidden']) {
      expect(await codeOf({ key: { _id: 1 }, name: '_id_', [option]: true })).toBe(197);
    }
    expect(await c.createIndex({ _id: 1 })).toBe('_id_1');
  });

  it('refuses another time to live for an index that is there', async () => {
    const c = await collection({ _id: 1 });
    await c.createIndex({ at: 1 }, { expireAfterSeconds: 10 });
    const again = c.createIndex({ at: 1 }, { expireAfterSeconds: 20 });
    expect((await failure(again)).code).toBe(85);
  });
};
