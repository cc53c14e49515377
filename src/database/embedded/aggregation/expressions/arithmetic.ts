import {
  decimalFromDouble,
  decimalNaN,
  decimalText,
  divideDecimals,
  parseDecimal,
  remainderOfDecimals,
  roundDecimal,
} from '../../bson/decimal';
import {
  bitAnd,
  bitOr,
  bitXor,
  integerOf,
  LONG_MIN,
  orDouble,
  subtract,
  toBigInt,
  toDecimal,
  toNumber,
} from '../../bson/numbers';
import { Decimal, Double, isNumber, type NumberValue, typeName, type Value } from '../../bson/types';
import { badValue, ServerError } from '../../server-error';
import { fromOne, fromValues, isNothing } from './operands';
import type { ReadOperator } from './reader';
import { numberType, RunningTotal, wider } from './totals';

const MANY = Number.POSITIVE_INFINITY;
/** The farthest that a JavaScript date reaches, in milliseconds. */
const FARTHEST = 8.64e15;

function add(values: readonly (Value | undefined)[]): Value {
  const total = new RunningTotal('sum');
  let date: number | undefined;
  let moved = 0n;
  for (const value of values) {
    if (isNothing(value)) return null;
    if (value instanceof Date) {
      if (date !== undefined) throw new ServerError(16612, 'only one date allowed in an $add expression');
      date = value.getTime();
    } else if (!isNumber(value)) {
      throw new ServerError(14, `$add only supports numeric or date types, not ${typeName(value)}`);
    } else total.take(value);
    // A date takes each number by itself, in whole milliseconds.
    if (isNumber(value)) moved += wholeMilliseconds(value);
  }
  return date === undefined ? total.value : movedDate(date, moved);
}

/** Half a millisecond counts as one, away from zero. */
function wholeMilliseconds(value: NumberValue): bigint {
  if (value instanceof Decimal) return toBigInt(roundDecimal(value, 0, 'halfEven')) ?? BEYOND;
  const number = toNumber(value);
  if (value instanceof Double)
    return Number.isFinite(number) ? BigInt(Math.sign(number) * Math.round(Math.abs(number))) : BEYOND;
  return BigInt(value);
}

/** Farther than any date. */
const BEYOND = 2n ** 64n;

function movedDate(date: number, by: bigint): Date {
  const moved = Number(BigInt(date) + by);
  if (Math.abs(moved) > FARTHEST) throw new ServerError(15, 'date overflow');
  return new Date(moved);
}

export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function subtractValues(a: Value | undefined, b: Value | undefined): Value {
  if (isNothing(a) || isNothing(b)) return null;
  if (isNumber(a) && isNumber(b)) return orDouble(subtract(a, b), a, b, '-');
  if (a instanceof Date && b instanceof Date) return BigInt(a.getTime()) - BigInt(b.getTime());
  if (a instanceof Date && isNumber(b)) return movedDate(a.getTime(), -wholeMilliseconds(b));
  throw new ServerError(
    14,
    `can't $subtract ${typeName(b)} from ${a instanceof Date ? 'Date' : typeName(a)}`,
  );
}

function multiply(values: readonly (Value | undefined)[]): Value {
  const total = new RunningTotal('product');
  for (const value of values) {
    if (isNothing(value)) return null;
    if (!isNumber(value)) {
      throw new ServerError(14, `$multiply only supports numeric types, not ${typeName(value)}`);
    }
    total.take(value);
  }
  return total.value;
}

function divide(a: Value | undefined, b: Value | undefined): Value {
  if (isNumber(a) && isNumber(b)) {
    if (toNumber(b) === 0) throw badValue("can't $divide by zero");
    if (a instanceof Decimal || b instanceof Decimal) return divideDecimals(toDecimal(a), toDecimal(b));
    return new Double(toNumber(a) / toNumber(b));
  }
  if (isNothing(a) || isNothing(b)) return null;
  throw new ServerError(14, `$divide only supports numeric types, not ${typeName(a)} and ${typeName(b)}`);
}

function remainder(a: Value | undefined, b: Value | undefined): Value {
  if (isNothing(a) || isNothing(b)) return null;
  if (!isNumber(a) || !isNumber(b)) {
    throw new ServerError(16611, `$mod only supports numeric types, not ${typeName(a)} and ${typeName(b)}`);
  }
  const type = wider(numberType(a), numberType(b));
  if (toNumber(b) === 0) throw new ServerError(type === 'decimal' ? 5733415 : 16610, "can't $mod by zero");
  if (type === 'decimal') return remainderOfDecimals(toDecimal(a), toDecimal(b));
  if (type === 'double') return new Double(toNumber(a) % toNumber(b));
  const rest = BigInt(a as number | bigint) % BigInt(b as number | bigint);
  return integerOf(rest, type === 'int' ? 'int' : 'long') ?? rest;
}

