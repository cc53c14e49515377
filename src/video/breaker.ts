/** What a finished call says about the other side. `nothing`: it was called off before there was anything to say. */
export type Sign = 'alive' | 'away' | 'nothing';

export interface BreakerOptions {
  /** Failures in a row after which the other side is left alone. */
  readonly after: number;
  /** For how long, in milliseconds; then one call finds out whether it is back. */
  readonly coolFor: number;
  readonly signOf: (error: unknown) => Sign;
  /** Milliseconds from any beginning. */
  readonly clock: () => number;
}

/** Thrown in the place of a call that was not made. */
export class LeftAlone extends Error {}

/** Leaves alone who does not answer, so that callers fail at once and the other side can recover. */
export class Breaker {
  private failuresInARow = 0;
  private openUntil = 0;
  private isTesting = false;

  /** Whether calls go through; `testing` while one of them finds out whether the other side is back. */
  get state(): 'closed' | 'open' | 'testing' {
    if (this.failuresInARow < this.options.after) return 'closed';
    return this.isTesting ? 'testing' : 'open';
  }

  constructor(private readonly options: BreakerOptions) {}

  /** @throws LeftAlone when the breaker is open, and the errors of `call` */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const isOpen = this.failuresInARow >= this.options.after;
    if (isOpen && (this.isTesting || this.options.clock() < this.openUntil)) throw new LeftAlone();
    if (isOpen) this.isTesting = true;
    try {
      const result = await call();
      this.failuresInARow = 0;
      return result;
    } catch (error) {
      this.learn(this.options.signOf(error));
      throw error;
    } finally {
      if (isOpen) this.isTesting = false;
    }
  }

  private learn(sign: Sign): void {
    const { after, coolFor, clock } = this.options;
    if (sign === 'alive') this.failuresInARow = 0;
    if (sign !== 'away') return;
    this.failuresInARow += 1;
    if (this.failuresInARow >= after) this.openUntil = clock() + coolFor;
  }
}
