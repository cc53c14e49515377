import { divideDecimals } from '../../bson/decimal';
import { toDecimal, toNumber } from '../../bson/numbers';
import { Double, isNumber, type Value } from '../../bson/types';
import { CompensatedSum } from '../expressions/totals';
import type { Running } from './accumulator';

/** `$sum`: what is no number counts nothing. */
export class Sum implements Running {
  private readonly sum = new CompensatedSum();
  take(value: Value | undefined): void {
    if (isNumber(value)) this.sum.take(value);
  }
  get result(): Value {
    return this.sum.sum;
  }
}

/** `$avg`: null of no number. */
export class Average implements Running {
  private readonly sum = new CompensatedSum();
  private count = 0;
  take(value: Value | undefined): void {
    if (!isNumber(value)) return;
    this.sum.take(value);
    this.count += 1;
  }
  get result(): Value {
    if (this.count === 0) return null;
    if (this.sum.isDecimal) return divideDecimals(toDecimal(this.sum.sum), toDecimal(this.count));
    return new Double(this.sum.asDouble() / this.count);
  }
}

/** Welford's method: the mean and the sum of squared differences so far. The result is always a double. */
export class Deviation implements Running {
  private count = 0;
  private mean = 0;
  private squares = 0;

  constructor(private readonly kind: 'population' | 'sample') {}

  take(value: Value | undefined): void {
    if (!isNumber(value)) return;
    const number = toNumber(value);
    this.count += 1;
    const difference = number - this.mean;
    this.mean += difference / this.count;
    this.squares += difference * (number - this.mean);
  }

  get result(): Value {
    const divisor = this.kind === 'population' ? this.count : this.count - 1;
    if (divisor < 1) return null;
    return new Double(Math.sqrt(this.squares / divisor));
  }
}
