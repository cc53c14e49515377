import mongoose from 'mongoose';
import { ejson, openPipelines } from './pipelines';

const { Decimal128, Double, Int32, Long, ObjectId } = mongoose.mongo;

const pipelines = openPipelines();

/** Returns what an expression gives for `{ _id: 1, ...fields }`; undefined where it gives nothing. */
async function value(expression: unknown, fields: mongoose.mongo.Document = {}): Promise<unknown> {
  const [row] = await pipelines.results([{ _id: 1, ...fields }], [{ $replaceWith: { x: expression } }]);
  return row?.['x'];
}

/** Compares types as well: 1 is an int, new Double(1) is not. */
async function expectValue(
  expression: unknown,
  expected: unknown,
  fields?: mongoose.mongo.Document,
): Promise<void> {
  expect(ejson(await value(expression, fields))).toEqual(ejson(expected));
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
      await pipelines.results(
        [
          { _id: 1, a: 'x' },
          { _id: 2, a: 'y' },
        ],
        stages,
      ),
    ).toMatchObject([{}, { a: 'y' }]);
    expect(await pipelines.db.collection('source').aggregate(stages).toArray()).toEqual([
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
