import mongoose from 'mongoose';
import { failure, type Part } from './suite';

/** Updates by operators, by place in an array, and by pipeline. */
export const updates: Part = (it, { collection }) => {
  /** What one document is after an update. */
  const after = async (doc: mongoose.mongo.Document, update: mongoose.mongo.Document, filter = {}) => {
    const c = await collection({ _id: 1, ...doc });
    await c.updateOne(filter, update);
    const { _id, ...rest } = (await c.findOne()) ?? {};
    return rest;
  };

  it('adds new fields in the order of their names, and leaves the others where they are', async () => {
    const changed = await after({ y: 1, x: 2 }, { $set: { c: 1, a: 2, y: 9 }, $inc: { b: 3 } });
    expect(Object.entries(changed)).toEqual(Object.entries({ y: 9, x: 2, a: 2, b: 3, c: 1 }));
  });

  it('counts a document as modified only when a byte of it changes', async () => {
    const c = await collection({ _id: 1, a: 1 });
    expect(await c.updateOne({}, { $set: { a: 1 } })).toMatchObject({ matchedCount: 1, modifiedCount: 0 });
    expect(await c.updateOne({}, { $max: { a: 0 } })).toMatchObject({ matchedCount: 1, modifiedCount: 0 });
    // The same number in another type is neither more nor less.
    const same = { $max: { a: new mongoose.mongo.Double(1) } };
    expect(await c.updateOne({}, same)).toMatchObject({ matchedCount: 1, modifiedCount: 0 });
    expect(await c.updateOne({}, { $set: { a: 2 } })).toMatchObject({ matchedCount: 1, modifiedCount: 1 });
  });

  it('counts a $push as a change unless it pushes, sorts and cuts nothing', async () => {
    const modified = async (a: number[], clauses: mongoose.mongo.Document) => {
      const c = await collection({ _id: 1, a });
      return (await c.updateOne({}, { $push: { a: clauses } } as mongoose.mongo.Document)).modifiedCount;
    };
    expect(await modified([1, 2], { $each: [3], $slice: 2 })).toBe(1);
    expect(await modified([], { $each: [3], $slice: 0 })).toBe(1);
    expect(await modified([1, 2], { $each: [], $sort: 1 })).toBe(1);
    expect(await modified([1], { $each: [], $sort: 1 })).toBe(1);
    expect(await modified([1, 2], { $each: [], $slice: 1 })).toBe(1);
    expect(await modified([1, 2], { $each: [], $slice: -2 })).toBe(0);
    expect(await modified([1, 2], { $each: [], $position: 0 })).toBe(0);
    expect(await modified([], { $each: [], $sort: 1, $slice: 0 })).toBe(0);
  });

  it('leaves a number as it is when $inc or $mul gives the same one, and never takes NaN for the same', async () => {
    const { Decimal128, Double } = mongoose.mongo;
    const decimal = (text: string) => Decimal128.fromString(text);
    const changed = async (a: unknown, update: mongoose.mongo.Document) => {
      const c = await collection({ _id: 1, a });
      const { modifiedCount } = await c.updateOne({}, update);
      return [modifiedCount, String((await c.findOne({}, { promoteValues: false }))?.['a'])];
    };
    expect(await changed(decimal('0'), { $mul: { a: new Double(-1) } })).toEqual([0, '0']);
    expect(await changed(decimal('1.0'), { $mul: { a: decimal('1.00') } })).toEqual([0, '1.0']);
    expect(await changed(decimal('1.0'), { $set: { a: decimal('1.00') } })).toEqual([1, '1.00']);
    expect(await changed(decimal('Infinity'), { $inc: { a: 1 } })).toEqual([0, 'Infinity']);
    expect((await changed(new Double(0), { $mul: { a: new Double(-1) } }))[0]).toBe(0);
    expect((await changed(new Double(Number.NaN), { $inc: { a: 1 } }))[0]).toBe(1);
    expect((await changed(decimal('NaN'), { $inc: { a: 1 } }))[0]).toBe(1);
  });

  it('makes the documents on the way of a path, and fills up an array', async () => {
    expect(await after({}, { $set: { 'a.b.c': 1 } })).toEqual({ a: { b: { c: 1 } } });
    expect(await after({ a: [1] }, { $set: { 'a.3': 4 } })).toEqual({ a: [1, null, null, 4] });
  });

  it('leaves null where $unset takes an element away', async () => {
    expect(await after({ a: [1, 2, 3] }, { $unset: { 'a.1': '' } })).toEqual({ a: [1, null, 3] });
  });

  it('changes the element that the filter found by $', async () => {
    const doc = {
      a: [
        { k: 1, v: 0 },
        { k: 2, v: 0 },
      ],
    };
    expect(await after(doc, { $set: { 'a.$.v': 9 } }, { 'a.k': 2 })).toEqual({
      a: [
        { k: 1, v: 0 },
        { k: 2, v: 9 },
      ],
    });
    const byElemMatch = { a: { $elemMatch: { k: 1, v: 0 } } };
    expect(await after(doc, { $inc: { 'a.$.v': 1 } }, byElemMatch)).toEqual({
      a: [
        { k: 1, v: 1 },
        { k: 2, v: 0 },
      ],
    });
  });

  it('refuses $ where the filter found no element', async () => {
    const c = await collection({ _id: 1, a: [1] });
    expect((await failure(c.updateOne({ _id: 1 as never }, { $set: { 'a.$': 2 } }))).code).toBe(2);
  });

  it('changes every element by $[], and those of a filter by $[name]', async () => {
    expect(await after({ a: [1, 2] }, { $inc: { 'a.$[]': 10 } })).toEqual({ a: [11, 12] });
    const c = await collection({ _id: 1, a: [{ k: 1 }, { k: 5 }] });
    await c.updateOne({}, { $set: { 'a.$[x].hit': true } }, { arrayFilters: [{ 'x.k': { $gt: 3 } }] });
    expect(await c.findOne()).toEqual({ _id: 1, a: [{ k: 1 }, { k: 5, hit: true }] });
  });

  it('puts, sorts and cuts in one $push', async () => {
    const clauses = { $each: [7, 3], $position: 0, $sort: 1, $slice: 4 } as const;
    expect(await after({ a: [5, 1, 9] }, { $push: { a: clauses } })).toEqual({ a: [1, 3, 5, 7] });
    expect(await after({ a: [1, 2] }, { $push: { a: { $each: [9], $position: -1 } } })).toEqual({
      a: [1, 9, 2],
    });
    const byField = { $each: [{ k: 3 }], $sort: { k: -1 } } as const;
    expect(await after({ a: [{ k: 2 }, { k: 4 }] }, { $push: { a: byField } })).toEqual({
      a: [{ k: 4 }, { k: 3 }, { k: 2 }],
    });
  });

  it('adds to a set only what is not in it, by value', async () => {
    expect(await after({ a: [1, 'x'] }, { $addToSet: { a: { $each: [1, 2, 'x', 2] } } })).toEqual({
      a: [1, 'x', 2],
    });
  });

  it('takes out by value, by condition, and by fields of documents', async () => {
    expect(await after({ a: [1, 5, 9] }, { $pull: { a: { $gte: 5 } } })).toEqual({ a: [1] });
    expect(await after({ a: [{ k: 1, z: 1 }, { k: 2 }] }, { $pull: { a: { k: 1 } } })).toEqual({
      a: [{ k: 2 }],
    });
    expect(await after({ a: [1, 2, 1] }, { $pullAll: { a: [1] } })).toEqual({ a: [2] });
    expect(await after({ a: [1, 2, 3] }, { $pop: { a: -1 } })).toEqual({ a: [2, 3] });
  });

  it('keeps by $min and $max what comes first and last in the order of all values', async () => {
    expect(await after({ a: 5, b: 5 }, { $min: { a: null }, $max: { b: 'x' } })).toEqual({ a: null, b: 'x' });
  });

  it('gives a field another name, in its new place', async () => {
    const changed = await after({ a: 1, b: 2, c: 3 }, { $rename: { a: 'b' } });
    expect(Object.entries(changed)).toEqual([
      ['b', 1],
      ['c', 3],
    ]);
  });

  it('takes out the documents that a filter with $or finds, and the arrays that $elemMatch does', async () => {
    const byOr = { $pull: { a: { $or: [{ k: 1 }, { k: 3 }] } } };
    expect(await after({ a: [{ k: 1 }, { k: 2 }, { k: 3 }] }, byOr)).toEqual({ a: [{ k: 2 }] });
    const byElement = { $pull: { a: { r: { $elemMatch: { $gte: 3 } } } } };
    expect(await after({ a: [{ r: [1, 2] }, { r: [3] }] }, byElement)).toEqual({ a: [{ r: [1, 2] }] });
  });

  it('refuses array filters that are not used, not there, or about two elements', async () => {
    const c = await collection({ _id: 1, a: [1] });
    const change = (path: string, ...arrayFilters: mongoose.mongo.Document[]) =>
      failure(c.updateOne({}, { $set: { [path]: 1 } }, { arrayFilters }));
    expect((await change('b', { x: 1 })).code).toBe(9);
    expect((await change('a.$[x]')).code).toBe(2);
    expect((await change('a.$[x]', { x: 1, y: 1 })).code).toBe(9);
    expect((await change('a.$[x]', { x: 1 }, { x: 2 })).code).toBe(9);
  });

  it('finds no field in an array filter with nothing but an empty $all', async () => {
    const c = await collection({ _id: 1, a: [1, 5] });
    const change = (filter: mongoose.mongo.Document) =>
      c.updateOne({}, { $set: { 'a.$[x]': 3 } }, { arrayFilters: [filter] });
    expect((await failure(change({ x: { $all: [] } }))).code).toBe(9);
    expect((await failure(change({ x: { $not: { $all: [] } } }))).code).toBe(9);
    expect((await failure(change({ $and: [{ x: { $all: [] } }] }))).code).toBe(9);
    expect((await change({ x: { $all: [], $gt: 1 } })).modifiedCount).toBe(0);
    expect((await change({ y: { $all: [] }, x: 5 })).modifiedCount).toBe(0);
    expect((await change({ $or: [{ x: { $all: [] } }, { x: 5 }] })).modifiedCount).toBe(1);
  });

  it('takes for $ the first element of an array of which $exists is asked', async () => {
    const changed = (filter: mongoose.mongo.Document) =>
      after({ a: ['p', { k: 1 }], c: [0, 1] }, { $set: { 'c.$': 9 } }, filter);
    expect(await changed({ a: { $exists: true } })).toMatchObject({ c: [9, 1] });
    expect(await changed({ 'a.k': { $exists: true } })).toMatchObject({ c: [0, 9] });
    const c = await collection({ _id: 1, a: [], c: [0] });
    expect((await failure(c.updateOne({ a: { $exists: true } }, { $set: { 'c.$': 9 } }))).code).toBe(2);
  });

  it('lets no operator bring a name with a dollar, and leaves one that an insert brought', async () => {
    const c = await collection({ _id: 1 });
    expect((await failure(c.updateOne({}, { $set: { $a: 1 } }))).code).toBe(52);
    await c.deleteMany({});
    await c.insertOne({ _id: 1 as never, $a: 1 });
    await c.updateOne({}, { $set: { b: 2 } });
    expect(await c.findOne()).toEqual({ _id: 1, $a: 1, b: 2 });
  });

  it('refuses two operators on one path, and one below the other', async () => {
    const c = await collection({ _id: 1, a: {} });
    expect((await failure(c.updateOne({}, { $set: { a: 1 }, $inc: { a: 1 } }))).code).toBe(40);
    expect((await failure(c.updateOne({}, { $set: { a: 1, 'a.b': 1 } }))).code).toBe(40);
  });

  it('refuses to walk through a scalar, and to change the _id', async () => {
    const c = await collection({ _id: 1, a: 1 });
    expect((await failure(c.updateOne({}, { $set: { 'a.b': 1 } }))).code).toBe(28);
    expect((await failure(c.updateOne({}, { $set: { _id: 2 } }))).code).toBe(66);
    expect((await failure(c.replaceOne({}, { _id: 2 }))).code).toBe(66);
  });

  it('replaces all but the _id', async () => {
    const c = await collection({ _id: 1, a: 1, b: 2 });
    await c.replaceOne({ a: 1 }, { c: 3 });
    expect(await c.findOne()).toEqual({ _id: 1, c: 3 });
  });

  it('computes new values from old ones in a pipeline', async () => {
    const c = await collection({ _id: 1, a: 2, b: 3 });
    await c.updateOne({}, [{ $set: { sum: { $add: ['$a', '$b'] } } }, { $unset: 'a' }]);
    expect(await c.findOne()).toEqual({ _id: 1, b: 3, sum: 5 });
    await c.updateOne({}, [{ $replaceWith: { s: '$sum' } }]);
    expect(await c.findOne()).toEqual({ _id: 1, s: 5 });
  });
};
