import fc from 'fast-check';
import mongoose from 'mongoose';

const { Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId } = mongoose.mongo;

export type Fields = Record<string, unknown>;

// Few names and few values: so paths meet, filters find something, and the same value comes in several types.
const names = ['a', 'b', 'c'] as const;
const whole = fc.integer({ min: -2, max: 5 });

export const name = fc.constantFrom(...names);
const place = fc.constantFrom('0', '1');
const joined = (parts: fc.Arbitrary<string[]>) => parts.map((list) => list.join('.'));
export const path = fc.oneof(
  { weight: 6, arbitrary: name },
  { weight: 4, arbitrary: joined(fc.tuple(name, name)) },
  { weight: 1, arbitrary: joined(fc.tuple(name, place)) },
  { weight: 1, arbitrary: joined(fc.tuple(name, place, name)) },
);
export const int = whole.map((value) => new Int32(value));
export const aNumber = fc.oneof(
  { weight: 3, arbitrary: int },
  whole.map((value) => Long.fromNumber(value)),
  whole.map((value) => new Double(value)),
  whole.map((value) => new Double(value + 0.5)),
  fc.constantFrom('0', '1', '1.0', '2.50', '-1.5', '3E+1').map((text) => Decimal128.fromString(text)),
);
const text = fc.constantFrom('', 'a', 'b', 'ab', 'B');
const date = fc.nat(3).map((days) => new Date(days * 86_400_000));
const objectId = fc.nat(3).map((n) => new ObjectId(`65000000000000000000000${n}`));

export const scalar: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 10, arbitrary: aNumber },
  { weight: 6, arbitrary: text },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false) },
  { weight: 2, arbitrary: date },
  { weight: 2, arbitrary: objectId },
  fc.constantFrom(new MinKey(), new MaxKey(), new Double(Number.NaN), Decimal128.fromString('NaN')),
);

/** A value at most `depth` levels of documents and arrays deep. */
export function value(depth = 2): fc.Arbitrary<unknown> {
  if (depth === 0) return scalar;
  return fc.oneof(
    { weight: 4, arbitrary: scalar },
    { weight: 2, arbitrary: subdocument(depth) },
    { weight: 3, arbitrary: fc.array(value(depth - 1), { maxLength: 3 }) },
  );
}

export function subdocument(depth: number): fc.Arbitrary<Fields> {
  const inner = depth > 0 ? value(depth - 1) : scalar;
  return fc.record({ a: inner, b: inner, c: inner }, { requiredKeys: [] });
}

/** Documents with the ids 1, 2, … */
export const documents: fc.Arbitrary<Fields[]> = fc
  .array(subdocument(2), { minLength: 1, maxLength: 5 })
  .map((list) => list.map((fields, i) => ({ _id: new Int32(i + 1), ...fields })));

/** `{ operator: operand }` for any of the operators. */
export function one(operators: readonly string[], operand: fc.Arbitrary<unknown>): fc.Arbitrary<Fields> {
  return fc.tuple(fc.constantFrom(...operators), operand).map(([operator, by]) => ({ [operator]: by }));
}

export const direction = fc.constantFrom(1, -1);

/** Always down to the _id, so that there is one right order. */
export const sort: fc.Arbitrary<Fields> = fc
  .array(fc.tuple(path, direction), { maxLength: 1 })
  .map((parts) => ({ ...Object.fromEntries(parts), _id: 1 }));
