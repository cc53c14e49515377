import fc from 'fast-check';
import mongoose from 'mongoose';
import { expression } from './expressions';
import { aNumber, type Fields, int, one, path, scalar, subdocument, value } from './values';

const { Int32 } = mongoose.mongo;

export function filter(depth = 1): fc.Arbitrary<Fields> {
  const field = fc.tuple(path, condition(depth)).map(([at, wanted]) => ({ [at]: wanted }));
  if (depth === 0) return field;
  const clauses = fc.array(filter(depth - 1), { minLength: 1, maxLength: 2 });
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant({}) },
    { weight: 6, arbitrary: field },
    { weight: 2, arbitrary: fc.tuple(field, field).map(([a, b]) => ({ ...a, ...b })) },
    one(['$and', '$or', '$nor'], clauses),
    expression(1).map((source) => ({ $expr: source })),
    fc.integer({ min: 0, max: 5 }).map((_id) => ({ _id: new Int32(_id) })),
  );
}

/** What may stand at a path: a value, or operators. */
export function condition(depth = 1): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 4, arbitrary: value() },
    { weight: 8, arbitrary: operators(depth) },
    operators(0).map((inner) => ({ $not: inner })),
    fc.tuple(operators(0), operators(0)).map(([a, b]) => ({ ...a, ...b })),
  );
}

const types = [
  ...['int', 'long', 'double', 'decimal', 'number', 'string', 'array', 'object', 'null', 'bool'],
  ...['date', 'objectId', 'minKey', 'maxKey'],
];
const pattern = fc.constantFrom('^a', 'b$', 'B', '^$');

export function operators(depth: number): fc.Arbitrary<Fields> {
  const any = value(1);
  const list = fc.array(fc.oneof(scalar, subdocument(0), fc.array(scalar, { maxLength: 2 })), {
    maxLength: 3,
  });
  const simple = fc.oneof(
    { weight: 4, arbitrary: one(['$gt', '$gte', '$lt', '$lte'], any) },
    one(['$eq', '$ne'], any),
    { weight: 2, arbitrary: one(['$in', '$nin'], list) },
    one(['$all'], list),
    one(['$exists'], fc.boolean()),
    one(['$size'], fc.nat(3)),
    one(['$type'], fc.constantFrom(...types)),
    one(['$regex'], pattern),
    fc.tuple(fc.constantFrom(1, 2, 3, -2), int).map(([by, rest]) => ({ $mod: [by, rest] })),
    one(['$bitsAllSet', '$bitsAnySet', '$bitsAllClear', '$bitsAnyClear'], fc.nat(6)),
  );
  if (depth === 0) return simple;
  const elements = fc.oneof(
    filter(0),
    operators(0),
    fc.tuple(one(['$gt', '$gte'], aNumber), one(['$lt', '$lte'], aNumber)).map(([a, b]) => ({ ...a, ...b })),
  );
  return fc.oneof(
    { weight: 6, arbitrary: simple },
    one(['$elemMatch'], elements),
    fc.array(elements, { minLength: 1, maxLength: 2 }).map((all) => ({
      $all: all.map(($elemMatch) => ({ $elemMatch })),
    })),
  );
}
