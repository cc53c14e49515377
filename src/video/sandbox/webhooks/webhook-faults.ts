import { z } from 'zod';
import { seededRandom } from '../random';
import type { Timers } from '../timers';

const chance = z.number().min(0).max(1);

/** What goes wrong on the way of webhooks. Nothing does by default. */
export const webhookFaults = z.strictObject({
  /** Never arrives, and is in the log as failed: a replay brings it. */
  drop: chance.optional(),
  /** Never arrives, and is in the log as delivered: only who asks for the peers finds out. */
  swallow: chance.optional(),
  double: chance.optional(),
  /** Arrives up to so many seconds late. */
  delay: z.strictObject({ chance, seconds: z.number().min(0) }).optional(),
  /** So many events are held back, at most a second, and go out in any order. */
  shuffle: z.number().int().min(2).max(10_000).optional(),
  /** The same one makes the same things go wrong; 1 by default. */
  seed: z.number().optional(),
});
export type WebhookFaults = z.infer<typeof webhookFaults>;

/** Decides for each event what happens to it on its way. */
export class WebhookRoad {
  private faults: WebhookFaults = {};
  private random = seededRandom(1);
  private held: (() => void)[] = [];

  constructor(private readonly timers: Timers) {}

  set(faults: WebhookFaults): void {
    this.faults = faults;
    this.random = seededRandom(faults.seed ?? 1);
    this.release();
  }

  fate(): 'arrives' | 'dropped' | 'swallowed' | 'doubled' {
    if (this.happens(this.faults.drop)) return 'dropped';
    if (this.happens(this.faults.swallow)) return 'swallowed';
    return this.happens(this.faults.double) ? 'doubled' : 'arrives';
  }

  /** Resolves when the event may go. */
  async hold(): Promise<void> {
    const { delay, shuffle = 0 } = this.faults;
    if (delay && this.happens(delay.chance)) await this.timers.pause(this.random() * delay.seconds);
    if (shuffle < 2) return;
    const turn = new Promise<void>((resolve) => this.held.push(resolve));
    if (this.held.length >= shuffle) this.release();
    else if (this.held.length === 1) this.timers.after(1, () => this.release());
    await turn;
  }

  private release(): void {
    const going = this.held.map((go) => ({ go, place: this.random() }));
    this.held = [];
    for (const { go } of going.sort((one, other) => one.place - other.place)) go();
  }

  private happens(chance = 0): boolean {
    return chance > 0 && this.random() < chance;
  }
}
