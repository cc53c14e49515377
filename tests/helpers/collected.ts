/** How long a test waits for something before it says what came instead, in milliseconds. */
const PATIENCE = 10_000;

/** What a subscription has told so far, and a way to wait for more without guessing how long it takes. */
export class Collected<T> {
  readonly items: T[] = [];
  private readonly hearers = new Set<(item: T) => void>();
  private failure: unknown;
  private ended = false;
  private readonly waiting = new Set<() => void>();

  /** Hears of every item, those that are there already included. */
  each(hear: (item: T) => void): void {
    for (const item of this.items) hear(item);
    this.hearers.add(hear);
  }

  readonly add = (item: T): void => {
    this.items.push(item);
    for (const hear of this.hearers) hear(item);
    this.wake();
  };

  readonly fail = (error: unknown): void => {
    this.failure = error;
    this.wake();
  };

  readonly end = (): void => {
    this.ended = true;
    this.wake();
  };

  /** The first item that fits, waiting for it if need be. Fails with what did come. */
  async first(fits: (item: T) => boolean): Promise<T> {
    await this.until(() => this.items.some(fits));
    return this.items.find(fits) as T;
  }

  /** The first `count` items. */
  async atLeast(count: number): Promise<T[]> {
    await this.until(() => this.items.length >= count);
    return this.items.slice(0, count);
  }

  /** Resolves when the stream has ended by itself. */
  async finished(): Promise<void> {
    await this.until(() => this.ended);
  }

  private async until(holds: () => boolean): Promise<void> {
    const giveUpAt = Date.now() + PATIENCE;
    while (!holds()) {
      if (this.failure !== undefined) throw this.failure;
      const left = giveUpAt - Date.now();
      if (left <= 0) throw new Error(`waited in vain; what came: ${JSON.stringify(this.items, null, 1)}`);
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.waiting.add(resolve);
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}
