import {
  addDecimals,
  decimalFromDouble,
  decimalFromInteger,
  decimalToBigInt,
  decimalToNumber,
  multiplyDecimals,
} from './decimal';
import { Decimal, Double, type NumberValue } from './types';

const LONG_MAX = 2n ** 63n - 1n;
export const LONG_MIN = -(2n ** 63n);

/** As a JavaScript number; beyond 2^53 with its loss. */
export function toNumber(value: NumberValue): number {
  if (typeof value === 'number') return value;
  if (value instanceof Double) return value.value;
  return typeof value === 'bigint' ? Number(value) : decimalToNumber(value);
}

export function toDecimal(value: NumberValue): Decimal {
  if (value instanceof Decimal) return value;
  return value instanceof Double ? decimalFromDouble(value.value) : decimalFromInteger(value);
}

/** The integer part, or undefined for NaN and the infinities. */
export function toBigInt(value: NumberValue): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (value instanceof Decimal) return decimalToBigInt(value);
  const number = toNumber(value);
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : undefined;
}

/** The value as an exact integer in the range of a JavaScript safe integer; undefined for any other value. */
export function wholeNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
  if (value instanceof Double || value instanceof Decimal) {
    const number = toNumber(value);
    return Number.isSafeInteger(number) ? number : undefined;
  }
  return undefined;
}

export const isLong = (value: bigint): boolean => value >= LONG_MIN && value <= LONG_MAX;

/** The narrowest of int and long that is at least as wide as the operands' types; undefined when none is wide enough. */
export function integerOf(value: bigint, atLeast: 'int' | 'long'): number | bigint | undefined {
  if (atLeast === 'int' && value >= -(2n ** 31n) && value < 2n ** 31n) return Number(value);
  return isLong(value) ? value : undefined;
}

type Operation = {
  integers: (a: bigint, b: bigint) => bigint;
  doubles: (a: number, b: number) => number;
  decimals: (a: Decimal, b: Decimal) => Decimal;
};

const addition: Operation = {
  integers: (a, b) => a + b,
  doubles: (a, b) => a + b,
  decimals: addDecimals,
};
const subtraction: Operation = {
  integers: (a, b) => a - b,
  doubles: (a, b) => a - b,
  decimals: (a, b) => addDecimals(a, new Decimal(!b.negative, b.coefficient, b.exponent, b.special)),
};
const multiplication: Operation = {
  integers: (a, b) => a * b,
  doubles: (a, b) => a * b,
  decimals: multiplyDecimals,
};
const bitwise = (integers: Operation['integers']): Operation => ({
  integers,
  doubles: () => Number.NaN,
  decimals: (a) => a,
});

/** The result has the wider type of both. Undefined: the integers overflow a long. */
function operate(a: NumberValue, b: NumberValue, operation: Operation): NumberValue | undefined {
  if (a instanceof Decimal || b instanceof Decimal) return operation.decimals(toDecimal(a), toDecimal(b));
  if (a instanceof Double || b instanceof Double) {
    return new Double(operation.doubles(toNumber(a), toNumber(b)));
  }
  const isInt = typeof a === 'number' && typeof b === 'number';
  return integerOf(operation.integers(BigInt(a), BigInt(b)), isInt ? 'int' : 'long');
}

export function add(a: NumberValue, b: NumberValue): NumberValue | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    return (sum | 0) === sum ? sum : BigInt(sum);
  }
  return operate(a, b, addition);
}
export const subtract = (a: NumberValue, b: NumberValue) => operate(a, b, subtraction);
export const multiply = (a: NumberValue, b: NumberValue) => operate(a, b, multiplication);
export const bitAnd = (a: NumberValue, b: NumberValue) =>
  operate(
    a,
    b,
    bitwise((x, y) => x & y),
  ) ?? a;
export const bitOr = (a: NumberValue, b: NumberValue) =>
  operate(
    a,
    b,
    bitwise((x, y) => x | y),
  ) ?? a;
export const bitXor = (a: NumberValue, b: NumberValue) =>
  operate(
    a,
    b,
    bitwise((x, y) => x ^ y),
  ) ?? a;

/** Where integers overflow, expressions go on with doubles. */
export function orDouble(
  result: NumberValue | undefined,
  a: NumberValue,
  b: NumberValue,
  operation: '+' | '-' | '*',
): NumberValue {
  if (result !== undefined) return result;
  const [x, y] = [toNumber(a), toNumber(b)];
  return new Double(operation === '+' ? x + y : operation === '-' ? x - y : x * y);
}
