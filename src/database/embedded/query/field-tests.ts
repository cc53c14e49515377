import { type CompareStrings, compareValues, equalValues, typePlace } from '../bson/compare';
import { toBigInt, toNumber, wholeNumber } from '../bson/numbers';
import { show } from '../bson/show';
import { Binary, isNumber, Marker, type NumberValue, Regex, SymbolText, type Value } from '../bson/types';
import { badValue, failedToParse } from '../server-error';
import { isOperatorDocument } from './operator-document';
import { compileRegex } from './regex';

/** A test of one value; undefined stands for a field that is not there. */
export type ValueTest = (value: Value | undefined) => boolean;

/** Equality as a query means it: null also finds what is missing. */
export function equalTo(operand: Value, strings?: CompareStrings): ValueTest {
  if (operand === null) return (value) => value === undefined || value === null || value === Marker.undefined;
  return (value) => value !== undefined && equalValues(value, operand, strings);
}

export type Comparison = '$gt' | '$gte' | '$lt' | '$lte';

/** Order within one type: a string is never less than a number. MinKey and MaxKey compare with everything. */
export function comparedWith(operator: Comparison, operand: Value, strings?: CompareStrings): ValueTest {
  const accepts = acceptsOrder[operator];
  const orEqual = operator === '$gte' || operator === '$lte';
  if (operand === null) return orEqual ? equalTo(null) : () => false;
  if (operand === Marker.minKey || operand === Marker.maxKey) {
    // A missing field lies between the two.
    const missing = accepts(operand === Marker.minKey ? 1 : -1);
    return (value) => (value === undefined ? missing : accepts(compareValues(value, operand, strings)));
  }
  const place = typePlace(operand);
  const operandIsNaN = isNaNumber(operand);
  return (value) => {
    if (value === undefined || typePlace(value) !== place) return false;
    // NaN is neither above nor below anything.
    if (operandIsNaN || isNaNumber(value)) return orEqual && operandIsNaN && isNaNumber(value);
    return accepts(compareValues(value, operand, strings));
  };
}

/** Whether an order against this operand can hold for a missing field. */
export const comparesMissing = (operand: Value): boolean =>
  operand === null || operand === Marker.minKey || operand === Marker.maxKey;

const acceptsOrder: Record<Comparison, (order: number) => boolean> = {
  $gt: (order) => order > 0,
  $gte: (order) => order >= 0,
  $lt: (order) => order < 0,
  $lte: (order) => order <= 0,
};

export function isNaNumber(value: Value): boolean {
  return isNumber(value) && typeof value === 'object' && Number.isNaN(toNumber(value));
}

export function matchesRegex(regex: Regex): ValueTest {
  const compiled = compileRegex(regex.pattern, regex.options);
  return (value) => {
    if (typeof value === 'string') return compiled.test(value);
    if (value instanceof SymbolText) return compiled.test(value.text);
    return value instanceof Regex && value.pattern === regex.pattern && value.options === regex.options;
  };
}

export function oneOf(operator: '$in' | '$nin', operand: Value, strings?: CompareStrings): ValueTest {
  if (!Array.isArray(operand)) throw badValue(`${operator} needs an array`);
  const tests = operand.map((item) => {
    if (item instanceof Regex) return matchesRegex(item);
    if (isOperatorDocument(item)) throw badValue('cannot nest $ under $in');
    return equalTo(item, strings);
  });
  if (tests.length <= 8) return (value) => tests.some((test) => test(value));
  return manyTests(operand, tests, strings);
}

/** Long lists of strings and ints, which ids often are, are looked up instead of tried one by one. */
function manyTests(operand: Value[], tests: ValueTest[], strings?: CompareStrings): ValueTest {
  const texts = new Set(operand.filter((item) => typeof item === 'string'));
  const others = tests.filter((_, i) => strings || typeof operand[i] !== 'string');
  return (value) =>
    (strings === undefined && typeof value === 'string' && texts.has(value)) ||
    others.some((test) => test(value));
}

