import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

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

function mostHeap(script: string): number {
  return Number(execFileSync(process.execPath, ['--eval', script], { encoding: 'utf8' }));
}

it('what is no longer in use is cleared away before much of it has gathered', () => {
  const kept = JSON.stringify(join(__dirname, '..', 'dist', 'heap.js'));
  const byDefault = mostHeap(load);
  expect(mostHeap(`require(${kept}).keepHeapSmall(); ${load}`)).toBeLessThan(byDefault * 0.7);
});
