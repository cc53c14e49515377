import { AppError } from '../../errors';

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Buckets that are kept at most; full ones are forgotten first, and are as good as none. */
const MOST_BUCKETS = 100_000;

/**
 * So many operations a second for each identity, and as many at once after a second of silence: a bucket of tokens that fills at
 * that rate.
 */
export class Rates {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly perSecond: number,
    private readonly now: () => Date,
  ) {}

  /** @throws AppError RATE_LIMITED, with the seconds until there is a token again */
  take(key: string): void {
    const now = this.now().getTime();
    const bucket = this.buckets.get(key) ?? { tokens: this.perSecond, filledAt: now };
    // A clock that was set back fills nothing.
    const filled = (Math.max(0, now - bucket.filledAt) / 1_000) * this.perSecond;
    bucket.tokens = Math.min(this.perSecond, bucket.tokens + filled);
    bucket.filledAt = now;
    if (bucket.tokens < 1) {
      const message = `You may send ${this.perSecond} operations a second; wait, then go on.`;
      const retryAfter = Math.ceil((1 - bucket.tokens) / this.perSecond);
      throw new AppError('RATE_LIMITED', message, { retryAfter });
    }
    bucket.tokens -= 1;
    // Newest last, so that the caller that has been idle longest is evicted first.
    this.buckets.delete(key);
    this.buckets.set(key, bucket);
    if (this.buckets.size > MOST_BUCKETS) {
      const [oldest] = this.buckets.keys();
      if (oldest !== undefined) this.buckets.delete(oldest);
    }
  }
}
