import mongoose from 'mongoose';
import { type OpenDatabase, openTestDatabase } from '../helpers/embedded';

// One long file: what each stage and each operator gives, as a table that is worth something only as a whole.

const { Decimal128, Double, Int32, Long, ObjectId, EJSON } = { ...mongoose.mongo.BSON, ...mongoose.mongo };

let database: OpenDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(() => database.db.dropDatabase());

type Stages = mongoose.mongo.Document[];

/** What a pipeline makes of some documents; numbers with their types. */
async function results(
  documents: mongoose.mongo.Document[],
  stages: Stages,
): Promise<mongoose.mongo.Document[]> {
  const source = database.db.collection('source');
  if (documents.length > 0) await source.insertMany(documents);
  return source.aggregate(stages, { promoteValues: false, ...({ promoteLongs: false } as object) }).toArray();
}

/** What an expression gives for `{ _id: 1, ...fields }`; undefined where it gives nothing. */
async function value(expression: unknown, fields: mongoose.mongo.Document = {}): Promise<unknown> {
  const [row] = await results([{ _id: 1, ...fields }], [{ $replaceWith: { x: expression } }]);
  return row?.['x'];
}

const ejson = (of: unknown): unknown => JSON.parse(EJSON.stringify({ of } as object, { relaxed: false })).of;

/** Compares types as well: 1 is an int, new Double(1) is not. */
async function expectValue(
  expression: unknown,
  expected: unknown,
  fields?: mongoose.mongo.Document,
): Promise<void> {
  expect(ejson(await value(expression, fields))).toEqual(ejson(expected));
}

/** The error of a pipeline over one document. */
async function failure(stages: Stages, documents: mongoose.mongo.Document[] = [{ _id: 1, a: 'text' }]) {
  const source = database.db.collection('source');
  await source.insertMany(documents);
  const answer = await source
    .aggregate(stages)
    .toArray()
    .catch((error: unknown) => error);
  const { code, message } = answer as { code?: number; message?: string };
  return { code, message };
}

describe('numbers in expressions', () => {
  it.each<[string, unknown, unknown]>([
    ['an int that overflows becomes a long', { $add: [2147483647, 1] }, Long.fromNumber(2147483648)],
    ['and an int again when it fits', { $add: [2147483647, 1, -1] }, new Int32(2147483647)],
    ['a long that overflows becomes a double', { $add: [Long.MAX_VALUE, 1] }, new Double(2 ** 63)],
    ['a double makes the sum a double', { $add: [1, new Double(1)] }, new Double(2)],
    [
      'a decimal keeps its digits',
      { $add: [Decimal128.fromString('0.1'), Decimal128.fromString('0.20')] },
      Decimal128.fromString('0.30'),
    ],
    ['a quotient of ints is a double', { $divide: [6, 3] }, new Double(2)],
    ['a remainder has the sign of the dividend', { $mod: [-7, 3] }, new Int32(-1)],
    [
      'halves round to the even digit',
      { $map: { input: [0.5, 1.5, 2.5, -0.5], in: { $round: '$$this' } } },
      [0, 2, 2, -0].map((n) => new Double(n)),
    ],
    ['a double rounds by what it is, not by how it looks', { $round: [2.675, 2] }, new Double(2.67)],
    [
      'negative places round before the point',
      { $round: [Long.fromNumber(1250), -2] },
      Long.fromNumber(1200),
    ],
    [
      'rounding a decimal fills up with zeros',
      { $round: [Decimal128.fromString('1.5'), 3] },
      Decimal128.fromString('1.500'),
    ],
    [
      'a power of decimals is exact',
      { $pow: [Decimal128.fromString('1.1'), 3] },
      Decimal128.fromString('1.331000000000000000000000000000000'),
    ],
    ['null is contagious', { $multiply: [2, null, 'never looked at'] }, null],
    [
      'a sum of many small doubles does not drift',
      { $sum: { $map: { input: { $range: [0, 10] }, in: 0.1 } } },
      new Double(1),
    ],
    ['an average of no number is null', { $avg: ['x', null] }, null],
  ])('%s', (_, expression, expected) => expectValue(expression, expected));
});

