import fc from 'fast-check';
import mongoose from 'mongoose';
import { expression } from './expressions';
import { filter, operators } from './filters';
import { type Fields, name, path, sort, value } from './values';

const { Int32 } = mongoose.mongo;

/** The projection of a find. */
export function projection(): fc.Arbitrary<Fields> {
  return fc.oneof({ weight: 3, arbitrary: flags() }, { weight: 2, arbitrary: ofArrays() }, computed());
}

function flags(): fc.Arbitrary<Fields> {
  const paths = fc.uniqueArray(path, { minLength: 1, maxLength: 2, selector: (at) => at.split('.')[0] });
  return fc.tuple(paths, fc.constantFrom(0, 1), fc.constantFrom(undefined, 0, 1)).map(([list, flag, id]) => ({
    ...Object.fromEntries(list.map((at) => [at, flag])),
    ...(id === undefined ? {} : { _id: id }),
  }));
}

/** `$slice`, `$elemMatch` and `$`, alone or beside an inclusion or an exclusion. */
function ofArrays(): fc.Arbitrary<Fields> {
  const n = fc.integer({ min: -2, max: 3 });
  const slice = fc.oneof(n, fc.tuple(n, fc.integer({ min: 1, max: 2 })));
  // Another field than the ones beside it: what collides is refused for one of several reasons.
  const at = path.filter((one) => !one.startsWith('c'));
  const special = fc.oneof(
    fc.tuple(at, slice).map(([to, $slice]): Fields => ({ [to]: { $slice } })),
    fc
      .tuple(fc.constantFrom('a', 'b'), fc.oneof(filter(0), operators(0)))
      .map(([to, $elemMatch]): Fields => ({ [to]: { $elemMatch } })),
    at.map((to): Fields => ({ [`${to}.$`]: 1 })),
  );
  const beside = fc.oneof(fc.constant({}), fc.constantFrom<Fields>({ c: 1 }, { c: 0 }, { _id: 0 }));
  return fc.tuple(special, beside).map(([a, b]) => ({ ...b, ...a }));
}

function computed(): fc.Arbitrary<Fields> {
  return fc.tuple(name, expression()).map(([at, source]) => ({ [at]: source, b: 1 }));
}

export function aggregate(): fc.Arbitrary<Fields> {
  const stage = fc.oneof(
    filter().map((by): Fields => ({ $match: by })),
    sort.map((by) => ({ $sort: by })),
    fc.integer({ min: 1, max: 3 }).map((by) => ({ $limit: by })),
    fc.nat(2).map((by) => ({ $skip: by })),
    flags().map((by) => ({ $project: by })),
    fc.tuple(path, expression()).map(([at, by]) => ({ $project: { [at]: by } })),
    fc.tuple(path, expression()).map(([at, by]) => ({ $set: { [at]: by } })),
    path.map((by) => ({ $unset: by })),
    fc
      .record({ path: path.map((at) => `$${at}`), preserveNullAndEmptyArrays: fc.boolean() })
      .map((by) => ({ $unwind: by })),
    fc.tuple(path, path).map(([localField, foreignField]) => ({
      $lookup: { from: 'c', localField, foreignField, as: 'joined' },
    })),
    name.map((by) => ({ $replaceWith: { a: { $ifNull: [`$${by}.a`, '$$ROOT'] } } })),
  );
  const last = fc.oneof(
    fc.constant([]),
    fc.constant([{ $count: 'n' }]),
    fc.tuple(path, accumulator()).map(([by, n]) => [{ $group: { _id: `$${by}`, n } }, { $sort: { _id: 1 } }]),
    fc
      .tuple(name, value(1))
      .map(([by, other]) => [
        { $bucket: { groupBy: `$${by}`, boundaries: [new Int32(0), new Int32(2)], default: other } },
      ]),
  );
  return fc.tuple(fc.array(stage, { maxLength: 3 }), last).map(([stages, end]) => ({
    aggregate: 'c',
    pipeline: [{ $sort: { _id: 1 } }, ...stages, ...end],
    cursor: {},
  }));
}

function accumulator(): fc.Arbitrary<Fields> {
  return fc
    .tuple(
      fc.constantFrom('$sum', '$avg', '$min', '$max', '$push', '$first', '$last', '$mergeObjects'),
      expression(1),
    )
    .map(([operator, of]) => ({ [operator]: of }));
}
