import fc from 'fast-check';
import { Comparison } from './fuzz/compare';
import { knownDifferences } from './fuzz/differences';
import { cases } from './fuzz/operations';
import { embedded, realMongoDb } from './targets';

/** How many commands both servers are to answer. `npm run fuzz:database` asks for more. */
const wanted = Number(process.env['FUZZ_OPERATIONS'] ?? 2_000);
const seed = Number(process.env['FUZZ_SEED'] ?? 7);
/** Five commands to a case, less where one of them ended it early. */
const COMMANDS_PER_CASE = 4.5;

const title = 'answers random commands as a real MongoDB does';

if (realMongoDb.missing) it.skip(`${title} (skipped: ${realMongoDb.missing})`, () => {});
else {
  it(title, async () => {
    await using comparison = new Comparison(embedded, realMongoDb, knownDifferences);
    await fc.assert(
      fc.asyncProperty(cases(), (one) => comparison.check(one)),
      { numRuns: Math.ceil(wanted / COMMANDS_PER_CASE), seed },
    );
    const explained = [...comparison.explained].map(([name, times]) => `${times} × ${name}`).join('; ');
    process.stderr.write(
      `${comparison.operations} commands compared with a real MongoDB, seed ${seed}: ` +
        `0 differences except the known ones (${explained || 'none'})\n`,
    );
    expect(comparison.operations).toBeGreaterThanOrEqual(wanted);
  }, 1_800_000);
}