describe('nothing, null and arrays in expressions', () => {
  it.each<[string, unknown, unknown, mongoose.mongo.Document]>([
    ['what is missing is not equal to null', { $eq: ['$nope', null] }, false, {}],
    ['but less than it', { $lt: ['$nope', null] }, true, {}],
    [
      'a path enters an array of documents',
      '$l.k',
      [new Int32(1), new Int32(3)],
      { l: [{ k: 1 }, { z: 2 }, { k: 3 }, 4] },
    ],
    ['a path does not enter an array by number', '$l.0', [], { l: [5] }],
    ['an array literal has null where there is nothing', ['$nope', 1], [null, new Int32(1)], {}],
    ['an object literal leaves out what is nothing', { a: '$nope', b: 1 }, { b: new Int32(1) }, {}],
    [
      'zero, null and nothing are false, text is true',
      { $map: { input: [0, null, '', 'a', []], in: { $not: '$$this' } } },
      [true, true, false, false, false],
      {},
    ],
    ['values of different types compare by their types', { $gt: ['1', 2] }, true, {}],
    [
      'numbers of different types are one value in a set',
      {
        $setUnion: [
          [3, 1],
          [new Double(1), 2],
        ],
      },
      [1, 2, 3].map((n) => new Int32(n)),
      {},
    ],
    [
      'a field may have any name for $getField',
      { $getField: { field: { $literal: '$a.b' }, input: '$o' } },
      new Int32(7),
      { o: { '$a.b': 7 } },
    ],
    [
      'variables shadow each other from inside',
      { $let: { vars: { a: 1 }, in: { $let: { vars: { a: 2, b: '$$a' }, in: ['$$a', '$$b'] } } } },
      [new Int32(2), new Int32(1)],
      {},
    ],
    [
      '$reduce goes from left to right',
      { $reduce: { input: ['a', 'b', 'c'], initialValue: '', in: { $concat: ['$$value', '$$this'] } } },
      'abc',
      {},
    ],
    ['text is counted in code points', { $strLenCP: '😀é' }, new Int32(2), {}],
    ['and cut by them', { $substrCP: ['a😀bc', 1, 2] }, '😀b', {}],
    [
      'a replacement has no meaning of its own',
      { $replaceAll: { input: 'a.b', find: '.', replacement: { $literal: '$&' } } },
      'a$&b',
      {},
    ],
  ])('%s', (_, expression, expected, fields) => expectValue(expression, expected, fields));

  it('$$REMOVE takes a field away only where it is asked for', async () => {
    const stages = [
      { $set: { a: { $cond: [{ $eq: ['$_id', 1] }, '$$REMOVE', '$a'] } } },
      { $sort: { _id: 1 } },
    ];
    expect(
      await results(
        [
          { _id: 1, a: 'x' },
          { _id: 2, a: 'y' },
        ],
        stages,
      ),
    ).toMatchObject([{}, { a: 'y' }]);
    expect(await database.db.collection('source').aggregate(stages).toArray()).toEqual([
      { _id: 1 },
      { _id: 2, a: 'y' },
    ]);
  });
});

