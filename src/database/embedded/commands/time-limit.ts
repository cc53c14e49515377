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

  /** The same, with a look at the clock wherever a search may pause. @throws ServerError 50 once the time is over */
  *over<T>(found: Iterable<T | undefined>): Generator<T | undefined> {
    for (const each of found) {
      if (each === undefined) this.check();
      yield each;
    }
  }

  private check(): void {
    if (this.milliseconds === 0) return;
    if (this.used + performance.now() - this.since <= this.milliseconds) return;
    throw new ServerError(50, 'operation exceeded time limit');
  }
}
