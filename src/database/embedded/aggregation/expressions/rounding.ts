import { decimalNaN, makeDecimal, parseDecimal, type Rounding, roundDecimal } from '../../bson/decimal';
import { integerOf, LONG_MIN, toBigInt, toDecimal, toNumber } from '../../bson/numbers';
import { Decimal, Double, isNumber, type NumberValue, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { ofNumber } from './of-number';
import { fromValues, isNothing } from './operands';
import type { ReadOperator } from './reader';

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
    return value instanceof Decimal ? quantized(value, 0, kind) : value;
  };
}

/** With exactly so many places, zeros included; NaN where 34 digits cannot hold them. */
function quantized(value: Decimal, places: number, how: Rounding): Decimal {
  const rounded = roundDecimal(value, places, how);
  const missing = rounded.exponent + places;
  if (rounded.special || missing <= 0) return rounded;
  const coefficient = rounded.coefficient * 10n ** BigInt(Math.min(missing, 40));
  if (coefficient.toString().length > 34) return decimalNaN;
  return makeDecimal(rounded.negative, coefficient, -places);
}

/** By way of the decimal digits, so that the binary ones do not round a second time. */
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
  if (value instanceof Decimal) return quantized(value, places, how);
  if (value instanceof Double) {
    const exact = Number.isFinite(value.value) ? parseDecimal(exactText(value.value)) : undefined;
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

export const roundings: readonly [string, ReadOperator][] = [
  ['$abs', ofNumber('$abs', absolute)],
  ['$floor', ofNumber('$floor', rounded('floor'))],
  ['$ceil', ofNumber('$ceil', rounded('ceil'))],
  ['$round', roundOrTruncate('$round')],
  ['$trunc', roundOrTruncate('$trunc')],
];