describe('dates in expressions', () => {
  const at = (iso: string): Date => new Date(iso);
  it.each<[string, unknown, unknown]>([
    [
      'a month later has no 31st of February',
      { $dateAdd: { startDate: at('2023-01-31T10:00:00Z'), unit: 'month', amount: 1 } },
      at('2023-02-28T10:00:00Z'),
    ],
    [
      'a day across a change of clocks keeps the time of day',
      {
        $dateAdd: {
          startDate: at('2024-03-30T11:00:00Z'),
          unit: 'day',
          amount: 1,
          timezone: 'Europe/Berlin',
        },
      },
      at('2024-03-31T10:00:00Z'),
    ],
    [
      'differences count midnights of the zone',
      {
        $dateDiff: {
          startDate: at('2024-01-01T22:30:00Z'),
          endDate: at('2024-01-01T23:30:00Z'),
          unit: 'day',
          timezone: 'Europe/Berlin',
        },
      },
      Long.fromNumber(1),
    ],
    [
      'weeks can begin on Mondays',
      { $dateTrunc: { date: at('2024-05-05T12:00:00Z'), unit: 'week', startOfWeek: 'monday' } },
      at('2024-04-29T00:00:00Z'),
    ],
    [
      'bins of months are counted from 2000',
      { $dateTrunc: { date: at('2024-08-20T00:00:00Z'), unit: 'month', binSize: 7 } },
      at('2024-07-01T00:00:00Z'),
    ],
    [
      'the ISO year of the last days of December can be the next',
      { $isoWeekYear: at('2024-12-30T00:00:00Z') },
      Long.fromNumber(2025),
    ],
    ['and their week the first', { $isoWeek: at('2024-12-30T00:00:00Z') }, new Int32(1)],
    ['parts carry over', { $dateFromParts: { year: 2024, month: 14, day: 0 } }, at('2025-01-31T00:00:00Z')],
    [
      'a zone shows its own clock',
      {
        $dateToString: { date: at('2024-07-01T12:00:00Z'), format: '%H:%M %z', timezone: 'America/New_York' },
      },
      '08:00 -0400',
    ],
    [
      'a format reads dates',
      { $dateFromString: { dateString: '04.03.2024 05:06', format: '%d.%m.%Y %H:%M', timezone: '+01:00' } },
      at('2024-03-04T04:06:00Z'),
    ],
    [
      'an id knows when it was made',
      { $toDate: new ObjectId('65920080aaaaaaaaaaaaaaaa') },
      at('2024-01-01T00:00:00Z'),
    ],
  ])('%s', (_, expression, expected) => expectValue(expression, expected));
});

