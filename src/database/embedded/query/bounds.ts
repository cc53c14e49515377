import { sortKey, typeByte } from '../bson/sort-key';
import { Marker, Regex, type Value } from '../bson/types';
import type { KeyRange } from '../storage/collection';
import { isNaNumber } from './field-tests';
import type { Filter } from './filter-nodes';

/**
 * What a filter says about one field of an index, as ranges of encoded keys of that field alone. They always hold
 * everything that can match, and may hold more: the reader applies the filter again.
 */
export interface FieldBounds {
  ranges: KeyRange[];
  /** Every range is a single value, so that the next field of a compound index can narrow it further. */
  arePoints: boolean;
}

type FieldFilter = Extract<Filter, { kind: 'field' }>;

/** The smallest bytes above everything that begins with `prefix`. */
export function after(prefix: Buffer): Buffer {
  const bytes = Buffer.from(prefix);
  for (let i = bytes.length - 1; i >= 0; i--) {
    if (bytes[i] === 255) continue;
    bytes[i] = (bytes[i] as number) + 1;
    return bytes.subarray(0, i + 1);
  }
  return Buffer.from([255, 255]);
}

const encode = (value: Value): Buffer => sortKey([value], [1]);

function point(value: Value): KeyRange {
  const from = encode(value);
  return { from, to: after(from) };
}

/** All values of one type. */
function bracket(byte: number): KeyRange {
  return { from: Buffer.from([byte]), to: Buffer.from([byte + 1]) };
}

const everything: KeyRange = { from: Buffer.from([0]), to: Buffer.from([255]) };

/** Undefined where the filter does not narrow the field. */
export function boundsOf(filter: FieldFilter, isSparse: boolean): FieldBounds | undefined {
  const { operator, operand } = filter;
  switch (operator) {
    case '$eq':
      return { ranges: pointsOf(operand), arePoints: true };
    case '$in':
      return boundsOfIn(operand as Value[]);
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return boundsOfComparison(operator, operand);
    case '$regex':
      return operand instanceof Regex ? boundsOfRegex(operand) : undefined;
    case '$exists':
      return isSparse ? { ranges: [everything], arePoints: false } : undefined;
    default:
      return undefined;
  }
}

function pointsOf(value: Value): KeyRange[] {
  if (value === null) return [point(Marker.undefined), point(null)];
  // An array is found under its elements, and as an element of another array under itself.
  if (Array.isArray(value))
    return [point(value[0] === undefined ? Marker.undefined : value[0]), point(value)];
  return [point(value)];
}

function boundsOfIn(values: readonly Value[]): FieldBounds {
  const ranges: KeyRange[] = [];
  let arePoints = true;
  for (const value of values) {
    if (value instanceof Regex) {
      ranges.push(...boundsOfRegex(value).ranges);
      arePoints = false;
    } else ranges.push(...pointsOf(value));
  }
  return { ranges: merged(ranges), arePoints };
}

function boundsOfComparison(
  operator: '$gt' | '$gte' | '$lt' | '$lte',
  operand: Value,
): FieldBounds | undefined {
  if (operand === null) {
    return operator.endsWith('e')
      ? { ranges: pointsOf(null), arePoints: true }
      : { ranges: [], arePoints: false };
  }
  // These compare with other types, and arrays with elements: too rare to be narrowed.
  if (operand === Marker.minKey || operand === Marker.maxKey || Array.isArray(operand)) return undefined;
  if (isNaNumber(operand)) {
    return operator.endsWith('e')
      ? { ranges: [point(operand)], arePoints: true }
      : { ranges: [], arePoints: false };
  }
  const type = bracket(typeByte(operand));
  const key = encode(operand);
  const range = {
    $gt: { from: after(key), to: type.to },
    $gte: { from: key, to: type.to },
    $lt: { from: type.from, to: key },
    $lte: { from: type.from, to: after(key) },
  }[operator];
  return { ranges: [range], arePoints: false };
}

const literalPrefix = /^\^((?:[^\\^$.*+?()[\]{}|]|\\[^A-Za-z0-9])+)/;

/** Strings that begin as the expression demands, and regular expressions, which match themselves. */
function boundsOfRegex(regex: Regex): FieldBounds {
  const regexes = bracket(typeByte(regex));
  const match =
    regex.options === '' && !regex.pattern.includes('|') ? literalPrefix.exec(regex.pattern) : null;
  let prefix = match?.[1] ?? '';
  const next = regex.pattern[1 + prefix.length] ?? '';
  // The last character may be there zero times.
  if ('*?{'.includes(next) && next !== '') prefix = prefix.replace(/(\\.|.)$/su, '');
  if (prefix === '') return { ranges: [bracket(typeByte('')), regexes], arePoints: false };
  const literal = prefix.replace(/\\(.)/gsu, '$1');
  const from = encode(literal).subarray(0, -1);
  return { ranges: [{ from, to: after(from) }, regexes], arePoints: false };
}

/** Sorted, without overlaps. */
export function merged(ranges: readonly KeyRange[]): KeyRange[] {
  const sorted = [...ranges].sort((a, b) => Buffer.compare(a.from, b.from));
  const result: KeyRange[] = [];
  for (const range of sorted) {
    const last = result.at(-1);
    if (last && Buffer.compare(range.from, last.to) < 0) {
      if (Buffer.compare(range.to, last.to) > 0) last.to = range.to;
    } else result.push({ ...range });
  }
  return result;
}

/** What is in both. */
export function intersected(a: FieldBounds, b: FieldBounds): FieldBounds {
  const ranges: KeyRange[] = [];
  for (const x of a.ranges) {
    for (const y of b.ranges) {
      const from = Buffer.compare(x.from, y.from) > 0 ? x.from : y.from;
      const to = Buffer.compare(x.to, y.to) < 0 ? x.to : y.to;
      if (Buffer.compare(from, to) < 0) ranges.push({ from, to });
    }
  }
  return { ranges: merged(ranges), arePoints: a.arePoints || b.arePoints };
}

/** The key of a descending field: every bit turned over. */
export function complement(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => ~byte & 255));
}

/**
 * The same ranges in the keys of a descending field. What came before a bound now comes after its complement and after
 * all that continues the complement, because keys that continue the bound continue its complement too.
 */
export function turnedOver(ranges: readonly KeyRange[]): KeyRange[] {
  return ranges
    .map(({ from, to }) => ({ from: after(complement(to)), to: after(complement(from)) }))
    .reverse();
}
