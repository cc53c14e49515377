import mongoose from 'mongoose';
import { failure, idsOf, type Part } from './suite';

const { DBRef, MaxKey, MinKey } = mongoose.mongo;

/** Values and names at the edge of what is allowed, and what a server refuses of them. */
export const namesAndRefusals: Part = (it, { collection, target }) => {
  it('stores null as an _id like any other value', async () => {
    const c = await collection();
    // A driver's own methods would put an ObjectId in its place.
    const insert = () => target().db.command({ insert: c.collectionName, documents: [{ _id: null }] });
    await insert();
    expect(await c.find().toArray()).toEqual([{ _id: null }]);
    expect((await insert())['writeErrors']).toMatchObject([{ code: 11000 }]);
    const filter = { _id: null as never };
    expect(await c.updateOne(filter, { $set: { a: 1 } })).toMatchObject({ matchedCount: 1 });
    await c.deleteOne(filter);
    const { upsertedId } = await c.replaceOne(filter, { b: 1 }, { upsert: true });
    expect(upsertedId).toBeNull();
    await c.aggregate([{ $set: { merged: true } }, { $merge: c.collectionName }]).toArray();
    expect(await c.find().toArray()).toEqual([{ _id: null, b: 1, merged: true }]);
  });

  it('puts a missing field between MinKey and MaxKey, with an index too', async () => {
    const c = await collection({ _id: 1 }, { _id: 2, a: new MinKey() }, { _id: 3, a: new MaxKey() });
    const expectOrder = async () => {
      expect(await idsOf(c, { a: { $gt: new MinKey() } })).toEqual([1, 3]);
      expect(await idsOf(c, { a: { $gte: new MinKey() } })).toEqual([1, 2, 3]);
      expect(await idsOf(c, { a: { $lt: new MaxKey() } })).toEqual([1, 2]);
      expect(await idsOf(c, { a: { $lte: new MinKey() } })).toEqual([2]);
      expect(await idsOf(c, { a: new MinKey() })).toEqual([2]);
    };
    await expectOrder();
    await c.createIndex({ a: 1 }, { sparse: true });
    await expectOrder();
  });

  it('finds the fields of a DBRef by $elemMatch, at the top and in $in, and by no other incomplete one', async () => {
    const c = await collection(
      { _id: 1, a: [new DBRef('c', 1 as never)] },
      { _id: 2, a: new DBRef('c', 2 as never) },
    );
    expect(await idsOf(c, { a: { $elemMatch: { $id: 1 } } })).toEqual([1]);
    expect(await idsOf(c, { a: { $elemMatch: { $ref: 'c', $id: 1 } } })).toEqual([1]);
    expect(await idsOf(c, { a: { $in: [new DBRef('c', 2 as never)] } })).toEqual([2]);
    expect(await idsOf(c, { $id: 1 })).toEqual([]);
    expect((await failure(c.findOne({ a: { $id: 1 } }))).code).toBe(2);
    await c.updateOne({ _id: 1 as never }, { $pull: { a: { $id: 1 } } } as never);
    expect(await idsOf(c, { a: [] })).toEqual([1]);
  });

  it('refuses $expr where no whole document is meant', async () => {
    const c = await collection({ _id: 1, a: [{ b: 1 }] });
    const codeOf = async (operation: Promise<unknown>) => (await failure(operation)).code;
    const nested = { a: { $elemMatch: { $expr: true } } };
    expect(await codeOf(c.findOne(nested))).toBe(2);
    expect(await codeOf(c.findOne({}, { projection: nested }))).toBe(2);
    expect(await codeOf(c.updateOne({}, { $pull: { a: { $expr: true } } } as never))).toBe(224);
    expect(
      await codeOf(c.updateOne({}, { $set: { 'a.$[x]': 1 } }, { arrayFilters: [{ x: 1, $expr: true }] })),
    ).toBe(224);
    expect(await codeOf(c.createIndex({ a: 1 }, { partialFilterExpression: { $expr: true } }))).toBe(224);
  });

  it('refuses $expr in the filter of an upsert, whether or not a document matches', async () => {
    const c = await collection({ _id: 1, a: 1 });
    const isOne = { $expr: { $eq: ['$a', 1] } };
    for (const filter of [isOne, { _id: 1, ...isOne }, { $or: [{ b: 1 }, { $nor: [isOne] }] }]) {
      const update = { $set: { a: 2 } };
      const error = await failure(c.updateOne(filter as never, update, { upsert: true }));
      expect(error.code).toBe(224);
      expect(error.message).toContain('$expr is not allowed in the query predicate for an upsert');
      const found = c.findOneAndUpdate(filter as never, update, { upsert: true });
      expect((await failure(found)).code).toBe(224);
    }
    expect(await c.updateOne(isOne, { $set: { a: 2 } })).toMatchObject({ modifiedCount: 1 });
  });

  it('takes $not in $pull for an unknown operator, and leaves the array as it is', async () => {
    const c = await collection({ _id: 1, a: [1, 2, 3] });
    for (const condition of [{ $not: { $gt: 1 } }, { $not: /x/ }]) {
      const error = await failure(c.updateOne({}, { $pull: { a: condition } } as never));
      expect(error.code).toBe(2);
      expect(error.message).toContain('unknown top level operator: $not');
    }
    expect(await c.findOne()).toEqual({ _id: 1, a: [1, 2, 3] });
  });

  it('lets an upsert make fields with a dollar, and no other update', async () => {
    const c = await collection({ _id: 1, a: 1 });
    const upsert = { upsert: true };
    await c.updateOne({ _id: 2 as never }, { $set: { $mine: 1 } }, upsert);
    await c.replaceOne({ _id: 3 as never }, { x: 1, $each: [1] }, upsert);
    expect(await c.find({ _id: { $gt: 1 as never } }).toArray()).toEqual([
      { _id: 2, $mine: 1 },
      { _id: 3, x: 1, $each: [1] },
    ]);
    for (const id of [1, 2] as never[]) {
      const set = c.updateOne({ _id: id }, { $set: { $mine: 2 } });
      expect((await failure(set)).code).toBe(52);
      expect((await failure(c.replaceOne({ _id: id }, { x: 1, $each: [1] }))).code).toBe(52);
    }
    await c.replaceOne({ _id: 1 as never }, { x: 1, $ref: 'c', $id: 1 });
    const incomplete = c.replaceOne({ _id: 1 as never }, { x: 1, $id: 1 });
    expect((await failure(incomplete)).code).toBe(55);
  });

  it('refuses names with a dollar anywhere in an _id, except in a DBRef', async () => {
    const c = await collection({ _id: new DBRef('c', 1 as never) });
    for (const _id of [{ $x: 1 }, { x: { $y: 1 } }, { x: [{ $y: 1 }] }] as never[]) {
      expect((await failure(c.insertOne({ _id }))).code).toBe(52);
      const set = c.updateOne({ q: 1 }, { $set: { _id } } as never, { upsert: true });
      expect((await failure(set)).code).toBe(52);
    }
  });

  it('computes the constants of an update only when a document matches', async () => {
    const c = await collection({ _id: 1 });
    const wrong = [{ $set: { a: { $add: ['age', 1] } } }];
    expect(await c.updateOne({ _id: 9 as never }, wrong)).toMatchObject({ matchedCount: 0 });
    expect((await failure(c.updateOne({}, wrong))).code).toBe(14);
    expect((await failure(c.aggregate([{ $match: { _id: 9 } }, ...wrong]).toArray())).code).toBe(14);
    const unknown = c.updateOne({ _id: 9 as never }, [{ $set: { a: { $unknown: 1 } } }]);
    expect((await failure(unknown)).code).toBe(168);
  });

  it('refuses a $merge that would only look for documents', async () => {
    const c = await collection({ _id: 1 });
    for (const whenMatched of ['keepExisting', 'fail'] as const) {
      for (const whenNotMatched of ['discard', 'fail'] as const) {
        const merge = { $merge: { into: c.collectionName, whenMatched, whenNotMatched } };
        expect((await failure(c.aggregate([merge]).toArray())).code).toBe(51181);
      }
    }
  });

  it('deletes nothing where the filter fails on one of the documents', async () => {
    const c = await collection({ _id: 1, a: [] }, { _id: 2, a: 'text' });
    const failing = c.deleteMany({ $expr: { $slice: ['$a', 1] } });
    expect((await failure(failing)).code).toBe(28724);
    expect(await c.countDocuments()).toBe(2);
  });
};
