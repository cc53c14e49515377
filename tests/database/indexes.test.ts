import fc from 'fast-check';
import mongoose from 'mongoose';
import { type OpenDatabase, openTestDatabase } from '../helpers/embedded';

type Collection = mongoose.mongo.Collection<mongoose.mongo.Document>;

let database: OpenDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

describe('what a query looks at', () => {
  const sizes = [500, 20_000];
  const collections = new Map<number, Collection>();

  beforeAll(async () => {
    for (const size of sizes) {
      const c = database.db.collection(`sized${size}`);
      await c.createIndexes([
        { key: { k: 1 }, name: 'k', unique: true },
        { key: { group: 1, k: -1 }, name: 'group_k' },
        { key: { tags: 1 }, name: 'tags' },
        { key: { k: 1, open: 1 }, name: 'open_k', partialFilterExpression: { open: true } },
      ]);
      const documents = Array.from({ length: size }, (_, i) => ({
        k: i,
        group: i % (size / 50),
        tags: [`t${i % (size / 10)}`, `u${i % (size / 10)}`],
        open: i % (size / 20) === 0,
        name: `name ${i}`,
      }));
      await c.insertMany(documents);
      collections.set(size, c);
    }
  });

  it.each<[string, object, { sort?: object; limit?: number }, string]>([
    ['one value', { k: 77 }, {}, 'k'],
    ['a range with a limit', { k: { $gte: 100 } }, { sort: { k: 1 }, limit: 10 }, 'k'],
    ['a range from behind', { k: { $lt: 400 } }, { sort: { k: -1 }, limit: 10 }, 'k'],
    ['an order alone', {}, { sort: { k: 1 }, limit: 10 }, 'k'],
    ['several values', { k: { $in: [1, 5, 9] } }, {}, 'k'],
    ['a value and an order', { group: 3 }, { sort: { k: -1 }, limit: 10 }, 'group_k'],
    ['a value and a range', { group: 3, k: { $gt: 10 } }, { sort: { k: 1 }, limit: 5 }, 'group_k'],
    ['an element of an array', { tags: 't3' }, {}, 'tags'],
    ['either of two', { $or: [{ k: 5 }, { tags: 'u7' }] }, {}, 'k'],
    ['one _id', { _id: 'nobody' }, {}, '_id_'],
  ])(
    'for %s is the same in a large collection as in a small one',
    async (_, filter, { sort, limit = 0 }, index) => {
      const examined = [];
      for (const c of collections.values()) {
        const cursor = c.find(filter).limit(limit);
        const explained = await (sort ? cursor.sort(sort as never) : cursor).explain('executionStats');
        expect(JSON.stringify(explained['queryPlanner'].winningPlan)).toContain(`"indexName":"${index}"`);
        expect(JSON.stringify(explained['queryPlanner'].winningPlan)).not.toContain('COLLSCAN');
        const { totalKeysExamined, totalDocsExamined, nReturned } = explained['executionStats'];
        examined.push({ totalKeysExamined, totalDocsExamined, nReturned });
      }
      expect(examined[1]).toEqual(examined[0]);
    },
  );

  it('is told without a change: explain of a delete leaves everything', async () => {
    const [c] = collections.values();
    const explain = { delete: c?.collectionName, deletes: [{ q: { k: 1 }, limit: 0 }] };
    const explained = await database.db.command({ explain, verbosity: 'executionStats' });
    expect(explained['executionStats']).toMatchObject({ nReturned: 1 });
    expect(await c?.countDocuments({ k: 1 })).toBe(1);
  });
});

describe('a plan over indexes', () => {
  // Few different values, so that bounds often lie exactly on what is there.
  const scalar = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }) },
    fc.constantFrom(1.5, 2.5, 'a', 'ab', 'b', '', true, false, null),
    fc.constantFrom(new Date(0), new Date(5)),
  );
  const value = fc.oneof(
    { weight: 6, arbitrary: scalar },
    { weight: 2, arbitrary: fc.array(scalar, { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(fc.array(scalar, { maxLength: 2 }), { maxLength: 2 }) },
    { weight: 2, arbitrary: fc.record({ x: scalar }, { requiredKeys: [] }) },
    { weight: 2, arbitrary: fc.array(fc.record({ x: scalar }, { requiredKeys: [] }), { maxLength: 3 }) },
  );
  const documents = fc.array(fc.record({ a: value, b: scalar }, { requiredKeys: [] }), {
    minLength: 1,
    maxLength: 25,
  });
  const condition = fc.oneof(
    scalar,
    value.filter((each) => each === null || typeof each !== 'object' || Array.isArray(each)),
    fc.record({ $gte: scalar }),
    fc.record({ $lt: scalar, $gt: scalar }, { requiredKeys: ['$lt'] }),
    fc.record({ $in: fc.array(scalar, { minLength: 1, maxLength: 3 }) }),
    fc.record({ $exists: fc.boolean() }),
    fc.record({ $ne: scalar }),
    fc.record({ $elemMatch: fc.record({ $gte: scalar, $lt: scalar }) }),
    fc.constantFrom(/^a/, /^ab?/, /b$/),
  );
  const simple = fc.record({ a: condition, b: condition, 'a.x': condition }, { requiredKeys: [] });
  const filter = fc.oneof(
    { weight: 4, arbitrary: simple },
    { weight: 1, arbitrary: fc.record({ $or: fc.array(simple, { minLength: 1, maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ $and: fc.array(simple, { minLength: 1, maxLength: 2 }) }) },
  );
  const keys: [string, object][] = [
    ['one field', { a: 1, _id: 1 }],
    ['one field, descending', { a: -1, _id: 1 }],
    ['two fields', { a: 1, b: -1, _id: 1 }],
    ['two fields, the other way round', { b: 1, a: 1, _id: 1 }],
    ['a path', { 'a.x': 1, _id: 1 }],
  ];

  it.each(keys)(
    'of %s finds what a look at every document finds, in the order asked for',
    async (name, key) => {
      const c = database.db.collection(`planned ${name}`);
      await c.createIndex(key as never, { name: 'planned' });
      await fc.assert(
        fc.asyncProperty(documents, filter, fc.boolean(), async (docs, wanted, isBackwards) => {
          await c.deleteMany({});
          await c.insertMany(docs.map((doc, i) => ({ _id: i as never, ...doc })));
          const sort = Object.fromEntries(
            Object.entries(key).map(([path, order]) => [path, isBackwards ? -order : order]),
          );
          const idsOf = async (hint: string | object) =>
            (
              await c
                .find(wanted as object, { hint })
                .sort(sort as never)
                .toArray()
            ).map(({ _id }) => _id);
          const scanned = await idsOf({ $natural: 1 });
          expect(await idsOf('planned')).toEqual(scanned);
          expect(
            (
              await c
                .find(wanted as object)
                .sort(sort as never)
                .toArray()
            ).map(({ _id }) => _id),
          ).toEqual(scanned);
          const unsorted = (await c.find(wanted as object).toArray()).map(({ _id }) => Number(_id));
          expect(unsorted.sort((x, y) => x - y)).toEqual(scanned.map(Number).sort((x, y) => x - y));
        }),
        { numRuns: 100 },
      );
      expect(await database.db.command({ validate: c.collectionName })).toMatchObject({ valid: true });
    },
  );
});
