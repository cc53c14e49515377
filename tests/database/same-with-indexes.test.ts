import fc from 'fast-check';
import mongoose from 'mongoose';
import { type OpenDatabase, openTestDatabase } from '../helpers/embedded';
import { filter as filters } from './fuzz/filters';
import { documents, type Fields, path } from './fuzz/values';

const { EJSON } = mongoose.mongo.BSON;

const wanted = Number(process.env['FUZZ_OPERATIONS'] ?? 600);
const QUERIES = 6;

let database: OpenDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const direction = fc.constantFrom(1, -1);
const key = fc
  .uniqueArray(path, { minLength: 1, maxLength: 3 })
  .chain((paths) => fc.tuple(...paths.map((each) => fc.tuple(fc.constant(each), direction))))
  .map((parts) => Object.fromEntries(parts));
const partial = fc.constantFrom({ a: { $gt: 0 } }, { b: { $exists: true } }, { c: { $type: 'string' } });
const index = fc.record({ key, sparse: fc.boolean(), partial: fc.option(partial, { freq: 4 }) });
const sort = fc.array(fc.tuple(path, direction), { maxLength: 2 }).map((parts) => Object.fromEntries(parts));

/** What a query says, without an order where none was asked for; or the code of its error. */
async function ask(name: string, filter: Fields, order: Fields): Promise<unknown> {
  try {
    const found = await database.db
      .collection(name)
      .find(filter)
      .sort({ ...order, _id: 1 })
      .toArray();
    return EJSON.stringify(found, { relaxed: false });
  } catch (error) {
    return (error as mongoose.mongo.MongoServerError).code;
  }
}

it('finds the same, in the same order, whatever indexes there are', async () => {
  let indexed = 0;
  await fc.assert(
    fc.asyncProperty(
      documents,
      fc.array(index, { minLength: 1, maxLength: 2 }),
      fc.array(fc.tuple(filters(), sort), { minLength: QUERIES, maxLength: QUERIES }),
      async (list, indexes, queries) => {
        for (const name of ['plain', 'indexed']) {
          await database.db.collection(name).drop();
          await database.db.collection(name).insertMany(list);
        }
        for (const [i, { key, sparse, partial }] of indexes.entries()) {
          const options = { name: `i${i}`, ...(partial ? { partialFilterExpression: partial } : { sparse }) };
          // Two arrays in one key cannot be indexed; then there is one index less.
          await database.db
            .collection('indexed')
            .createIndex(key as never, options)
            .catch(() => {});
        }
        for (const [filter, order] of queries) {
          const plan = await database.db
            .collection('indexed')
            .find(filter)
            .explain()
            .catch(() => ({}));
          if (JSON.stringify(plan).includes('"IXSCAN"')) indexed += 1;
          expect(await ask('indexed', filter, order)).toEqual(await ask('plain', filter, order));
        }
      },
    ),
    { numRuns: Math.ceil(wanted / QUERIES), seed: Number(process.env['FUZZ_SEED'] ?? 1) },
  );
  // The comparison is worth nothing unless indexes were used.
  expect(indexed).toBeGreaterThan(wanted / 20);
}, 600_000);
