import fc from 'fast-check';
import mongoose from 'mongoose';
import { aNumber, documents, type Fields, int, name, path, scalar, subdocument, value } from './values';

const { Int32, Long } = mongoose.mongo;

/** A command on the collection `c`. */
export type Command = Fields;

/** Documents, what is asked about them, and what is done to them at the end. */
export interface Case {
  documents: Fields[];
  reads: Command[];
  write: Command;
}

export function cases(): fc.Arbitrary<Case> {
  return fc.record({
    documents,
    reads: fc.array(read(), { minLength: 3, maxLength: 3 }),
    write: write(),
  });
}

function read(): fc.Arbitrary<Command> {
  return fc.oneof(
    { weight: 5, arbitrary: find() },
    { weight: 2, arbitrary: aggregate() },
    filter().map((query) => ({ count: 'c', query })),
    fc.tuple(path, filter()).map(([key, query]) => ({ distinct: 'c', key, query })),
  );
}

function write(): fc.Arbitrary<Command> {
  return fc.oneof(
    { weight: 6, arbitrary: update() },
    fc.tuple(filter(), fc.constantFrom(0, 1)).map(([q, limit]) => ({ delete: 'c', deletes: [{ q, limit }] })),
    { weight: 2, arbitrary: findAndModify() },
  );
}

export function filter(depth = 1): fc.Arbitrary<Fields> {
  const field = fc
    .oneof(fc.tuple(name, condition()), fc.tuple(path, fc.oneof(present, comparison())))
    .map(([at, wanted]) => ({ [at]: wanted }));
  if (depth === 0) return field;
  const clauses = fc.array(filter(depth - 1), { minLength: 1, maxLength: 2 });
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant({}) },
    { weight: 6, arbitrary: field },
    { weight: 2, arbitrary: fc.tuple(field, field).map(([a, b]) => ({ ...a, ...b })) },
    fc
      .tuple(fc.constantFrom('$and', '$or', '$nor'), clauses)
      .map(([operator, list]) => ({ [operator]: list })),
    fc.integer({ min: 0, max: 5 }).map((_id) => ({ _id })),
  );
}

function condition(): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 4, arbitrary: value() },
    { weight: 8, arbitrary: operators() },
    operators().map((inner) => ({ $not: inner })),
    fc.tuple(operators(), operators()).map(([a, b]) => ({ ...a, ...b })),
  );
}

/** What a missing field is never equal to. */
const present = scalar.filter((one) => one !== null);

/** Conditions that are true as soon as one value at a path fulfils them. */
function comparison(): fc.Arbitrary<Fields> {
  return fc.oneof(
    one(['$gt', '$gte', '$lt', '$lte', '$eq'], present),
    one(['$in'], fc.array(present, { maxLength: 3 })),
    one(['$exists'], fc.constant(true)),
    one(['$regex'], fc.constantFrom('^a', 'b$', 'B', '^$')),
  );
}

function operators(): fc.Arbitrary<Fields> {
  const any = value(1);
  const list = fc.array(fc.oneof(scalar, subdocument(0)), { maxLength: 3 });
  return fc.oneof(
    { weight: 3, arbitrary: one(['$gt', '$gte', '$lt', '$lte'], scalar) },
    one(['$eq'], any),
    one(['$ne'], fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }))),
    { weight: 2, arbitrary: one(['$in', '$nin'], list) },
    one(['$all'], list),
    one(['$exists'], fc.boolean()),
    one(['$size'], fc.nat(3)),
    one(
      ['$type'],
      fc.constantFrom('int', 'long', 'double', 'number', 'string', 'array', 'object', 'null', 'bool'),
    ),
    one(['$regex'], fc.constantFrom('^a', 'b$', 'B', '^$')),
    one(['$elemMatch'], one(['$gt', '$lt', '$eq', '$in'], fc.oneof(aNumber)).map(listIfIn)),
  );
}

function listIfIn(operator: Fields): Fields {
  return '$in' in operator ? { $in: [operator['$in']] } : operator;
}

/** `{ operator: operand }` for any of the operators. */
function one(names: readonly string[], operand: fc.Arbitrary<unknown>): fc.Arbitrary<Fields> {
  return fc.tuple(fc.constantFrom(...names), operand).map(([operator, by]) => ({ [operator]: by }));
}

const direction = fc.constantFrom(1, -1);
/** Always down to the _id, so that there is one right order. */
function sort(): fc.Arbitrary<Fields> {
  return fc
    .array(fc.tuple(name, direction), { maxLength: 1 })
    .map((parts) => ({ ...Object.fromEntries(parts), _id: 1 }));
}

