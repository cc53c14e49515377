/**
 * What one consumer has not taken yet. It never holds more than `atMost` items: a push beyond that empties it and
 * marks it overflowed, and the consumer, who knows a slower source of the same items, starts over from there.
 */
export class BoundedQueue<T> {
  private items: T[] = [];
  private overflowed = false;
  private ended = false;
  private wake: (() => void) | undefined;

  constructor(private readonly atMost: number) {}

  /** Says whether it was this item that was too much. */
  push(item: T): 'overflowed' | undefined {
    if (this.ended || this.overflowed) return undefined;
    if (this.items.length >= this.atMost) this.overflow();
    else this.items.push(item);
    this.wake?.();
    return this.overflowed ? 'overflowed' : undefined;
  }

  /** Empties the queue and leaves it empty until the next `take`, which says so. */
  overflow(): void {
    this.items = [];
    this.overflowed = true;
  }

  /** Whether there is nothing to take, and more may come. */
  get isIdle(): boolean {
    return this.items.length === 0 && !this.overflowed && !this.ended;
  }

  /** Ends the queue: what is in it can no longer be taken. Safe to repeat. */
  end(): void {
    this.ended = true;
    this.items = [];
    this.wake?.();
  }

  /**
   * Waits until there is something to say: all the items so far, `'overflowed'` once after an overflow (from then on
   * the queue fills again), or `'ended'`. One consumer at a time.
   */
  async take(): Promise<T[] | 'overflowed' | 'ended'> {
    while (!this.ended && !this.overflowed && this.items.length === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = undefined;
    }
    if (this.ended) return 'ended';
    if (this.overflowed) {
      this.overflowed = false;
      return 'overflowed';
    }
    const taken = this.items;
    this.items = [];
    return taken;
  }
}
