import { appendFileSync } from 'node:fs';

/** Whether this is the long form, which `npm run chaos` runs: more trials of the same proofs. */
const isLong = process.env['CHAOS'] === 'long';

/** How often to try: `inShort` with all other tests, `inLong` in the long form. */
export function trials(inShort: number, inLong: number): number {
  return isLong ? inLong : inShort;
}

/**
 * So many seeds, from 1 on. `CHAOS_SEEDS=6..10` is that piece of the long form, for a machine on which the whole takes
 * too long at a time.
 */
export function seeds(inShort: number, inLong: number): readonly number[] {
  const [, first, last] = /^(\d+)\.\.(\d+)$/.exec(process.env['CHAOS_SEEDS'] ?? '') ?? [];
  const from = isLong && first ? Number(first) : 1;
  const to = isLong && last ? Number(last) : trials(inShort, inLong);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** In milliseconds, for tests whose long form takes its time. */
export function patience(inShort: number, inLong: number): number {
  return trials(inShort, inLong);
}

/** Notes what a test has shown, in figures, for the table at the end of the long form. */
export function shown(property: string, figures: string): void {
  const file = process.env['CHAOS_REPORT'];
  if (file) appendFileSync(file, `${JSON.stringify({ property, figures })}\n`);
}
