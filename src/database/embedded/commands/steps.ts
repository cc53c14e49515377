import type { Store } from '../storage/store';

/** A read in slices: each `yield` offers to pause, so that what others have asked for meanwhile is answered in between. */
export type Steps<T> = Generator<undefined, T, void>;

/** How often a read starts over; after that it goes through without a pause. */
const MAX_RESTARTS = 3;

/**
 * Runs a read that may pause. It starts over when a collection or an index was dropped or a write was rolled back during a
 * pause, because what it has read until then may be wrong.
 */
export function* restartable<T>(store: Store, start: () => Steps<T>): Steps<T> {
  for (let restarts = 0; restarts < MAX_RESTARTS; restarts += 1) {
    const { invalidations } = store;
    const steps = start();
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      yield;
      if (store.invalidations !== invalidations) break;
    }
  }
  return withoutPause(start());
}

/** Runs a read to its end without a pause. */
export function withoutPause<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same without the offers to pause. */
export function* found<T>(withPauses: Iterable<T | undefined>): Generator<T> {
  for (const each of withPauses) if (each !== undefined) yield each;
}

/** What is read ahead at most, in bytes; what is beyond is read without a pause. */
const MAX_AHEAD_BYTES = 16 * 1024 * 1024;

/** Reads with pauses what is then consumed without: all of it, up to a limit of memory. */
export function* readAhead<T extends { readonly bytes: Buffer }>(
  rows: Generator<T | undefined>,
): Steps<Iterable<T>> {
  const ahead: T[] = [];
  let bytes = 0;
  while (bytes < MAX_AHEAD_BYTES) {
    const { value, done } = rows.next();
    if (done) return ahead;
    if (value === undefined) yield;
    else {
      ahead.push(value);
      bytes += value.bytes.length;
    }
  }
  return chained(ahead, found(rows));
}

function* chained<T>(...parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}
