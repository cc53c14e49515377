import { ServerError } from '../server-error';

/**
 * The time that a client gives a command and what follows of it (`maxTimeMS`). Only the time at work counts: a cursor
 * that waits for its client to ask again uses none of it.
 */
export class TimeLimit {
  private used = 0;
  private since = performance.now();

  /** @param milliseconds 0: as long as it takes */
  constructor(private readonly milliseconds: number) {}

  resume(): void {
    this.since = performance.now();
  }

  pause(): void {
    this.used += performance.now() - this.since;
  }

  /** The same rows, with a look at the clock every so often. @throws ServerError 50 once the time is over */
  *over<T>(rows: Iterable<T>): Generator<T> {
    if (this.milliseconds === 0) {
      yield* rows;
      return;
    }
    let count = 0;
    for (const row of rows) {
      count += 1;
      if (count % 64 === 0) this.check();
      yield row;
    }
  }

  private check(): void {
    if (this.used + performance.now() - this.since <= this.milliseconds) return;
    throw new ServerError(50, 'operation exceeded time limit');
  }
}
