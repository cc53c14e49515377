import type { Steps } from './commands/steps';

interface Task {
  /** Runs one slice. Returns whether there is more to do. */
  next(): boolean;
}

/**
 * Runs reads in slices, one slice per round of the event loop, each read in turn. However many long reads there are, a short
 * command of another connection waits for one slice at most.
 */
export class Slices {
  private readonly waiting: Task[] = [];

  /**
   * Runs the first slice at once: most reads are over with it, and are answered in the same tick.
   *
   * @param isWanted whether the client still waits for the answer; otherwise the read is dropped
   * @param settle called with what returns the answer, or throws the error
   */
  run<T>(
    steps: Steps<T>,
    { isWanted, settle }: { isWanted: () => boolean; settle: (end: () => T) => void },
  ): void {
    const next = () => {
      if (!isWanted()) return false;
      let step: IteratorResult<undefined, T>;
      try {
        step = steps.next();
      } catch (error) {
        settle(() => {
          throw error;
        });
        return false;
      }
      if (!step.done) return true;
      const { value } = step;
      settle(() => value);
      return false;
    };
    if (next()) this.queue({ next });
  }

  /** Drops what is not finished. */
  stop(): void {
    this.waiting.length = 0;
  }

  private queue(task: Task): void {
    this.waiting.push(task);
    if (this.waiting.length === 1) setImmediate(() => this.round());
  }

  private round(): void {
    const task = this.waiting[0];
    if (!task) return;
    const hasMore = task.next();
    this.waiting.shift();
    if (hasMore) this.waiting.push(task);
    if (this.waiting.length > 0) setImmediate(() => this.round());
  }
}
