import { decimalText, divideDecimals, makeDecimal } from '../../bson/decimal';
import { integerOf, toDecimal, toNumber, wholeNumber } from '../../bson/numbers';
import { Decimal, Double, isNumber, type NumberValue, typeName, type Value } from '../../bson/types';
import { leftOut, ServerError } from '../../server-error';
import { ofNumber } from './of-number';
import { fromValues, isNothing } from './operands';
import type { ReadOperator } from './reader';
import { numberType, wider } from './totals';

/** Functions of doubles. Of a decimal they would need 34 right digits, which JavaScript's own do not have. */
export function ofDouble(
  name: string,
  compute: (value: number) => number,
  refuse?: (value: NumberValue) => void,
): ReadOperator {
  return ofNumber(name, (value) => {
    refuse?.(value);
    if (value instanceof Decimal) throw leftOut(`${name} of a decimal`);
    return new Double(compute(toNumber(value)));
  });
}

/** NaN passes: its result is NaN. */
export function refuseUnless(
  code: number,
  message: string,
  holds: (value: number) => boolean,
): (value: NumberValue) => void {
  return (value) => {
    const number = toNumber(value);
    if (Number.isNaN(number) || holds(number)) return;
    const shown = value instanceof Decimal ? decimalText(value) : String(number);
    throw new ServerError(code, `${message}, but is ${shown}`);
  };
}

/** Exact powers of decimals beyond this have more digits than are worth working out. */
const MOST_DECIMAL_EXPONENT = 1_000;

function power(base: Value | undefined, exponent: Value | undefined): Value {
  if (isNothing(base) || isNothing(exponent)) return null;
  if (!isNumber(base)) throw new ServerError(28762, `$pow's base must be numeric, not ${typeName(base)}`);
  if (!isNumber(exponent)) {
    throw new ServerError(28763, `$pow's exponent must be numeric, not ${typeName(exponent)}`);
  }
  if (toNumber(base) === 0 && toNumber(exponent) < 0) {
    throw new ServerError(28764, '$pow cannot take a base of 0 and a negative exponent');
  }
  const type = wider(numberType(base), numberType(exponent));
  if (type === 'decimal') return powerOfDecimal(toDecimal(base), exponent);
  const real = toNumber(base) ** toNumber(exponent);
  if (type === 'double') return new Double(real);
  // Only 1 and -1 have whole inverses.
  const isWhole = toNumber(exponent) >= 0 || Math.abs(toNumber(base)) === 1;
  if (!isWhole) return new Double(real);
  // Beyond a long there is no need to know how far.
  if (Math.abs(real) > 2 ** 64) return new Double(real);
  const times = BigInt(exponent as number | bigint);
  const whole = BigInt(base as number | bigint) ** (times < 0n ? -times : times);
  return integerOf(whole, type === 'int' ? 'int' : 'long') ?? new Double(real);
}

function powerOfDecimal(base: Decimal, exponent: NumberValue): Decimal {
  const times = wholeNumber(exponent);
  if (base.special || times === undefined || Math.abs(times) > MOST_DECIMAL_EXPONENT) {
    throw leftOut('$pow of a decimal with an exponent that is not a small whole number');
  }
  const one = makeDecimal(false, 1n, 0);
  if (times === 0) return one;
  const n = Math.abs(times);
  const result = makeDecimal(base.negative && n % 2 === 1, base.coefficient ** BigInt(n), base.exponent * n);
  return withAllDigits(times < 0 ? divideDecimals(one, result) : result);
}

/** A power of decimals shows all 34 digits, zeros included. */
function withAllDigits(value: Decimal): Decimal {
  const missing = 34 - value.coefficient.toString().length;
  if (value.special || value.coefficient === 0n || missing <= 0) return value;
  return makeDecimal(value.negative, value.coefficient * 10n ** BigInt(missing), value.exponent - missing);
}

function logarithm(value: Value | undefined, base: Value | undefined): Value {
  if (isNothing(value) || isNothing(base)) return null;
  if (!isNumber(value))
    throw new ServerError(28756, `$log's argument must be numeric, not ${typeName(value)}`);
  if (!isNumber(base)) throw new ServerError(28757, `$log's base must be numeric, not ${typeName(base)}`);
  refuseUnless(28758, "$log's argument must be a positive number", (n) => n > 0)(value);
  refuseUnless(28759, "$log's base must be a positive number not equal to 1", (n) => n > 0 && n !== 1)(base);
  if (value instanceof Decimal || base instanceof Decimal) throw leftOut('$log of a decimal');
  return new Double(Math.log(toNumber(value)) / Math.log(toNumber(base)));
}

const notNegative = refuseUnless(28714, "$sqrt's argument must be greater than or equal to 0", (n) => n >= 0);
const positive = (name: string, code: number) =>
  refuseUnless(code, `${name}'s argument must be a positive number`, (n) => n > 0);

export const powers: readonly [string, ReadOperator][] = [
  ['$pow', fromValues('$pow', 2, 2, ([a, b]) => power(a, b))],
  ['$sqrt', ofDouble('$sqrt', Math.sqrt, notNegative)],
  ['$exp', ofDouble('$exp', Math.exp)],
  ['$ln', ofDouble('$ln', Math.log, positive('$ln', 28766))],
  ['$log', fromValues('$log', 2, 2, ([a, b]) => logarithm(a, b))],
  ['$log10', ofDouble('$log10', Math.log10, positive('$log10', 28761))],
];