/** `$mod: [divisor, remainder]`, both cut to integers. */
export function remainderOf(operand: Value): ValueTest {
  if (!Array.isArray(operand)) throw badValue('malformed mod, needs to be an array');
  const [divisor, remainder] = operand;
  if (operand.length < 2) throw badValue('malformed mod, not enough elements');
  if (operand.length > 2) throw badValue('malformed mod, too many elements');
  if (!isNumber(divisor)) throw badValue('malformed mod, divisor not a number');
  if (!isNumber(remainder)) throw badValue('malformed mod, remainder not a number');
  const by = toBigInt(divisor);
  const rest = toBigInt(remainder);
  if (by === undefined)
    throw badValue('malformed mod, divisor value is invalid :: caused by :: not a finite number');
  if (rest === undefined) {
    throw badValue('malformed mod, remainder value is invalid :: caused by :: not a finite number');
  }
  if (by === 0n) throw badValue('divisor cannot be 0');
  return (value) => {
    const whole = isNumber(value) ? toBigInt(value) : undefined;
    return whole !== undefined && whole % by === rest;
  };
}

/** The operand of `$size`: an array of exactly that many elements, which is the caller's to look at. */
export function readSize(operand: Value): number {
  if (!isNumber(operand)) {
    throw badValue(`Failed to parse $size. Expected a number in: $size: ${show(operand)}`);
  }
  const size = wholeNumber(operand);
  if (size === undefined) {
    throw badValue(`Failed to parse $size. Expected an integer: $size: ${show(operand)}`);
  }
  if (size < 0) {
    throw badValue(`Failed to parse $size. Expected a non-negative number in: $size: ${show(operand)}`);
  }
  return size;
}

export type BitOperator = '$bitsAllSet' | '$bitsAnySet' | '$bitsAllClear' | '$bitsAnyClear';

/** Bits of a number (two's complement, without end) or of binary data, the lowest first. */
export function bitsOf(operator: BitOperator, path: string, operand: Value): ValueTest {
  const positions = readBits(path, operand);
  const wantsSet = operator.endsWith('Set');
  const all = operator.includes('All');
  return (value) => {
    const bit = bitReader(value);
    if (!bit) return false;
    const holds = (position: number) => bit(position) === wantsSet;
    return all ? positions.every(holds) : positions.some(holds);
  };
}

function bitReader(value: Value | undefined): ((position: number) => boolean) | undefined {
  if (value instanceof Binary) {
    return (at) => (((value.bytes[at >> 3] ?? 0) >> (at & 7)) & 1) === 1;
  }
  if (!isNumber(value)) return undefined;
  const whole = exactInteger(value);
  return whole === undefined ? undefined : (at) => ((whole >> BigInt(at)) & 1n) === 1n;
}

function exactInteger(value: NumberValue): bigint | undefined {
  const whole = toBigInt(value);
  return whole !== undefined && compareValues(whole, value) === 0 ? whole : undefined;
}

function readBits(path: string, operand: Value): number[] {
  if (Array.isArray(operand)) {
    return operand.map((item) => {
      const position = wholeNumber(item);
      if (position === undefined) {
        throw badValue(`bit positions must be an integer but got: ${show(item)}`);
      }
      if (position < 0) throw badValue(`bit positions must be >= 0 but got: ${show(item)}`);
      return position;
    });
  }
  if (operand instanceof Binary) {
    return Array.from({ length: operand.bytes.length * 8 }, (_, i) => i).filter((i) =>
      bitReader(operand)?.(i),
    );
  }
  const mask = isNumber(operand) ? exactInteger(operand) : undefined;
  if (mask === undefined) {
    const wanted = isNumber(operand) ? 'Expected an integer' : 'takes an Array, a number, or a BinData';
    throw isNumber(operand)
      ? failedToParse(`${wanted}: ${path}: ${show(operand)}`)
      : badValue(`${path} ${wanted} but received: ${path}: ${show(operand)}`);
  }
  if (mask < 0n) throw failedToParse(`Expected a non-negative number in: ${path}: ${show(operand)}`);
  const positions: number[] = [];
  for (let at = 0, rest = mask; rest > 0n; at++, rest >>= 1n) if (rest & 1n) positions.push(at);
  return positions;
}
