import { decimalText } from './decimal';
import { toNumber } from './numbers';
import {
  Binary,
  Code,
  DbPointer,
  Decimal,
  type Document,
  Double,
  isNumber,
  Marker,
  type NumberValue,
  ObjectId,
  Regex,
  SymbolText,
  Timestamp,
  typeCode,
  type Value,
} from './types';

/**
 * The place of each BSON type in the order of all values
 * (https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/). Types with one place compare by value.
 */
const places: Record<number, number> = {
  [-1]: 0,
  6: 1,
  10: 2,
  1: 3,
  16: 3,
  18: 3,
  19: 3,
  2: 4,
  14: 4,
  3: 5,
  4: 6,
  5: 7,
  7: 8,
  8: 9,
  9: 10,
  17: 11,
  11: 12,
  12: 13,
  13: 14,
  15: 15,
  127: 16,
};

export function typePlace(value: Value): number {
  return places[typeCode(value)] as number;
}

/** How two strings compare: by their UTF-8 bytes, unless a collation says otherwise. */
export type CompareStrings = (a: string, b: string) => number;

/** By code points, which is the order of the UTF-8 bytes; JavaScript's own `<` goes by UTF-16 units. */
export function compareByBytes(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above every other unit.
    const xHigh = x >= 0xd800 && x < 0xe000;
    const yHigh = y >= 0xd800 && y < 0xe000;
    if (xHigh !== yHigh) return xHigh ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

/** Negative, zero or positive, in the BSON order of all types. Numbers of different types compare by value. */
export function compareValues(a: Value, b: Value, strings: CompareStrings = compareByBytes): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'string' && typeof b === 'string') return strings(a, b);
  const place = typePlace(a) - typePlace(b);
  if (place !== 0) return Math.sign(place);
  if (isNumber(a)) return compareNumbers(a, b as NumberValue);
  if (typeof a === 'string' || a instanceof SymbolText) return strings(textOf(a), textOf(b));
  if (a instanceof Map) return compareDocuments(a, b as Document, strings);
  if (Array.isArray(a)) return compareArrays(a, b as Value[], strings);
  if (a instanceof Date) return Math.sign(a.getTime() - (b as Date).getTime());
  if (typeof a === 'boolean') return Number(a) - Number(b);
  if (a instanceof ObjectId) return Buffer.compare(a.bytes, (b as ObjectId).bytes);
  if (a instanceof Timestamp) return compareBigInts(a.value, (b as Timestamp).value);
  if (a instanceof Binary) return compareBinaries(a, b as Binary);
  if (a instanceof Regex) {
    const other = b as Regex;
    return compareByBytes(a.pattern, other.pattern) || compareByBytes(a.options, other.options);
  }
  if (a instanceof Code) {
    const other = b as Code;
    const scopes = a.scope && other.scope ? compareDocuments(a.scope, other.scope, strings) : 0;
    return compareByBytes(a.code, other.code) || scopes;
  }
  if (a instanceof DbPointer) {
    const other = b as DbPointer;
    return compareByBytes(a.namespace, other.namespace) || Buffer.compare(a.id.bytes, other.id.bytes);
  }
  return 0;
}

export function equalValues(a: Value, b: Value, strings?: CompareStrings): boolean {
  return compareValues(a, b, strings) === 0;
}

/** The same value, the same number types and the same order of fields: a write of it would change nothing. */
export function identicalValues(a: Value, b: Value): boolean {
  if (typeCode(a) !== typeCode(b)) return false;
  if (a instanceof Map && b instanceof Map) {
    if (a.size !== b.size) return false;
    const others = b.entries();
    for (const [name, value] of a) {
      const [otherName, otherValue] = others.next().value as [string, Value];
      if (name !== otherName || !identicalValues(value, otherValue)) return false;
    }
    return true;
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value, i) => identicalValues(value, b[i] as Value));
  }
  if (a instanceof Double && b instanceof Double) return Object.is(a.value, b.value);
  if (a instanceof Decimal && b instanceof Decimal) return decimalText(a) === decimalText(b);
  return compareValues(a, b) === 0;
}