function find(): fc.Arbitrary<Command> {
  return fc
    .record(
      {
        filter: filter(),
        sort: sort(),
        projection: projection(),
        skip: fc.nat(2),
        limit: fc.nat(3),
      },
      { requiredKeys: ['filter', 'sort'] },
    )
    .map((options) => ({ find: 'c', ...options }));
}

function projection(): fc.Arbitrary<Fields> {
  const paths = fc.uniqueArray(path, { minLength: 1, maxLength: 2, selector: (at) => at.split('.')[0] });
  return fc.tuple(paths, fc.constantFrom(0, 1), fc.constantFrom(undefined, 0, 1)).map(([list, flag, id]) => ({
    ...Object.fromEntries(list.map((at) => [at, flag])),
    ...(id === undefined ? {} : { _id: id }),
  }));
}

/** Filters for any change, and for upserts those that say what the new document is like. */
const target = (): fc.Arbitrary<{ q: Fields; upsert: boolean }> =>
  fc.oneof(
    { weight: 3, arbitrary: filter().map((q) => ({ q, upsert: false })) },
    { weight: 1, arbitrary: fc.tuple(path, scalar).map(([at, by]) => ({ q: { [at]: by }, upsert: true })) },
    fc.integer({ min: 0, max: 9 }).map((_id) => ({ q: { _id: new Int32(_id) }, upsert: true })),
  );

function update(): fc.Arbitrary<Command> {
  return fc.tuple(target(), change(), fc.boolean()).map(([{ q, upsert }, u, multi]) => {
    const isReplacement = !Object.keys(u)[0]?.startsWith('$');
    return { update: 'c', updates: [{ q, u, multi: multi && !isReplacement, upsert }] };
  });
}

function findAndModify(): fc.Arbitrary<Command> {
  return fc.tuple(target(), sort(), change(), fc.boolean()).map(([{ q, upsert }, order, u, isNew]) => ({
    findAndModify: 'c',
    query: q,
    sort: order,
    update: u,
    new: isNew,
    upsert,
  }));
}

function change(): fc.Arbitrary<Fields> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.array(modifier(), { minLength: 1, maxLength: 2 }).map(merged) },
    { weight: 1, arbitrary: subdocument(2) },
  );
}

/** `$set` twice becomes one `$set` with both. */
function merged(modifiers: Fields[]): Fields {
  const result: Record<string, Fields> = {};
  for (const each of modifiers) {
    for (const [operator, fields] of Object.entries(each)) {
      result[operator] = { ...result[operator], ...(fields as Fields) };
    }
  }
  return result;
}

function modifier(): fc.Arbitrary<Fields> {
  const any = value();
  const noArray = fc.oneof(scalar, subdocument(1));
  const onPath = (operators: readonly string[], operand: fc.Arbitrary<unknown>) =>
    fc
      .tuple(fc.constantFrom(...operators), path, operand)
      .map(([operator, at, by]) => ({ [operator]: { [at]: by } }));
  return fc.oneof(
    { weight: 3, arbitrary: onPath(['$set'], any) },
    onPath(['$unset'], fc.constant('')),
    onPath(['$setOnInsert'], any),
    { weight: 2, arbitrary: onPath(['$inc', '$mul'], aNumber) },
    onPath(['$min', '$max'], any),
    onPath(['$rename'], path),
    { weight: 2, arbitrary: onPath(['$push', '$addToSet'], noArray) },
    onPath(
      ['$push', '$addToSet'],
      fc.array(scalar, { minLength: 1, maxLength: 3 }).map(($each) => ({ $each })),
    ),
    onPath(['$pull'], scalar),
    onPath(['$pullAll'], fc.array(scalar, { maxLength: 2 })),
    onPath(['$pop'], direction),
    onPath(
      ['$bit'],
      one(
        ['and', 'or', 'xor'],
        fc.oneof(
          int,
          fc.nat(7).map((n) => Long.fromNumber(n)),
        ),
      ),
    ),
  );
}

function aggregate(): fc.Arbitrary<Command> {
  const stage = fc.oneof(
    filter().map((by) => ({ $match: by })),
    sort().map((by) => ({ $sort: by })),
    fc.integer({ min: 1, max: 3 }).map((by) => ({ $limit: by })),
    fc.nat(2).map((by) => ({ $skip: by })),
    projection().map((by) => ({ $project: by })),
    path.map((by) => ({ $unset: by })),
  );
  const last = fc.oneof(
    fc.constant([]),
    fc.constant([{ $count: 'n' }]),
    name.map((by) => [{ $group: { _id: `$${by}`, n: { $sum: new Int32(1) } } }, { $sort: { _id: 1 } }]),
  );
  return fc.tuple(fc.array(stage, { maxLength: 3 }), last).map(([stages, end]) => ({
    aggregate: 'c',
    pipeline: [{ $sort: { _id: 1 } }, ...stages, ...end],
    cursor: {},
  }));
}
