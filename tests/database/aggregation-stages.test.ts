import mongoose from 'mongoose';
import { ejson, openPipelines, type Stages } from './pipelines';

const { Double, EJSON, Int32 } = { ...mongoose.mongo.BSON, ...mongoose.mongo };

const pipelines = openPipelines();

describe('stages', () => {
  it('$group keeps the first of equal keys, and null and nothing together', async () => {
    const rows = await pipelines.results(
      [{ k: 1 }, { k: new Double(1) }, { k: null }, {}, { k: [1] }],
      [{ $group: { _id: '$k', n: { $count: {} } } }],
    );
    expect(ejson(rows)).toEqual(
      ejson([
        { _id: new Int32(1), n: new Int32(2) },
        { _id: null, n: new Int32(2) },
        { _id: [new Int32(1)], n: new Int32(1) },
      ]),
    );
  });

  it('$group takes the best few, by an order and by size', async () => {
    const people = ['ada 36', 'alan 41', 'grace 85', 'kurt 71'].map((text, i) => {
      const [name, age] = text.split(' ');
      return { _id: i, name, age: Number(age) };
    });
    const [row] = await pipelines.results(people, [
      {
        $group: {
          _id: null,
          oldest: { $top: { sortBy: { age: -1 }, output: '$name' } },
          youngest: { $bottomN: { n: 2, sortBy: { age: -1 }, output: '$name' } },
          least: { $minN: { n: 2, input: '$age' } },
          last: { $lastN: { n: 2, input: '$name' } },
        },
      },
    ]);
    expect(EJSON.serialize(row as object)).toEqual({
      _id: null,
      oldest: 'grace',
      youngest: ['alan', 'ada'],
      least: [36, 41],
      last: ['grace', 'kurt'],
    });
  });

  it('$project and $set compute into every element of an array, documents or not', async () => {
    const source = pipelines.db.collection<{ _id: number; a: unknown; s: string }>('source');
    await source.insertMany([
      { _id: 1, a: [{ b: 1 }, 5, [{ b: 2 }, 6]], s: 'x' },
      { _id: 2, a: 3, s: 'y' },
    ]);
    expect(
      await source.aggregate([{ $project: { a: { z: '$s' }, s: 1 } }, { $sort: { _id: 1 } }]).toArray(),
    ).toEqual([
      { _id: 1, a: [{ z: 'x' }, { z: 'x' }, [{ z: 'x' }, { z: 'x' }]], s: 'x' },
      { _id: 2, a: { z: 'y' }, s: 'y' },
    ]);
    expect(await source.aggregate([{ $match: { _id: 1 } }, { $set: { 'a.z': 1 } }]).toArray()).toEqual([
      { _id: 1, a: [{ b: 1, z: 1 }, { z: 1 }, [{ b: 2, z: 1 }, { z: 1 }]], s: 'x' },
    ]);
    expect(await source.aggregate([{ $match: { _id: 1 } }, { $project: { 'a.b': 1 } }]).toArray()).toEqual([
      { _id: 1, a: [{ b: 1 }, [{ b: 2 }]] },
    ]);
  });

  it('$unwind leaves alone what is no array, and makes room for an index', async () => {
    const rows = await pipelines.results(
      [{ _id: 1, a: { l: ['x', 'y'] } }, { _id: 2, a: { l: 'z' } }, { _id: 3, a: { l: [] } }, { _id: 4 }],
      [{ $unwind: { path: '$a.l', includeArrayIndex: 'i', preserveNullAndEmptyArrays: true } }],
    );
    expect(EJSON.serialize(rows as object)).toEqual([
      { _id: 1, a: { l: 'x' }, i: 0 },
      { _id: 1, a: { l: 'y' }, i: 1 },
      { _id: 2, a: { l: 'z' }, i: null },
      { _id: 3, a: {}, i: null },
      { _id: 4, i: null },
    ]);
  });

  it('$lookup joins by a pipeline with variables, evaluated for each document', async () => {
    await pipelines.db.collection<{ _id: number; of: string; v: number }>('others').insertMany([
      { _id: 1, of: 'a', v: 1 },
      { _id: 2, of: 'a', v: 5 },
      { _id: 3, of: 'b', v: 9 },
    ]);
    const rows = await pipelines.results(
      [
        { _id: 'a', least: 2 },
        { _id: 'b', least: 2 },
        { _id: 'c', least: 2 },
      ],
      [
        {
          $lookup: {
            from: 'others',
            localField: '_id',
            foreignField: 'of',
            let: { least: '$least' },
            pipeline: [{ $match: { $expr: { $gte: ['$v', '$$least'] } } }, { $project: { _id: 0, v: 1 } }],
            as: 'found',
          },
        },
      ],
    );
    expect(EJSON.serialize(rows as object)).toMatchObject([
      { found: [{ v: 5 }] },
      { found: [{ v: 9 }] },
      { found: [] },
    ]);
  });

  it('$lookup by an expression uses an index of the other collection', async () => {
    const others = pipelines.db.collection('others');
    await others.createIndex({ of: 1 });
    const plan = await pipelines.db.command({
      explain: { aggregate: 'others', pipeline: [{ $match: { $expr: { $eq: ['$of', 'a'] } } }], cursor: {} },
      verbosity: 'queryPlanner',
    });
    expect(JSON.stringify(plan['queryPlanner'].winningPlan)).toContain('"indexName":"of_1"');
  });

  it('$facet, $bucketAuto and $sortByCount look at the same documents', async () => {
    const documents = Array.from({ length: 10 }, (_, i) => ({ _id: i, v: i, even: i % 2 === 0 }));
    const [row] = await pipelines.results(documents, [
      {
        $facet: {
          parts: [{ $bucketAuto: { groupBy: '$v', buckets: 3 } }],
          counts: [{ $match: { v: { $gt: 2 } } }, { $sortByCount: '$even' }],
          page: [{ $sort: { v: -1 } }, { $skip: 1 }, { $limit: 2 }, { $project: { _id: 1 } }],
        },
      },
    ]);
    expect(EJSON.serialize(row as object)).toEqual({
      parts: [
        { _id: { min: 0, max: 3 }, count: 3 },
        { _id: { min: 3, max: 6 }, count: 3 },
        { _id: { min: 6, max: 9 }, count: 4 },
      ],
      counts: [
        { _id: false, count: 4 },
        { _id: true, count: 3 },
      ],
      page: [{ _id: 8 }, { _id: 7 }],
    });
  });

  it('$redact goes down into documents and lists of them', async () => {
    const rows = await pipelines.results(
      [
        {
          _id: 1,
          level: 1,
          in: { level: 5, secret: true },
          list: [{ level: 1, ok: true }, { level: 9 }, 'text'],
        },
      ],
      [{ $redact: { $cond: [{ $gt: ['$level', 3] }, '$$PRUNE', '$$DESCEND'] } }],
    );
    expect(EJSON.serialize(rows as object)).toEqual([
      { _id: 1, level: 1, list: [{ level: 1, ok: true }, 'text'] },
    ]);
  });

  it('$merge decides for each document, and by a pipeline', async () => {
    const target = pipelines.db.collection<{ _id: number; n: number; seen?: boolean }>('target');
    await target.insertOne({ _id: 1, n: 10 });
    await pipelines.results(
      [
        { _id: 1, n: 1 },
        { _id: 2, n: 2 },
      ],
      [
        {
          $merge: { into: 'target', whenMatched: [{ $set: { n: { $add: ['$n', '$$new.n'] }, seen: true } }] },
        },
      ],
    );
    expect(await target.find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 1, n: 11, seen: true },
      { _id: 2, n: 2 },
    ]);
  });

  it('$merge into the collection it reads sees none of what it writes', async () => {
    await pipelines.results(
      [{ _id: 1 }, { _id: 2 }],
      [{ $project: { _id: { $add: ['$_id', 10] } } }, { $merge: { into: 'source' } }],
    );
    expect(await pipelines.db.collection('source').countDocuments()).toBe(4);
  });

  it('$out leaves the collection as it was when a document breaks a unique index', async () => {
    const target = pipelines.db.collection<{ _id: number; u: number }>('target');
    await target.createIndex({ u: 1 }, { unique: true });
    await target.insertOne({ _id: 9, u: 9 });
    const source = [
      { _id: 1, u: 1 },
      { _id: 2, u: 1 },
    ];
    expect(await pipelines.failure([{ $out: 'target' }], source)).toMatchObject({ code: 11000 });
    expect(await target.find().toArray()).toEqual([{ _id: 9, u: 9 }]);
  });

  it('a group that would not fit into memory says so', async () => {
    const text = 'x'.repeat(1024 * 1024);
    const stages = [
      {
        $unionWith: { coll: 'source', pipeline: [{ $set: { i: { $range: [0, 120] } } }, { $unwind: '$i' }] },
      },
      { $group: { _id: null, all: { $push: { $concat: ['$text', { $toString: '$i' }] } } } },
    ];
    expect(await pipelines.failure(stages, [{ _id: 1, text }])).toEqual({
      code: 292,
      message: expect.stringContaining('MONGO_URI'),
    });
  });

  it('ends a pipeline whose documents grow without end, and goes on answering', async () => {
    const codeOf = async (stages: Stages) =>
      (await pipelines.failure(stages, [{ list: [1, 2, 3, 4, 5, 6, 7, 8], text: 'abcdefgh' }])).code;
    const grow = (times: number, $set: object) => Array.from({ length: times }, () => ({ $set }));
    const doubled = { list: { $concatArrays: ['$list', '$list'] } };
    expect(await codeOf(grow(30, doubled))).toBe(146);
    expect(await codeOf(grow(18, doubled))).toBe(10334);
    const said = { text: { $concat: ['$text', '$text'] } };
    expect(await codeOf(grow(30, said))).toBe(10334);
    for (const nested of [['$text', '$text'], { a: '$text', b: '$text' }]) {
      expect(await codeOf(grow(100, { text: nested }))).toBe(146);
    }
    const squared = { $map: { input: { $range: [0, 9_999] }, in: { $range: [0, 9_999] } } };
    expect(await codeOf(grow(1, { squared }))).toBe(146);
    expect(await pipelines.db.collection('source').countDocuments()).toBe(6);
  });
});
