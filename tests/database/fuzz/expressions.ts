import fc from 'fast-check';
import { int, one, path, scalar, subdocument } from './values';

/** An aggregation expression, of paths, constants and operators. */
export function expression(depth = 2): fc.Arbitrary<unknown> {
  const field = path.map((at) => `$${at}`);
  const constant = fc.oneof(scalar, subdocument(0)).map((value) => ({ $literal: value }));
  if (depth === 0) return fc.oneof({ weight: 3, arbitrary: field }, constant);
  const inner = expression(depth - 1);
  const pair = fc.tuple(inner, inner);
  return fc.oneof(
    { weight: 3, arbitrary: field },
    constant,
    one(['$add', '$multiply', '$subtract', '$divide', '$mod'], pair),
    one(['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$cmp'], pair),
    one(
      ['$and', '$or', '$ifNull', '$concat', '$concatArrays', '$mergeObjects', '$min', '$max', '$sum'],
      pair,
    ),
    one(
      ['$not', '$size', '$isArray', '$type', '$abs', '$first', '$last', '$reverseArray', '$toString'],
      inner.map((each) => [each]),
    ),
    one(['$in', '$setDifference', '$indexOfArray'], pair),
    fc.tuple(inner, int).map(([array, at]) => ({ $arrayElemAt: [array, at] })),
    fc.tuple(inner, int).map(([array, n]) => ({ $slice: [array, n] })),
    fc.tuple(inner, inner, inner).map((parts) => ({ $cond: parts })),
    fc.tuple(field, expression(depth - 1)).map(([input, cond]) => ({ $filter: { input, cond } })),
    field.map((input) => ({ $map: { input, in: { $ifNull: ['$$this.a', '$$this'] } } })),
  );
}
