import {
  addDecimals,
  decimalFromDouble,
  decimalFromInteger,
  exactDecimal,
  multiplyDecimals,
} from '../../bson/decimal';
import { integerOf, isLong, toDecimal, toNumber } from '../../bson/numbers';
import { type Decimal, Decimal as DecimalValue, Double, type NumberValue } from '../../bson/types';

/** The number types from narrow to wide: a result has the widest type of its operands. */
const widths = ['int', 'long', 'double', 'decimal'] as const;
export type NumberType = (typeof widths)[number];

export function numberType(value: NumberValue): NumberType {
  if (typeof value === 'number') return 'int';
  if (typeof value === 'bigint') return 'long';
  return value instanceof Double ? 'double' : 'decimal';
}

export function wider(a: NumberType, b: NumberType): NumberType {
  return widths.indexOf(a) > widths.indexOf(b) ? a : b;
}

interface Operation {
  integers: (a: bigint, b: bigint) => bigint;
  doubles: (a: number, b: number) => number;
  decimals: (a: Decimal, b: Decimal) => Decimal;
}

const operations: Record<'sum' | 'product', Operation> = {
  sum: { integers: (a, b) => a + b, doubles: (a, b) => a + b, decimals: addDecimals },
  product: { integers: (a, b) => a * b, doubles: (a, b) => a * b, decimals: multiplyDecimals },
};

/**
 * A sum or product from left to right, as `$add` and `$multiply` make it: integers are exact as long as a long can
 * hold them and go on as a double beyond; the first double or decimal converts what there is so far.
 */
export class RunningTotal {
  private type: NumberType = 'int';
  private whole: bigint;
  private real = 0;
  private exact: Decimal | undefined;
  private readonly operation: Operation;

  constructor(kind: 'sum' | 'product') {
    this.operation = operations[kind];
    this.whole = kind === 'sum' ? 0n : 1n;
  }

  take(value: NumberValue): void {
    this.widen(wider(this.type, numberType(value)));
    if (this.exact) this.exact = this.operation.decimals(this.exact, toDecimal(value));
    else if (this.type === 'double') this.real = this.operation.doubles(this.real, toNumber(value));
    else {
      const next = this.operation.integers(this.whole, BigInt(value as number | bigint));
      if (isLong(next)) this.whole = next;
      else {
        this.type = 'double';
        this.real = this.operation.doubles(Number(this.whole), toNumber(value));
      }
    }
  }

  get value(): NumberValue {
    if (this.exact) return this.exact;
    if (this.type === 'double') return new Double(this.real);
    return integerOf(this.whole, this.type === 'int' ? 'int' : 'long') ?? new Double(Number(this.whole));
  }

  private widen(type: NumberType): void {
    if (type === this.type) return;
    if (type === 'double') this.real = Number(this.whole);
    if (type === 'decimal') {
      this.exact = this.type === 'double' ? decimalFromDouble(this.real) : decimalFromInteger(this.whole);
    }
    this.type = type;
  }
}

/**
 * The sum of `$sum` and `$avg`, which does not depend on the order: doubles are added with the error of each addition
 * carried along (Knuth's two-sum), integers exactly, decimals apart.
 */
export class CompensatedSum {
  private type: NumberType = 'int';
  private whole = 0n;
  private small = 0;
  private real = 0;
  private error = 0;
  private exact: Decimal = new DecimalValue(false, 0n, 0);

  take(value: NumberValue): void {
    this.type = wider(this.type, numberType(value));
    if (typeof value === 'number') {
      // Whole numbers below 2^53 need no BigInt, which is slow.
      this.small += value;
      if (Math.abs(this.small) > 2 ** 50) this.settle();
    } else if (typeof value === 'bigint') this.whole += value;
    else if (value instanceof Double) this.addDouble(value.value);
    else this.exact = addDecimals(this.exact, value);
  }

  get sum(): NumberValue {
    this.settle();
    if (this.type === 'decimal') {
      return addDecimals(addDecimals(this.exact, decimalFromInteger(this.whole)), this.doublesAsDecimal());
    }
    if (this.type === 'double') return new Double(this.asDouble());
    return integerOf(this.whole, this.type === 'int' ? 'int' : 'long') ?? new Double(Number(this.whole));
  }

  /** Everything that is not decimal, as a double. */
  asDouble(): number {
    this.settle();
    const rest = this.whole === 0n ? 0 : Number(this.whole);
    const sum = this.real + rest;
    // The error of this last addition counts as well.
    const back = sum - this.real;
    const lost = this.real - (sum - back) + (rest - back);
    const total = sum + (this.error + lost);
    return Number.isNaN(total) ? this.real + rest : total;
  }

  get isDecimal(): boolean {
    return this.type === 'decimal';
  }

  private doublesAsDecimal(): Decimal {
    const high = exactDecimal(this.real);
    return this.error === 0 || Number.isNaN(this.error) ? high : addDecimals(high, exactDecimal(this.error));
  }

  private addDouble(value: number): void {
    const sum = this.real + value;
    const back = sum - this.real;
    this.error += this.real - (sum - back) + (value - back);
    this.real = sum;
  }

  private settle(): void {
    if (this.small === 0) return;
    this.whole += BigInt(this.small);
    this.small = 0;
  }
}
