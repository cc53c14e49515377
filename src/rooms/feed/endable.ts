/** The end of a stream whose watcher may no longer watch, for a stream that may not have begun by then. */
export class Ending {
  private act: () => void = () => undefined;
  private why: Error | undefined;

  begin(why: Error): void {
    this.why = why;
    this.act();
  }

  /** Calls `act` when it begins, or at once where it has. */
  whenBegun(act: () => void): void {
    this.act = act;
    if (this.why) act();
  }

  /** Throws why, once: an iterator that has thrown is done. */
  throwIfBegun(): void {
    const { why } = this;
    this.why = undefined;
    if (why) throw why;
  }
}

/**
 * A generator that can be ended while it waits, and whose end is noticed even if it was never begun: a generator
 * that has not run yet does not reach its `finally`.
 */
export function stoppable<T>(
  generator: AsyncGenerator<T, void>,
  stop: () => void,
  ending: Ending,
): AsyncIterableIterator<T> {
  return {
    next: async () => {
      try {
        const result = await generator.next();
        // Whatever it was about to tell when the permission ended.
        ending.throwIfBegun();
        if (result.done) stop();
        return result;
      } catch (error) {
        stop();
        throw error;
      }
    },
    return: async () => {
      stop();
      return generator.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
