import { Decimal } from './types';

/**
 * IEEE 754 decimal128 arithmetic on BigInt: 34 digits, round half to even, as BSON's decimal type asks
 * (https://github.com/mongodb/specifications/blob/master/source/bson-decimal128/decimal128.md).
 */
const DIGITS = 34;
const MAX_EXPONENT = 6111;
const MIN_EXPONENT = -6176;
const MOST = 10n ** BigInt(DIGITS) - 1n;

export const decimalNaN = new Decimal(false, 0n, 0, 'NaN');
const decimalInfinity = new Decimal(false, 0n, 0, 'Infinity');
const minusInfinity = new Decimal(true, 0n, 0, 'Infinity');

const power = (n: number): bigint => 10n ** BigInt(n);

/** Divides and rounds half to even. */
function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const twice = (dividend % divisor) * 2n;
  return twice > divisor || (twice === divisor && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

/** The decimal nearest to `±coefficient × 10^exponent` that fits 34 digits and the range of exponents. */
export function makeDecimal(negative: boolean, coefficient: bigint, exponent: number): Decimal {
  let drop = Math.max(0, coefficient > MOST ? coefficient.toString().length - DIGITS : 0);
  drop = Math.max(drop, MIN_EXPONENT - exponent);
  if (drop > 0) {
    coefficient = drop > 7_000 ? 0n : divideRounded(coefficient, power(drop));
    exponent += drop;
    if (coefficient > MOST) return makeDecimal(negative, coefficient, exponent);
  }
  if (exponent > MAX_EXPONENT) {
    if (coefficient === 0n) return new Decimal(negative, 0n, MAX_EXPONENT);
    const room = DIGITS - coefficient.toString().length;
    if (exponent - MAX_EXPONENT > room) return negative ? minusInfinity : decimalInfinity;
    coefficient *= power(exponent - MAX_EXPONENT);
    exponent = MAX_EXPONENT;
  }
  return new Decimal(negative, coefficient, exponent);
}

const textForm = /^([+-])?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d+))?$/;

/** Reads `-12.50E+3`, `NaN`, `inf`, `Infinity`; undefined for anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  if (/^[+-]?nan$/i.test(text)) return decimalNaN;
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? minusInfinity : decimalInfinity;
  const match = textForm.exec(text);
  if (!match) return undefined;
  const fraction = match[3] ?? match[4] ?? '';
  const digits = `${match[2] ?? ''}${fraction}`;
  return makeDecimal(match[1] === '-', BigInt(digits), Number(match[5] ?? 0) - fraction.length);
}

/** The canonical text of the specification: scientific where the exponent asks for it. */
export function decimalText(value: Decimal): string {
  const sign = value.negative ? '-' : '';
  if (value.special) return value.special === 'NaN' ? 'NaN' : `${sign}Infinity`;
  const digits = value.coefficient.toString();
  const scientific = value.exponent + digits.length - 1;
  if (value.exponent > 0 || scientific < -6) {
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return `${sign}${mantissa}E${scientific >= 0 ? '+' : ''}${scientific}`;
  }
  if (value.exponent === 0) return sign + digits;
  const padded = digits.padStart(1 - value.exponent, '0');
  return `${sign}${padded.slice(0, value.exponent)}.${padded.slice(value.exponent)}`;
}

/** A double becomes the decimal of its first 15 significant digits, zeros included, as a real server converts it. */
export function decimalFromDouble(value: number): Decimal {
  if (Number.isNaN(value)) return decimalNaN;
  if (!Number.isFinite(value)) return value < 0 ? minusInfinity : decimalInfinity;
  if (value === 0) return new Decimal(Object.is(value, -0), 0n, 0);
  return parseDecimal(value.toExponential(14)) ?? decimalNaN;
}

/** A double with all the digits it has, up to 34: what sums are made of, so that they lose nothing. */
export function exactDecimal(value: number): Decimal {
  if (!Number.isFinite(value) || value === 0) return decimalFromDouble(value);
  const [digits = '', exponent = '0'] = value.toExponential(33).split('e');
  return parseDecimal(`${digits.replace(/\.?(?<!0)0+$/, '')}e${exponent}`) ?? decimalNaN;
}

export function decimalFromInteger(value: number | bigint): Decimal {
  return makeDecimal(value < 0, BigInt(value < 0 ? -value : value), 0);
}

