/** Timers of the sandbox's own time: scaled, so that a minute can take a moment, and all gone when it closes. */
export class Timers {
  private readonly running = new Set<NodeJS.Timeout>();
  private isClosed = false;

  /** @param scale what a second of the sandbox takes in real seconds: 1 by default, 0.001 in a hurry */
  constructor(
    private readonly now: () => Date,
    readonly scale: number,
  ) {}

  /** Runs it so many seconds after `since`, or at once where that has passed. */
  after(seconds: number, run: () => void, since: Date = this.now()): void {
    if (this.isClosed) return;
    const passed = this.now().getTime() - since.getTime();
    const timer = setTimeout(
      () => {
        this.running.delete(timer);
        run();
      },
      Math.max(0, seconds * 1_000 * this.scale - passed),
    );
    this.running.add(timer);
  }

  /** Resolves so many seconds later; never, where the sandbox closes first. */
  pause(seconds: number): Promise<void> {
    return new Promise((resolve) => this.after(seconds, resolve));
  }

  close(): void {
    this.isClosed = true;
    for (const timer of this.running) clearTimeout(timer);
    this.running.clear();
  }
}
