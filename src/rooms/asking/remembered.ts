/** Counts the documents of a collection that were written, modulo 2³²; undefined if not every write can be counted. */
export type CountWrites = (() => number) | undefined;

/**
 * Answers of the database about one collection, kept for as long as no process writes a document of it. Where writes cannot be
 * counted, nothing is kept.
 */
export class Remembered<Value> {
  private readonly known = new Map<string, { readonly value: Value }>();
  /** The count for which `known` holds. */
  private asOf = 0;
  private isSparing = false;

  /** @param atMost answers that are kept */
  constructor(
    private readonly writes: CountWrites,
    private readonly atMost: number,
  ) {}

  /** What is known of a key, or what `ask` finds out, in a question to the database that it begins after it is called. */
  async answer(key: string, ask: () => Promise<Value>): Promise<Value> {
    if (!this.writes) return ask();
    const asOf = this.writes();
    if (asOf !== this.asOf) {
      // A write of ours that was counted already, or one of another process: that shows when ours is answered.
      if (this.isSparing) return ask();
      this.forget(asOf);
    }
    const known = this.known.get(key);
    if (known) return known.value;
    const value = await ask();
    if (this.asOf === asOf) this.keep(key, value);
    return value;
  }

  /** Does a write that does not change the cached results: they stay cached, unless another process has written meanwhile. */
  async spare<T extends { readonly modifiedCount: number }>(write: () => Promise<T>): Promise<T> {
    if (!this.writes || this.isSparing) return write();
    this.isSparing = true;
    const before = this.writes();
    try {
      const done = await write();
      // If another process had written as well, the count would be higher.
      if (this.asOf === before) this.asOf = (before + done.modifiedCount) >>> 0;
      return done;
    } finally {
      this.isSparing = false;
    }
  }

  private forget(asOf: number): void {
    this.known.clear();
    this.asOf = asOf;
  }

  private keep(key: string, value: Value): void {
    const oldest = this.known.size >= this.atMost ? this.known.keys().next().value : undefined;
    if (oldest !== undefined) this.known.delete(oldest);
    this.known.set(key, { value });
  }
}
