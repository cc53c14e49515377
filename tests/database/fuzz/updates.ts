import fc from 'fast-check';
import mongoose from 'mongoose';
import { expression } from './expressions';
import { condition, filter, operators } from './filters';
import {
  aNumber,
  direction,
  type Fields,
  int,
  name,
  one,
  path,
  scalar,
  sort,
  subdocument,
  value,
} from './values';

const { Int32, Long } = mongoose.mongo;

/** `u` with the array filters that it names, if any. */
interface Change {
  u: unknown;
  arrayFilters?: Fields[];
}

/** What an update does. */
function change(): fc.Arbitrary<Change> {
  return fc.oneof(
    {
      weight: 10,
      arbitrary: fc
        .array(modifier(path), { minLength: 1, maxLength: 2 })
        .map((list) => ({ u: merged(list) })),
    },
    { weight: 4, arbitrary: modifier(positional).map((u) => ({ u })) },
    { weight: 4, arbitrary: filtered() },
    { weight: 2, arbitrary: subdocument(2).map((u) => ({ u })) },
    { weight: 2, arbitrary: pipeline() },
  );
}

/** Paths with `$` and `$[]`. */
const positional = fc
  .tuple(name, fc.constantFrom('$', '$[]'), fc.constantFrom('', '.a', '.b'))
  .map((parts) => `${parts[0]}.${parts[1]}${parts[2]}`);

/** Paths with `$[x]`, and what `x` stands for. */
function filtered(): fc.Arbitrary<Change> {
  const at = fc.tuple(name, fc.constantFrom('', '.a', '.b')).map(([field, rest]) => `${field}.$[x]${rest}`);
  const meaning = fc
    .tuple(fc.constantFrom('x', 'x.a', 'x.b'), fc.oneof(condition(0), operators(0)))
    .map(([field, wanted]) => [{ [field]: wanted }]);
  return fc.tuple(modifier(at), meaning).map(([u, arrayFilters]) => ({ u, arrayFilters }));
}

function pipeline(): fc.Arbitrary<Change> {
  const stage = fc.oneof(
    fc.tuple(path, expression()).map(([at, by]) => ({ $set: { [at]: by } })),
    path.map((at) => ({ $unset: at })),
    fc
      .tuple(name, expression())
      .map(([at, by]) => ({ $replaceWith: { $mergeObjects: ['$$ROOT', { [at]: by }] } })),
  );
  return fc.array(stage, { minLength: 1, maxLength: 2 }).map((u) => ({ u }));
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

/** One operator on one of the paths. */
function modifier(paths: fc.Arbitrary<string>): fc.Arbitrary<Fields> {
  const any = value();
  const onPath = (names: readonly string[], operand: fc.Arbitrary<unknown>) =>
    fc
      .tuple(fc.constantFrom(...names), paths, operand)
      .map(([operator, at, by]) => ({ [operator]: { [at]: by } }));
  const bits = one(
    ['and', 'or', 'xor'],
    fc.oneof(
      int,
      fc.nat(7).map((n) => Long.fromNumber(n)),
    ),
  );
  return fc.oneof(
    { weight: 3, arbitrary: onPath(['$set'], any) },
    onPath(['$unset'], fc.constant('')),
    onPath(['$setOnInsert'], any),
    { weight: 2, arbitrary: onPath(['$inc', '$mul'], aNumber) },
    onPath(['$min', '$max'], any),
    onPath(['$rename'], path),
    { weight: 2, arbitrary: onPath(['$push', '$addToSet'], value(1)) },
    { weight: 2, arbitrary: onPath(['$push'], pushClauses()) },
    onPath(
      ['$addToSet'],
      fc.array(value(1), { maxLength: 3 }).map(($each) => ({ $each })),
    ),
    { weight: 2, arbitrary: onPath(['$pull'], fc.oneof(value(1), operators(1), filter(0))) },
    onPath(['$pullAll'], fc.array(value(1), { maxLength: 2 })),
    onPath(['$pop'], direction),
    onPath(['$bit'], bits),
  );
}

function pushClauses(): fc.Arbitrary<Fields> {
  const order = fc.oneof(direction, one(['a', 'b', 'a.b'], direction));
  return fc.record(
    {
      $each: fc.array(value(1), { maxLength: 3 }),
      $slice: fc.integer({ min: -3, max: 3 }),
      $sort: order,
      $position: fc.integer({ min: -2, max: 3 }),
    },
    { requiredKeys: ['$each'] },
  );
}

/** A filter, and whether a document is made of it where it finds none. */
const target: fc.Arbitrary<{ q: Fields; upsert: boolean }> = fc.oneof(
  { weight: 3, arbitrary: filter().map((q) => ({ q, upsert: false })) },
  { weight: 2, arbitrary: filter().map((q) => ({ q, upsert: true })) },
  fc.tuple(path, scalar).map(([at, by]) => ({ q: { [at]: by }, upsert: true })),
  fc.integer({ min: 0, max: 9 }).map((_id) => ({ q: { _id: new Int32(_id) }, upsert: true })),
);

export function update(): fc.Arbitrary<Fields> {
  return fc.tuple(target, change(), fc.boolean()).map(([{ q, upsert }, changed, multi]) => {
    const isReplacement = !Array.isArray(changed.u) && !Object.keys(changed.u as Fields)[0]?.startsWith('$');
    return { update: 'c', updates: [{ q, ...changed, upsert, multi: multi && !isReplacement }] };
  });
}

export function findAndModify(): fc.Arbitrary<Fields> {
  const base = fc.record({ query: filter(), sort });
  return fc.oneof(
    base.map((options) => ({ findAndModify: 'c', ...options, remove: true })),
    fc
      .tuple(base, target, change(), fc.boolean())
      .map(([{ sort: by }, { q, upsert }, { u, ...rest }, isNew]) => ({
        findAndModify: 'c',
        query: q,
        sort: by,
        update: u,
        ...rest,
        upsert,
        new: isNew,
      })),
  );
}
