import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ferretDbFails } from './conformance/differences';
import { indexes } from './conformance/indexes';
import { matching } from './conformance/matching';
import { ordering } from './conformance/ordering';
import type { Define, Part, Subject } from './conformance/suite';
import { types } from './conformance/types';
import { updates } from './conformance/updates';
import { upserts } from './conformance/upserts';
import { writes } from './conformance/writes';
import { ferretDbDifferences } from './fuzz/differences';
import { embedded, ferretDb, realServer, type Target, type TargetHere } from './targets';

const parts: Record<string, Part> = { matching, ordering, types, updates, upserts, indexes, writes };

/** Runs the suite against one server. */
function describeConformance(server: TargetHere, fails: ReadonlyMap<string, string>): void {
  let target: Target;
  let collections = 0;
  beforeAll(async () => {
    target = await server.open();
  });
  afterAll(() => target[Symbol.asyncDispose]());

  const subject: Subject = {
    target: () => target,
    collection: async (...documents) => {
      collections += 1;
      const collection = target.db.collection(`c${collections}`);
      if (documents.length > 0) await collection.insertMany(documents);
      return collection;
    },
  };
  // A real server looks for documents whose time is over once a minute.
  const define: Define = (title, run) => (fails.has(title) ? it.failing : it)(title, run, 90_000);
  for (const [name, part] of Object.entries(parts)) describe(name, () => part(define, subject));
}

const real = realServer();
const ferret = ferretDb();

describe('the embedded database', () => describeConformance(embedded, new Map()));

if (real) describe('the server that TEST_MONGO_URI names', () => describeConformance(real, new Map()));

if (ferret.missing) it.skip(`FerretDB agrees with the same suite (not asked: ${ferret.missing})`, () => {});
else describe('FerretDB', () => describeConformance(ferret, ferretDbFails));

it('lists every known difference in docs/embedded-database.md', () => {
  const text = readFileSync(join(__dirname, '..', '..', 'docs', 'embedded-database.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| ') || line.startsWith('- '));
  const expected = [
    ...[...ferretDbFails].map(([title, instead]) => `| ${title} | ${instead} |`),
    ...ferretDbDifferences.map(({ name }) => `- ${name}`),
  ];
  expect(rows).toEqual(expect.arrayContaining(expected));
});
