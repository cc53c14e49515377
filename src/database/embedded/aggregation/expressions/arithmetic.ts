import { divideDecimals, remainderOfDecimals, roundDecimal } from '../../bson/decimal';
import {
  bitAnd,
  bitOr,
  bitXor,
  integerOf,
  orDouble,
  subtract,
  toBigInt,
  toDecimal,
  toNumber,
} from '../../bson/numbers';
import { Decimal, Double, isNumber, type NumberValue, typeName, type Value } from '../../bson/types';
import { badValue, ServerError, typeMismatch } from '../../server-error';
import { fromOne, fromSequence, fromValues, isNothing } from './operands';
import type { ReadOperator } from './reader';
import { numberType, RunningTotal, wider } from './totals';

const MANY = Number.POSITIVE_INFINITY;
/** The farthest that a JavaScript date reaches, in milliseconds. */
const FARTHEST = 8.64e15;

function add(values: Iterable<Value | undefined>): Value {
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

function multiply(values: Iterable<Value | undefined>): Value {
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
        throw typeMismatch(`${name} only supports int and long operands.`);
      }
      result = compute(result, value);
    }
    return result;
  });
}

export const arithmetic: readonly [string, ReadOperator][] = [
  ['$add', fromSequence(add)],
  ['$subtract', fromValues('$subtract', 2, 2, ([a, b]) => subtractValues(a, b))],
  ['$multiply', fromSequence(multiply)],
  ['$divide', fromValues('$divide', 2, 2, ([a, b]) => divide(a, b))],
  ['$mod', fromValues('$mod', 2, 2, ([a, b]) => remainder(a, b))],
  ['$bitAnd', bitwise('$bitAnd', bitAnd, -1)],
  ['$bitOr', bitwise('$bitOr', bitOr, 0)],
  ['$bitXor', bitwise('$bitXor', bitXor, 0)],
  [
    '$bitNot',
    fromOne('$bitNot', (value) => {
      if (typeof value === 'number') return ~value;
      if (typeof value === 'bigint') return ~value;
      throw typeMismatch(`$bitNot only supports int and long, not: ${typeName(value)}.`);
    }),
  ],
];
