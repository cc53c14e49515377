import { randomBytes } from 'node:crypto';

/** Go's zero time, which 100ms sends for "not set". */
export const ZERO_TIME = '0001-01-01T00:00:00Z';

/** The time of the sandbox, and what is made of it: timestamps and ids as 100ms writes them. */
export class SandboxClock {
  private lastNanoseconds = 0n;

  constructor(readonly now: () => Date) {}

  /** Seconds since 1970, as in JWTs. */
  seconds(): number {
    return Math.floor(this.now().getTime() / 1_000);
  }

  /**
   * RFC 3339 with nanoseconds and without zeros at their end, as Go writes it; each one later than all before it,
   * so that what happened after something also says so.
   */
  timestamp(): string {
    const fromClock = BigInt(this.now().getTime()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n);
    this.lastNanoseconds = fromClock > this.lastNanoseconds ? fromClock : this.lastNanoseconds + 1n;
    const whole = new Date(Number(this.lastNanoseconds / 1_000_000n)).toISOString().slice(0, 19);
    const fraction = String(this.lastNanoseconds % 1_000_000_000n)
      .padStart(9, '0')
      .replace(/(?<!0)0+$/, '');
    return `${whole}${fraction && `.${fraction}`}Z`;
  }

  /** Without a fraction, as in the envelope of a webhook. */
  timestampInSeconds(): string {
    return `${this.now().toISOString().slice(0, 19)}Z`;
  }

  /** 24 hex digits that begin with the time, as MongoDB makes them. */
  objectId(): string {
    return this.seconds().toString(16).padStart(8, '0') + randomBytes(8).toString('hex');
  }
}
