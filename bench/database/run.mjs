/**
 * `npm run bench:database`: what the protocol costs. The same operations on plain SQLite, through the bare driver and
 * through mongoose, one after the other on one machine; then the memory that the embedded database adds to a process.
 * Medians of three rounds; `--quick` does one, and small. `--only=insert` names operations.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, isCurrent } from '../../scripts/build.mjs';
import { extraMemory } from './memory.mjs';
import { operations } from './operations.mjs';
import { openTargets } from './targets.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const options = Object.fromEntries(process.argv.slice(2).map((each) => each.replace(/^--/, '').split('=')));
const quick = 'quick' in options;

if (!isCurrent()) await build();
// Beside the data of the service and not among temporary files, which may lie in memory, where a sync costs nothing.
const scratch = join(root, '.data', `bench-${process.pid}`);
mkdirSync(scratch, { recursive: true });

const chosen = operations.filter(({ name }) => !options.only || name.includes(options.only));
const median = (numbers) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Of one target, by the name of the operation: how many a second, and the microseconds of processor that each took. */
async function measure(target) {
  const figures = new Map();
  for (const { name, count, prepare, run, weight = 1 } of chosen) {
    const size = quick ? Math.ceil(count / 10) : count;
    const perSecond = [];
    const processor = [];
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      await target.clear();
      await prepare?.(target, size);
      const [began, used] = [performance.now(), process.cpuUsage()];
      await run(target, size);
      const { user, system } = process.cpuUsage(used);
      perSecond.push((size * weight * 1_000) / (performance.now() - began));
      processor.push((user + system) / (size * weight));
    }
    figures.set(name, { perSecond: median(perSecond), processor: median(processor) });
  }
  return figures;
}

/** What is to be reached through mongoose on two cores that have nothing else to do. */
const goals = {
  'insert, 32 at once': 2_500,
  'read by id, 32 at once': 2_000,
  'insertMany, 1000 each': 20_000,
};
const MOST_MEMORY = 40;

const whole = (number) => Math.round(number).toLocaleString('en-US');

/** The lines of the table as lists of cells, the heads first. */
function tableOf(results) {
  const heads = ['', ...results.map(({ name }) => name), 'driver : SQLite', 'mongoose : driver', 'goal'];
  const lines = chosen.map(({ name }) => {
    const [sqlite, driver, mongoose] = results.map(({ figures }) => figures.get(name));
    const figure = ({ perSecond, processor }) => `${whole(perSecond)} (${whole(processor)})`;
    const ratio = (a, b) => `1 : ${(b.perSecond / a.perSecond).toFixed(1)}`;
    const goal = goals[name];
    const verdict = goal && `${whole(goal)} ${mongoose.perSecond >= goal ? 'reached' : 'NOT REACHED'}`;
    const ratios = [ratio(driver, sqlite), ratio(mongoose, driver)];
    return [name, ...[sqlite, driver, mongoose].map(figure), ...ratios, verdict ?? ''];
  });
  return [heads, ...lines];
}

try {
  const targets = await openTargets(scratch);
  const results = [];
  for (const target of targets) results.push({ name: target.name, figures: await measure(target) });
  for (const target of targets) await target.close();

  const [heads, ...lines] = tableOf(results);
  process.stdout.write(
    `Operations a second; in parentheses microseconds of processor for each (Node ${process.version})\n\n`,
  );
  for (const [first, ...cells] of [heads, ...lines]) {
    process.stdout.write(`${first.padEnd(26)}${cells.map((text) => text.padStart(18)).join('')}\n`);
  }

  const memory = await extraMemory(join(scratch, 'memory'), quick ? 2_000 : 20_000);
  const verdict = memory.afterLoad < MOST_MEMORY ? 'reached' : 'NOT REACHED';
  process.stdout.write(
    `\nResident memory that it adds to a process: ${whole(memory.idle)} MB idle, ${whole(memory.afterLoad)} MB after ` +
      `${whole(memory.documents)} writes and reads (goal: under ${MOST_MEMORY}, ${verdict})\n`,
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
