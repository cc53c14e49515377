/** Thrown to one who waited too long at the gate, or found too many waiting there. */
export class Crowded extends Error {}

/** Lets so many through at a time; the others wait their turn, first come, first served. */
export class Gate {
  private inside = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly mostWaiting = Number.POSITIVE_INFINITY,
  ) {}

  /**
   * @param within milliseconds to wait for a turn at most, by default as long as it takes
   * @throws Crowded, the signal's reason, and the errors of `run`
   */
  async pass<T>(
    run: () => Promise<T>,
    { within, signal }: { within?: number; signal?: AbortSignal | undefined } = {},
  ) {
    signal?.throwIfAborted();
    if (this.inside < this.atOnce) this.inside += 1;
    else await this.turn(within, signal);
    try {
      return await run();
    } finally {
      this.leave();
    }
  }

  /** Resolves with a place taken: who leaves hands theirs on. */
  private turn(within: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    if (this.waiting.length >= this.mostWaiting) throw new Crowded();
    return new Promise((resolve, reject) => {
      const settle = (end: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', calledOff);
        end();
      };
      const enter = () => settle(resolve);
      const giveUp = (error: unknown) => {
        this.waiting.splice(this.waiting.indexOf(enter), 1);
        settle(() => reject(error));
      };
      const calledOff = () => giveUp(signal?.reason);
      const timer = within === undefined ? undefined : setTimeout(() => giveUp(new Crowded()), within);
      signal?.addEventListener('abort', calledOff);
      this.waiting.push(enter);
    });
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.inside -= 1;
  }
}
