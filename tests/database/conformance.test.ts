import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aggregating } from './conformance/aggregating';
import { engineFails, isEngine } from './conformance/differences';
import { indexes } from './conformance/indexes';
import { matching } from './conformance/matching';
import { namesAndRefusals } from './conformance/names-and-refusals';
import { ordering } from './conformance/ordering';
import { projections } from './conformance/projections';
import type { Define, Part, Subject } from './conformance/suite';
import { types } from './conformance/types';
import { updates } from './conformance/updates';
import { upserts } from './conformance/upserts';
import { writes } from './conformance/writes';
import { knownDifferences } from './fuzz/differences';
import { embedded, realMongoDb, type Target, type TargetHere } from './targets';

const parts: Record<string, Part> = {
  matching,
  projections,
  ordering,
  types,
  updates,
  upserts,
  indexes,
  writes,
  aggregating,
  namesAndRefusals,
};

/** Runs the suite against one server. */
function describeConformance(server: TargetHere): void {
  let target: Target;
  let fails: ReadonlyMap<string, string> = new Map();
  let collections = 0;
  beforeAll(async () => {
    target = await server.open();
    if (server === realMongoDb && (await isEngine(target))) fails = engineFails;
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
  const define: Define = (title, run) =>
    it(title, async () => {
      if (fails.has(title)) await expect(run()).rejects.toThrow();
      else await run();
    }, 90_000); // A real server looks for documents whose time is over once a minute.
  for (const [name, part] of Object.entries(parts)) describe(name, () => part(define, subject));
}

describe('the embedded database', () => describeConformance(embedded));

if (realMongoDb.missing)
  it.skip(`a real MongoDB passes the same suite (skipped: ${realMongoDb.missing})`, () => {});
else describe('a real MongoDB', () => describeConformance(realMongoDb));

it('lists every known difference in docs/embedded-database.md', () => {
  const text = readFileSync(join(__dirname, '..', '..', 'docs', 'embedded-database.md'), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| ') || line.startsWith('- '));
  const expected = [
    ...[...engineFails].map(([title, instead]) => `| ${title} | ${instead} |`),
    ...knownDifferences.map(({ name }) => `- ${name}`),
  ];
  expect(rows).toEqual(expect.arrayContaining(expected));
});