/** An operator of one number; anything else is refused. */
function ofNumber(name: string, compute: (value: NumberValue) => NumberValue): ReadOperator {
  return fromOne(name, (value) => {
    if (!isNumber(value)) {
      throw new ServerError(28765, `${name} only supports numeric types, not ${typeName(value)}`);
    }
    return compute(value);
  });
}

function absolute(value: NumberValue): NumberValue {
  if (value instanceof Double) return new Double(Math.abs(value.value));
  if (value instanceof Decimal) return new Decimal(false, value.coefficient, value.exponent, value.special);
  if (value === LONG_MIN) throw new ServerError(28680, "can't take $abs of long long min");
  if (typeof value === 'bigint') return value < 0n ? -value : value;
  return value === -(2 ** 31) ? 2n ** 31n : Math.abs(value);
}

function rounded(kind: 'floor' | 'ceil'): (value: NumberValue) => NumberValue {
  return (value) => {
    if (value instanceof Double) return new Double(Math[kind](value.value));
    return value instanceof Decimal ? roundDecimal(value, 0, kind) : value;
  };
}

/** Functions of doubles; a decimal is worked out as the double nearest to it, and shown with the digits of one. */
function ofDouble(
  name: string,
  compute: (value: number) => number,
  refuse?: (value: NumberValue) => void,
): ReadOperator {
  return ofNumber(name, (value) => {
    refuse?.(value);
    const result = compute(toNumber(value));
    if (!(value instanceof Decimal)) return new Double(result);
    return Number.isNaN(result) ? decimalNaN : (parseDecimal(String(result)) ?? decimalFromDouble(result));
  });
}

function refuseUnless(
  code: number,
  message: string,
  holds: (value: number) => boolean,
): (value: NumberValue) => void {
  return (value) => {
    const number = toNumber(value);
    if (!Number.isNaN(number) && !holds(number))
      throw new ServerError(code, `${message}, but is ${shown(value)}`);
  };
}

const shown = (value: NumberValue): string =>
  value instanceof Decimal ? decimalText(value) : String(toNumber(value));

function power(base: Value | undefined, exponent: Value | undefined): Value {
  if (isNothing(base) || isNothing(exponent)) return null;
  if (!isNumber(base)) {
    throw new ServerError(28762, `$pow's base must be numeric, not ${typeName(base)}`);
  }
  if (!isNumber(exponent)) {
    throw new ServerError(28763, `$pow's exponent must be numeric, not ${typeName(exponent)}`);
  }
  if (toNumber(base) === 0 && toNumber(exponent) < 0) {
    throw new ServerError(28764, '$pow cannot take a base of 0 and a negative exponent');
  }
  const type = wider(numberType(base), numberType(exponent));
  const real = toNumber(base) ** toNumber(exponent);
  if (type === 'decimal') return parseDecimal(String(real)) ?? decimalNaN;
  if (type === 'double' || toNumber(exponent) < 0) return new Double(real);
  // Beyond a long there is no need to know how far.
  if (Math.abs(real) > 2 ** 64) return new Double(real);
  const whole = BigInt(base as number | bigint) ** BigInt(exponent as number | bigint);
  return integerOf(whole, type === 'int' ? 'int' : 'long') ?? new Double(real);
}

function logarithm(value: Value | undefined, base: Value | undefined): Value {
  if (isNothing(value) || isNothing(base)) return null;
  if (!isNumber(value))
    throw new ServerError(28756, `$log's argument must be numeric, not ${typeName(value)}`);
  if (!isNumber(base)) throw new ServerError(28757, `$log's base must be numeric, not ${typeName(base)}`);
  refuseUnless(28758, "$log's argument must be a positive number", (n) => n > 0)(value);
  refuseUnless(28759, "$log's base must be a positive number not equal to 1", (n) => n > 0 && n !== 1)(base);
  const real = Math.log(toNumber(value)) / Math.log(toNumber(base));
  const isDecimal = value instanceof Decimal || base instanceof Decimal;
  return isDecimal ? (parseDecimal(String(real)) ?? decimalNaN) : new Double(real);
}

/** Multiplies by ten often enough to round at the decimal point, exactly: by way of the decimal digits. */
function roundOrTruncate(name: '$round' | '$trunc'): ReadOperator {
  return fromValues(name, 1, 2, ([value, places]) => {
    if (isNothing(value) || places === null) return null;
    if (!isNumber(value)) {
      throw new ServerError(51081, `${name} only supports numeric types, not ${typeName(value)}`);
    }
    const digits = places === undefined ? 0 : readPlaces(name, places);
    return round(value, digits, name === '$round' ? 'halfEven' : 'down', name);
  });
}