const textOf = (value: Value): string => (value instanceof SymbolText ? value.text : (value as string));

const compareBigInts = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

function compareBinaries(a: Binary, b: Binary): number {
  return a.bytes.length - b.bytes.length || a.subtype - b.subtype || Buffer.compare(a.bytes, b.bytes);
}

/** Field by field: first the types of the values, then the names, then the values. */
function compareDocuments(a: Document, b: Document, strings: CompareStrings): number {
  const others = b.entries();
  for (const [name, value] of a) {
    const next = others.next();
    if (next.done) return 1;
    const [otherName, otherValue] = next.value;
    const order =
      typePlace(value) - typePlace(otherValue) ||
      compareByBytes(name, otherName) ||
      compareValues(value, otherValue, strings);
    if (order !== 0) return Math.sign(order);
  }
  return others.next().done ? 0 : -1;
}

function compareArrays(a: readonly Value[], b: readonly Value[], strings: CompareStrings): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareValues(a[i] as Value, b[i] as Value, strings);
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}

/** By exact value. NaN equals NaN and comes before every other number. */
export function compareNumbers(a: NumberValue, b: NumberValue): number {
  const isExact = (value: NumberValue) => typeof value === 'number' || value instanceof Double;
  if (isExact(a) && isExact(b)) return compareDoubles(toNumber(a), toNumber(b));
  const rough = compareDoubles(toNumber(a), toNumber(b));
  const [x, y] = [toNumber(a), toNumber(b)];
  // Nearest doubles that differ decide, and so do NaN and real infinities; equal ones hide what rounding took away.
  if (rough !== 0 || !Number.isFinite(x) || !Number.isFinite(y)) {
    if (rough !== 0 || Number.isNaN(x) || !(hasOverflown(a) || hasOverflown(b))) return rough;
    if (!isFiniteNumber(a) && !isFiniteNumber(b)) return 0;
    if (!isFiniteNumber(a)) return x > 0 ? 1 : -1;
    if (!isFiniteNumber(b)) return x > 0 ? -1 : 1;
  }
  return compareExactly(a, b);
}

function compareDoubles(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number.isNaN(a) ? (Number.isNaN(b) ? 0 : -1) : 1;
}

const isFiniteNumber = (value: NumberValue): boolean =>
  value instanceof Decimal ? value.special === undefined : Number.isFinite(toNumber(value));

/** A finite decimal too large for any double. */
const hasOverflown = (value: NumberValue): boolean =>
  value instanceof Decimal && !value.special && !Number.isFinite(toNumber(value));

function compareExactly(a: NumberValue, b: NumberValue): number {
  const left = fraction(a);
  const right = fraction(b);
  return compareBigInts(left.top * right.bottom, right.top * left.bottom);
}

/** A finite number as an exact fraction. */
function fraction(value: NumberValue): { top: bigint; bottom: bigint } {
  if (typeof value === 'number' || typeof value === 'bigint') return { top: BigInt(value), bottom: 1n };
  if (value instanceof Decimal) {
    const top = value.negative ? -value.coefficient : value.coefficient;
    const scale = 10n ** BigInt(Math.abs(value.exponent));
    return value.exponent >= 0 ? { top: top * scale, bottom: 1n } : { top, bottom: scale };
  }
  let bottom = 1n;
  let top = value.value;
  while (!Number.isInteger(top)) {
    top *= 2;
    bottom *= 2n;
  }
  return { top: BigInt(top), bottom };
}

/** Whether a value is a marker for "nothing": null, or the deprecated undefined. */
export function isNullish(value: Value | undefined): boolean {
  return value === undefined || value === null || value === Marker.undefined;
}
