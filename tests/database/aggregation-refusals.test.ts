import { openPipelines, type Stages } from './pipelines';

const { failure } = openPipelines();

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
    ['an unknown zone', [{ $set: { x: { $hour: { date: '$$NOW', timezone: 'Nowhere/Here' } } } }], 40485],
    ['a mixture of inclusion and exclusion', [{ $project: { a: 1, b: 0 } }], 31254],
    ['two paths that meet', [{ $set: { 'a.b': 1, a: 2 } }], 31250],
    ['an unknown accumulator', [{ $group: { _id: 1, x: { $foo: 1 } } }], 15952],
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
      'an unknown unit of time',
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