describe('stages', () => {
  it('$group keeps the first of equal keys, and null and nothing together', async () => {
    const rows = await results(
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
    const [row] = await results(people, [
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
    const source = database.db.collection<{ _id: number; a: unknown; s: string }>('source');
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
    const rows = await results(
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

  it('$lookup joins by a pipeline with variables, for each document anew', async () => {
    await database.db.collection<{ _id: number; of: string; v: number }>('others').insertMany([
      { _id: 1, of: 'a', v: 1 },
      { _id: 2, of: 'a', v: 5 },
      { _id: 3, of: 'b', v: 9 },
    ]);
    const rows = await results(
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
    const others = database.db.collection('others');
    await others.createIndex({ of: 1 });
    const plan = await database.db.command({
      explain: { aggregate: 'others', pipeline: [{ $match: { $expr: { $eq: ['$of', 'a'] } } }], cursor: {} },
      verbosity: 'queryPlanner',
    });
    expect(JSON.stringify(plan['queryPlanner'].winningPlan)).toContain('"indexName":"of_1"');
  });

  it('$facet, $bucketAuto and $sortByCount look at the same documents', async () => {
    const documents = Array.from({ length: 10 }, (_, i) => ({ _id: i, v: i, even: i % 2 === 0 }));
    const [row] = await results(documents, [
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
    const rows = await results(
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
    const target = database.db.collection<{ _id: number; n: number; seen?: boolean }>('target');
    await target.insertOne({ _id: 1, n: 10 });
    await results(
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
    await results(
      [{ _id: 1 }, { _id: 2 }],
      [{ $project: { _id: { $add: ['$_id', 10] } } }, { $merge: { into: 'source' } }],
    );
    expect(await database.db.collection('source').countDocuments()).toBe(4);
  });

  it('$out leaves the collection as it was when a document breaks a unique index', async () => {
    const target = database.db.collection<{ _id: number; u: number }>('target');
    await target.createIndex({ u: 1 }, { unique: true });
    await target.insertOne({ _id: 9, u: 9 });
    const source = [
      { _id: 1, u: 1 },
      { _id: 2, u: 1 },
    ];
    expect(await failure([{ $out: 'target' }], source)).toMatchObject({ code: 11000 });
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
    expect(await failure(stages, [{ _id: 1, text }])).toEqual({
      code: 292,
      message: expect.stringContaining('MONGO_URI'),
    });
  });

  it('ends a pipeline whose documents grow without end, and goes on answering', async () => {
    const codeOf = async (stages: Stages) =>
      (await failure(stages, [{ list: [1, 2, 3, 4, 5, 6, 7, 8], text: 'abcdefgh' }])).code;
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
    expect(await database.db.collection('source').countDocuments()).toBe(6);
  });
});

describe('what is wrong is refused with the code of a real server', () => {
  it.each<[string, Stages, number]>([
    ['an unknown expression', [{ $group: { _id: { $foo: 1 } } }], 168],
    ['an expression of two operators', [{ $group: { _id: { $add: [1], $abs: 1 } } }], 15983],
    ['an operand of the wrong type', [{ $set: { x: { $add: ['$a', 1] } } }], 14],
    [
      'a division by zero',
      [{ $set: { x: { $divide: [1, '$nought'] } } }, { $set: { x: { $divide: [1, 0] } } }],
      2,
    ],
    ['too many operands', [{ $set: { x: { $subtract: [1, 2, 3] } } }], 16020],
    ['a variable with a bad name', [{ $set: { x: { $let: { vars: { Upper: 1 }, in: 1 } } } }], 9],
    ['a path with an empty part', [{ $set: { x: '$a..b' } }], 15998],
    ['no branch that fits', [{ $bucket: { groupBy: '$a', boundaries: [1, 2] } }], 40066],
    ['text that is no number', [{ $set: { x: { $toInt: '$a' } } }], 241],
    [
      'a zone that nobody knows',
      [{ $set: { x: { $hour: { date: '$$NOW', timezone: 'Nowhere/Here' } } } }],
      40485,
    ],
    ['a mixture of inclusion and exclusion', [{ $project: { a: 1, b: 0 } }], 31254],
    ['two paths that meet', [{ $set: { 'a.b': 1, a: 2 } }], 31250],
    ['an accumulator that is none', [{ $group: { _id: 1, x: { $foo: 1 } } }], 15952],
    ['a group without an _id', [{ $group: { x: { $sum: 1 } } }], 15955],
    ['a limit of zero', [{ $limit: 0 }], 15958],
    ['a root that is no document', [{ $replaceWith: '$a' }], 40228],
    ['buckets out of order', [{ $bucket: { groupBy: '$a', boundaries: [2, 1] } }], 40194],
    ['a facet within a facet', [{ $facet: { x: [{ $facet: { y: [] } }] } }], 40600],
    [
      'a facet within a lookup within a facet',
      [{ $facet: { x: [{ $lookup: { from: 'y', as: 'z', pipeline: [{ $facet: { y: [] } }] } }] } }],
      40600,
    ],
    [
      'a date whose zone has a name',
      [
        {
          $set: {
            x: { $dateFromString: { dateString: '2024-01-01 CEST', format: '%Y-%m-%d%z', onError: null } },
          },
        },
      ],
      115,
    ],
    [
      'a unit of time that is none',
      [{ $set: { x: { $dateTrunc: { date: '$$NOW', unit: 'century' } } } }],
      5439014,
    ],
    [
      'a second argument that is missing',
      [{ $set: { x: { $dateDiff: { startDate: '$$NOW', unit: 'day' } } } }],
      5166304,
    ],
    [
      'a name of a field that is a path',
      [{ $set: { x: { $getField: { field: '$a', input: '$$ROOT' } } } }],
      5654600,
    ],
    ['$out that is not the last', [{ $out: 'x' }, { $match: {} }], 40601],
    ['$merge on fields without a unique index', [{ $merge: { into: 'x', on: 'a' } }], 51183],
    ['a size of what is no array', [{ $set: { x: { $size: '$a' } } }], 17124],
  ])('%s', async (_, stages, code) => {
    expect(await failure(stages)).toMatchObject({ code });
  });
});
