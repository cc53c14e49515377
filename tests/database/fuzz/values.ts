import fc from 'fast-check';
import mongoose from 'mongoose';

const { Double, Int32, Long, ObjectId } = mongoose.mongo;

export type Fields = Record<string, unknown>;

// Few names and few values: so paths meet, filters find something, and the same value comes in several types.
const names = ['a', 'b', 'c'] as const;
const whole = fc.integer({ min: -2, max: 5 });

export const name = fc.constantFrom(...names);
export const path = fc.oneof(
  { weight: 3, arbitrary: name },
  { weight: 2, arbitrary: fc.tuple(name, name).map((parts) => parts.join('.')) },
);
export const int = whole.map((value) => new Int32(value));
export const aNumber = fc.oneof(
  { weight: 3, arbitrary: int },
  whole.map((value) => Long.fromNumber(value)),
  whole.map((value) => new Double(value)),
  whole.map((value) => new Double(value + 0.5)),
);
const text = fc.constantFrom('', 'a', 'b', 'ab', 'B');
const date = fc.nat(3).map((days) => new Date(days * 86_400_000));
const objectId = fc.nat(3).map((n) => new ObjectId(`65000000000000000000000${n}`));

export const scalar: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 5, arbitrary: aNumber },
  { weight: 3, arbitrary: text },
  fc.constantFrom(null, true, false),
  date,
  objectId,
);

/** A value at most `depth` levels of documents and arrays deep. No array is in an array. */
export function value(depth = 2): fc.Arbitrary<unknown> {
  if (depth === 0) return scalar;
  return fc.oneof(
    { weight: 4, arbitrary: scalar },
    { weight: 2, arbitrary: subdocument(depth) },
    { weight: 3, arbitrary: fc.array(fc.oneof(scalar, subdocument(depth - 1)), { maxLength: 3 }) },
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
