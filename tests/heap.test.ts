import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const small = JSON.stringify(join(__dirname, '..', 'dist', 'heap.js'));

/** Objects in a window that moves on: each lives long enough to count as old, and is garbage soon after. Says how large the heap became, in MiB. */
const load = `
  const window = [];
  let most = 0;
  for (let at = 0; at < 3_000_000; at += 1) {
    window[at % 200_000] = { at, more: [at, at, at, at, at, at, at, at, at] };
    if (at % 10_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed);
  }
  process.stdout.write(String(Math.round(most / 1_048_576)));
`;

function heapAfter(script: string): number {
  return Number(execFileSync(process.execPath, ['--eval', script], { encoding: 'utf8' }));
}

/** As much as a start leaves behind: counts as old, and is no longer in use. Says how large the heap is in the end, in MiB. */
const start = `
  let built = Array.from({ length: 1_000_000 }, (_, at) => ({ at }));
  built = undefined;
`;
const end = 'process.stdout.write(String(Math.round(process.memoryUsage().heapUsed / 1_048_576)));';

it('what the start has left behind is cleared away when it is over', () => {
  const keptSmall = heapAfter(`${start} require(${small}).keepHeapSmall(); ${end}`);
  expect(keptSmall).toBeLessThan(heapAfter(`${start} ${end}`) / 2);
});

it('what is no longer in use is cleared away before much of it has gathered', () => {
  const byDefault = heapAfter(load);
  expect(heapAfter(`require(${small}).keepHeapSmall(); ${load}`)).toBeLessThan(byDefault * 0.7);
});