const signed = (value: Decimal): bigint => (value.negative ? -value.coefficient : value.coefficient);

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  if (a.special || b.special) {
    if (a.special === 'NaN' || b.special === 'NaN') return decimalNaN;
    if (a.special && b.special && a.negative !== b.negative) return decimalNaN;
    return a.special ? a : b;
  }
  // Far apart, the small one cannot change the 34 digits of the large one.
  const exponent = Math.min(a.exponent, b.exponent);
  if (Math.abs(a.exponent - b.exponent) > 200) {
    const [large, small] = a.exponent > b.exponent ? [a, b] : [b, a];
    if (large.coefficient !== 0n && small.coefficient !== 0n) {
      return makeDecimal(large.negative, large.coefficient * power(40), large.exponent - 40);
    }
  }
  const sum = signed(a) * power(a.exponent - exponent) + signed(b) * power(b.exponent - exponent);
  return makeDecimal(sum < 0n || (sum === 0n && a.negative && b.negative), sum < 0n ? -sum : sum, exponent);
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  const negative = a.negative !== b.negative;
  if (a.special || b.special) {
    if (a.special === 'NaN' || b.special === 'NaN') return decimalNaN;
    if ((!a.special && a.coefficient === 0n) || (!b.special && b.coefficient === 0n)) return decimalNaN;
    return negative ? minusInfinity : decimalInfinity;
  }
  return makeDecimal(negative, a.coefficient * b.coefficient, a.exponent + b.exponent);
}

/** Division by zero gives an infinity or NaN; callers that must refuse it look first. */
export function divideDecimals(a: Decimal, b: Decimal): Decimal {
  const negative = a.negative !== b.negative;
  if (a.special || b.special) {
    if (a.special === 'NaN' || b.special === 'NaN' || (a.special && b.special)) return decimalNaN;
    return a.special ? (negative ? minusInfinity : decimalInfinity) : new Decimal(negative, 0n, MIN_EXPONENT);
  }
  if (b.coefficient === 0n) {
    if (a.coefficient === 0n) return decimalNaN;
    return negative ? minusInfinity : decimalInfinity;
  }
  const ideal = a.exponent - b.exponent;
  if (a.coefficient === 0n) return makeDecimal(negative, 0n, ideal);
  const shift = Math.max(0, DIGITS + 3 + b.coefficient.toString().length - a.coefficient.toString().length);
  const dividend = a.coefficient * power(shift);
  let quotient = dividend / b.coefficient;
  let exponent = ideal - shift;
  if (dividend % b.coefficient !== 0n) {
    // A last digit that only says "a little more" makes the one rounding below come out right.
    return makeDecimal(negative, quotient * 10n + 1n, exponent - 1);
  }
  // An exact quotient has the exponent nearest to the ideal one.
  while (exponent < ideal && quotient % 10n === 0n) {
    quotient /= 10n;
    exponent += 1;
  }
  return makeDecimal(negative, quotient, exponent);
}

/** The remainder with the sign of the dividend. */
export function remainderOfDecimals(a: Decimal, b: Decimal): Decimal {
  if (a.special || b.special === 'NaN' || (!b.special && b.coefficient === 0n)) return decimalNaN;
  if (b.special) return a;
  const exponent = Math.min(a.exponent, b.exponent);
  const left = a.coefficient * power(a.exponent - exponent);
  return makeDecimal(a.negative, left % (b.coefficient * power(b.exponent - exponent)), exponent);
}

export type Rounding = 'halfEven' | 'down' | 'floor' | 'ceil';

/** Rounds to `places` digits behind the point; negative places round before it. */
export function roundDecimal(value: Decimal, places: number, rounding: Rounding): Decimal {
  if (value.special || -places <= value.exponent) return value;
  const divisor = power(-places - value.exponent);
  const rest = value.coefficient % divisor;
  let quotient = value.coefficient / divisor;
  if (rounding === 'halfEven') quotient = divideRounded(value.coefficient, divisor);
  else if (rest !== 0n && rounding === (value.negative ? 'floor' : 'ceil')) quotient += 1n;
  return makeDecimal(value.negative, quotient, -places);
}

export function decimalToNumber(value: Decimal): number {
  return Number(decimalText(value));
}

/** The integer part; undefined for NaN and infinities. */
export function decimalToBigInt(value: Decimal): bigint | undefined {
  if (value.special) return undefined;
  const whole =
    value.exponent >= 0
      ? value.coefficient * power(value.exponent)
      : value.coefficient / power(-value.exponent);
  return value.negative ? -whole : whole;
}
