import fc from 'fast-check';
import { Comparison } from './fuzz/compare';
import { ferretDbDifferences } from './fuzz/differences';
import { cases } from './fuzz/operations';
import { embedded, ferretDb, realServer } from './targets';

/** How many commands both servers are to answer. `npm run fuzz:database` asks for more. */
const wanted = Number(process.env['FUZZ_OPERATIONS'] ?? 2_000);
const seed = Number(process.env['FUZZ_SEED'] ?? 7);
/** Five commands to a case, less where one of them ended it early. */
const COMMANDS_PER_CASE = 4.5;

const real = realServer();
const other = real ?? ferretDb();
const title = `answers random commands as ${other.name} does`;

if (other.missing) it.skip(`${title} (not compared: ${other.missing})`, () => {});
else {
  it(title, async () => {
    await using comparison = new Comparison(embedded, other, real ? [] : ferretDbDifferences);
    await fc.assert(
      fc.asyncProperty(cases(), (one) => comparison.check(one)),
      { numRuns: Math.ceil(wanted / COMMANDS_PER_CASE), seed },
    );
    const explained = [...comparison.explained].map(([name, times]) => `${times} × ${name}`).join('; ');
    process.stderr.write(
      `${comparison.operations} operations compared with ${other.name}, seed ${seed}: 0 differences` +
        ` but the known ones (${explained}); it broke down ${comparison.breakdowns} times\n`,
    );
    expect(comparison.operations).toBeGreaterThanOrEqual(wanted);
  }, 1_800_000);
}
