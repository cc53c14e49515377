/**
 * Spreads work over turns of the event loop: each turn lets those go on who waited longest, until as much is begun as fits into one.
 * Other work of the process runs in between.
 */
export class Turns {
  private waiting: { readonly amount: number; readonly goOn: () => void }[] = [];

  /** @param most that is begun in one turn, in any unit; a single piece may be larger */
  constructor(private readonly most: number) {}

  /** Resolves when it is the turn of a piece of work. */
  next(amount: number): Promise<void> {
    return new Promise((goOn) => {
      if (this.waiting.length === 0) setImmediate(() => this.turn());
      this.waiting.push({ amount, goOn });
    });
  }

  private turn(): void {
    let begun = 0;
    let taken = 0;
    for (const { amount, goOn } of this.waiting) {
      if (taken > 0 && begun + amount > this.most) break;
      begun += amount;
      taken += 1;
      goOn();
    }
    this.waiting = this.waiting.slice(taken);
    if (this.waiting.length > 0) setImmediate(() => this.turn());
  }
}
