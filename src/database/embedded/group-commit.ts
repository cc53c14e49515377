import type { Store } from './storage/store';

type Settled = (error?: unknown) => void;

/**
 * Lets all writes that arrive together share one commit. A commit waits for the disk, and what arrives meanwhile is
 * the next group; so the more there is to do, the less each write pays.
 *
 * A command that wrote, or may have read what is not on disk yet, is answered once it is on disk.
 */
export class GroupCommit {
  private waiting: Settled[] = [];

  constructor(private readonly store: Store) {}

  /** Calls `settled` when everything written until now is on disk, or with the error that took it back. */
  whenDurable(settled: Settled): void {
    if (!this.store.hasUncommitted) {
      settled();
      return;
    }
    this.waiting.push(settled);
    // After all that has already arrived at other connections has been read and run.
    if (this.waiting.length === 1) setImmediate(() => this.commit());
  }

  commit(): void {
    try {
      this.store.commit();
    } catch (error) {
      this.settle(error);
      return;
    }
    this.settle();
  }

  /** Something failed in the middle of a write: everything that shares its commit is taken back, and told so. */
  abandon(error: unknown): void {
    this.store.rollback();
    this.settle(error);
  }

  private settle(error?: unknown): void {
    const settled = this.waiting;
    this.waiting = [];
    for (const each of settled) each(error);
  }
}
