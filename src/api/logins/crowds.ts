/** How many of something each key has open, no more than so many. */
export class Crowds {
  private readonly counts = new Map<string, number>();

  constructor(readonly atMost: number) {}

  isFull(key: string): boolean {
    return (this.counts.get(key) ?? 0) >= this.atMost;
  }

  /** Counts one more, full or not. Answers with how to count it off; safe to call again. */
  enter(key: string): () => void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      const left = (this.counts.get(key) ?? 1) - 1;
      if (left > 0) this.counts.set(key, left);
      else this.counts.delete(key);
    };
  }
}
