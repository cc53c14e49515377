import mongoose from 'mongoose';
import { failure, type Part } from './suite';

const { ObjectId } = mongoose.mongo;

/** The document that an upsert makes, and findAndModify. */
export const upserts: Part = (it, { collection }) => {
  /** What an upsert inserts, without its _id. */
  const made = async (filter: mongoose.mongo.Document, update: mongoose.mongo.Document) => {
    const c = await collection();
    const { upsertedCount } = await c.updateOne(filter, update, { upsert: true });
    expect(upsertedCount).toBe(1);
    const { _id, ...rest } = (await c.findOne()) ?? {};
    return rest;
  };

  it('starts from what the filter says must be equal', async () => {
    const set = { $set: { z: 1 } };
    expect(await made({ a: 1, b: { $eq: 'x' } }, set)).toEqual({ a: 1, b: 'x', z: 1 });
    expect(await made({ 'a.b': 1 }, { $set: { 'a.c': 2 } })).toEqual({ a: { b: 1, c: 2 } });
    expect(await made({ a: { $gt: 1 }, b: { $ne: 1 } }, set)).toEqual({ z: 1 });
  });

  it('takes equalities from $and, from $in with one value, and from $all with one', async () => {
    const set = { $set: { z: 1 } };
    expect(await made({ $and: [{ a: 1 }, { b: 2 }] }, set)).toEqual({ a: 1, b: 2, z: 1 });
    expect(await made({ a: { $in: [4] } }, set)).toEqual({ a: 4, z: 1 });
    expect(await made({ a: { $in: [4, 4] } }, set)).toEqual({ a: 4, z: 1 });
    expect(await made({ a: { $in: [4, 5] } }, set)).toEqual({ z: 1 });
    expect(await made({ a: { $all: [4] } }, set)).toEqual({ a: 4, z: 1 });
  });

  it('takes nothing from a filter that can find nothing', async () => {
    const set = { $set: { z: 1 } };
    for (const none of [{ b: { $all: [] } }, { b: { $in: [] } }, { $or: [{ b: { $in: [] } }] }]) {
      expect(await made({ a: 1, ...none }, set)).toEqual({ z: 1 });
    }
    expect(await made({ a: 1, $or: [{ b: { $in: [] } }, { c: 3 }] }, set)).toEqual({ a: 1, c: 3, z: 1 });
  });

  it('refuses a filter that asks one field to be two things', async () => {
    const c = await collection();
    const operation = c.updateOne({ $and: [{ a: 1 }, { a: 2 }] }, { $set: { z: 1 } }, { upsert: true });
    expect((await failure(operation)).code).toBe(54);
  });

  it('names the fault of an update before that of its filter', async () => {
    const c = await collection({ _id: 1 });
    const codesOf = async (filter: object, update: object, options: object) => [
      (await failure(c.updateOne(filter, update, options))).code,
      (await failure(c.findOneAndUpdate(filter, update, options))).code,
    ];
    const upsert = { upsert: true };
    const conflict = { $set: { a: 1 }, $inc: { a: 1 } };
    expect(await codesOf({ $expr: '$b' }, { $set: { a: 1 } }, upsert)).toEqual([224, 224]);
    expect(await codesOf({ $expr: '$b' }, conflict, upsert)).toEqual([40, 40]);
    expect(await codesOf({ $expr: '$b' }, { $rename: { 'c.$[x]': 'b' } }, upsert)).toEqual([2, 2]);
    const ofNoField = { ...upsert, arrayFilters: [{ x: { $all: [] } }] };
    expect(await codesOf({ $expr: '$b' }, { $set: { 'a.$[x]': 1 } }, ofNoField)).toEqual([9, 9]);
    expect(await codesOf({ $expr: { $abs: 'x' } }, conflict, {})).toEqual([40, 40]);
    expect(await codesOf({ a: { $unknown: 1 } }, conflict, {})).toEqual([40, 40]);
    expect(await codesOf({ a: { $unknown: 1 } }, { $set: { a: 1 } }, {})).toEqual([2, 2]);
  });

  it('makes an ObjectId where neither filter nor update gives an _id', async () => {
    const c = await collection();
    const { upsertedId } = await c.updateOne({ a: 1 }, { $set: { b: 1 } }, { upsert: true });
    expect(upsertedId).toBeInstanceOf(ObjectId);
    expect(await c.findOne({ a: 1 })).toEqual({ _id: upsertedId, a: 1, b: 1 });
  });

  it('sets $setOnInsert on insertion only', async () => {
    const c = await collection();
    const update = { $set: { a: 1 }, $setOnInsert: { made: true } };
    await c.updateOne({ _id: 1 as never }, update, { upsert: true });
    expect(await c.findOne()).toEqual({ _id: 1, a: 1, made: true });
    await c.updateOne(
      { _id: 1 as never },
      { $set: { a: 2 }, $setOnInsert: { made: false } },
      { upsert: true },
    );
    expect(await c.findOne()).toEqual({ _id: 1, a: 2, made: true });
  });

  it('takes nothing but the _id from the filter of a replacement', async () => {
    const c = await collection();
    await c.replaceOne({ _id: 3 as never, a: 1 }, { b: 2 }, { upsert: true });
    expect(await c.findOne()).toEqual({ _id: 3, b: 2 });
  });

  it('upserts by a pipeline from what the filter says', async () => {
    expect(await made({ a: 2 }, [{ $set: { b: { $multiply: ['$a', 10] } } }])).toEqual({ a: 2, b: 20 });
  });

  it('answers findOneAndUpdate with the document before or after', async () => {
    const c = await collection({ _id: 1, n: 1 });
    expect(await c.findOneAndUpdate({}, { $inc: { n: 1 } })).toEqual({ _id: 1, n: 1 });
    expect(await c.findOneAndUpdate({}, { $inc: { n: 1 } }, { returnDocument: 'after' })).toEqual({
      _id: 1,
      n: 3,
    });
    expect(await c.findOneAndUpdate({ n: 99 }, { $inc: { n: 1 } })).toBeNull();
    const made = await c.findOneAndUpdate(
      { _id: 2 as never },
      { $inc: { n: 5 } },
      { upsert: true, returnDocument: 'after' },
    );
    expect(made).toEqual({ _id: 2, n: 5 });
  });

  it('changes or removes the first in the order that findAndModify was given', async () => {
    const c = await collection({ _id: 1, n: 2 }, { _id: 2, n: 3 }, { _id: 3, n: 1 });
    expect(await c.findOneAndUpdate({}, { $set: { hit: true } }, { sort: { n: -1 } })).toEqual({
      _id: 2,
      n: 3,
    });
    expect(await c.findOneAndDelete({}, { sort: { n: 1 } })).toEqual({ _id: 3, n: 1 });
    expect(await c.countDocuments()).toBe(2);
  });

  it('shows of the document what the projection of findAndModify asks for', async () => {
    const c = await collection({ _id: 1, a: 1, b: 2 });
    const found = await c.findOneAndUpdate(
      {},
      { $set: { a: 5 } },
      { projection: { a: 1, _id: 0 }, returnDocument: 'after' },
    );
    expect(found).toEqual({ a: 5 });
  });
};
