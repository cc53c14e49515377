/**
 * The long form of every proof in `tests/`, then one table: what was shown, and by how many trials. It takes hours;
 * `npm run chaos -- kill-storm` runs the files whose path has that in it. Fails when a proof fails.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the proofs are: add yours, and note its figures with `shown` of tests/helpers/trials.ts. */
const suites = ['tests/chaos', 'tests/rooms/stories.test.ts', 'tests/rooms/reconciler.test.ts'];

const wanted = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), 'chaos-'));
const report = join(directory, 'shown.jsonl');
const args = ['jest', '--runInBand', ...(wanted.length > 0 ? wanted : suites)];
const { status } = spawnSync('npx', args, {
  stdio: 'inherit',
  env: { ...process.env, CHAOS: 'long', CHAOS_REPORT: report },
});

const rows = existsSync(report)
  ? readFileSync(report, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];
rmSync(directory, { recursive: true, force: true });
const width = Math.max(8, ...rows.map(({ property }) => property.length));
const print = (property, figures) => process.stdout.write(`| ${property.padEnd(width)} | ${figures}\n`);
process.stdout.write('\n');
print('Property', 'Shown by');
print('-'.repeat(width), '-'.repeat(width));
for (const { property, figures } of rows) print(property, figures);
process.stdout.write(status === 0 ? '\nEvery proof held.\n' : '\nA proof failed: see above.\n');
process.exitCode = status ?? 1;
