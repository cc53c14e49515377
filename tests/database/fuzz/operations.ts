import fc from 'fast-check';
import { filter } from './filters';
import { aggregate, projection } from './pipelines';
import { findAndModify, update } from './updates';
import { direction, documents, type Fields, path, sort } from './values';

/** A command on the collection `c`. */
export type Command = Fields;

/** Indexes and documents, what is read of them, and what is done to them at the end. */
export interface Case {
  indexes: Fields[];
  documents: Fields[];
  reads: Command[];
  write: Command;
}

export function cases(): fc.Arbitrary<Case> {
  return fc.record({
    indexes: fc.oneof(
      { weight: 3, arbitrary: fc.constant<Fields[]>([]) },
      index().map((spec) => [spec]),
    ),
    documents,
    reads: fc.array(read(), { minLength: 3, maxLength: 3 }),
    write: write(),
  });
}

/** Far enough in the future that no document of a TTL index ends while it is compared. */
const NEVER_SECONDS = 2 ** 31 - 1;

/** Plain, unique, sparse, partial and TTL indexes. */
function index(): fc.Arbitrary<Fields> {
  const key = fc
    .uniqueArray(fc.tuple(path, direction), { minLength: 1, maxLength: 2, selector: ([at]) => at })
    .map((parts) => Object.fromEntries(parts));
  const kind = fc.oneof(
    fc.constantFrom<Fields>(
      {},
      { unique: true },
      { sparse: true },
      { unique: true, sparse: true },
      { expireAfterSeconds: NEVER_SECONDS },
    ),
    filter(0).map((partialFilterExpression) => ({ partialFilterExpression })),
    filter(0).map((partialFilterExpression) => ({ unique: true, partialFilterExpression })),
  );
  return fc.tuple(key, kind).map(([by, options]) => ({ key: by, name: 'i', ...options }));
}

function read(): fc.Arbitrary<Command> {
  return fc.oneof(
    { weight: 5, arbitrary: find() },
    { weight: 3, arbitrary: aggregate() },
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

function find(): fc.Arbitrary<Command> {
  return fc
    .record(
      { filter: filter(), sort, projection: projection(), skip: fc.nat(2), limit: fc.nat(3) },
      { requiredKeys: ['filter', 'sort'] },
    )
    .map((options) => ({ find: 'c', ...options }));
}