function readPlaces(name: string, places: Value): number {
  if (!isNumber(places))
    throw new ServerError(16004, `can't convert from BSON type ${typeName(places)} to long`);
  const digits = toNumber(places);
  if (!Number.isInteger(digits))
    throw new ServerError(51082, `precision argument to  ${name} must be a integral value`);
  if (digits < -20 || digits > 100) {
    throw new ServerError(
      51083,
      `cannot apply ${name} with precision value ${digits} value must be in [-20, 100]`,
    );
  }
  return digits;
}

function round(value: NumberValue, places: number, how: 'halfEven' | 'down', name: string): NumberValue {
  if (value instanceof Decimal) return roundDecimal(value, places, how);
  if (value instanceof Double) {
    const number = value.value;
    if (!Number.isFinite(number) || Number.isInteger(number * 2 ** -1022) || number === 0) return value;
    if (places === 0) return new Double(how === 'down' ? Math.trunc(number) : roundHalfEven(number));
    const exact = parseDecimal(exactText(number));
    return exact ? new Double(toNumber(roundDecimal(exact, places, how))) : value;
  }
  if (places >= 0) return value;
  const result = toBigInt(roundDecimal(toDecimal(value), places, how)) ?? 0n;
  const whole = integerOf(result, typeof value === 'number' ? 'int' : 'long');
  if (whole === undefined) {
    throw new ServerError(
      51080,
      `invalid conversion from Decimal128 result in ${name} resulting from arguments: [${value},${places}]`,
    );
  }
  return whole;
}

/** All digits of a double that 34 can hold, so that 2.675, which is a little less than it looks, rounds down. */
const exactText = (value: number): string => value.toPrecision(34);

function bitwise(
  name: string,
  compute: (a: NumberValue, b: NumberValue) => NumberValue,
  empty: number,
): ReadOperator {
  return fromValues(name, 0, MANY, (values) => {
    let result: NumberValue = empty;
    for (const value of values) {
      if (isNothing(value)) return null;
      if (typeof value !== 'number' && typeof value !== 'bigint') {
        throw typeMismatchOf(`${name} only supports int and long operands.`);
      }
      result = compute(result, value);
    }
    return result;
  });
}

const typeMismatchOf = (message: string) => new ServerError(14, message);

export const arithmetic: readonly [string, ReadOperator][] = [
  ['$add', fromValues('$add', 0, MANY, add)],
  ['$subtract', fromValues('$subtract', 2, 2, ([a, b]) => subtractValues(a, b))],
  ['$multiply', fromValues('$multiply', 0, MANY, multiply)],
  ['$divide', fromValues('$divide', 2, 2, ([a, b]) => divide(a, b))],
  ['$mod', fromValues('$mod', 2, 2, ([a, b]) => remainder(a, b))],
  ['$abs', ofNumber('$abs', absolute)],
  ['$floor', ofNumber('$floor', rounded('floor'))],
  ['$ceil', ofNumber('$ceil', rounded('ceil'))],
  ['$round', roundOrTruncate('$round')],
  ['$trunc', roundOrTruncate('$trunc')],
  ['$pow', fromValues('$pow', 2, 2, ([a, b]) => power(a, b))],
  [
    '$sqrt',
    ofDouble(
      '$sqrt',
      Math.sqrt,
      refuseUnless(28714, "$sqrt's argument must be greater than or equal to 0", (n) => n >= 0),
    ),
  ],
  ['$exp', ofDouble('$exp', Math.exp)],
  [
    '$ln',
    ofDouble(
      '$ln',
      Math.log,
      refuseUnless(28766, "$ln's argument must be a positive number", (n) => n > 0),
    ),
  ],
  ['$log', fromValues('$log', 2, 2, ([a, b]) => logarithm(a, b))],
  [
    '$log10',
    ofDouble(
      '$log10',
      Math.log10,
      refuseUnless(28761, "$log10's argument must be a positive number", (n) => n > 0),
    ),
  ],
  ['$bitAnd', bitwise('$bitAnd', bitAnd, -1)],
  ['$bitOr', bitwise('$bitOr', bitOr, 0)],
  ['$bitXor', bitwise('$bitXor', bitXor, 0)],
  [
    '$bitNot',
    fromOne('$bitNot', (value) => {
      if (typeof value === 'number') return ~value;
      if (typeof value === 'bigint') return ~value;
      throw typeMismatchOf(`$bitNot only supports int and long, not: ${typeName(value)}.`);
    }),
  ],
];
