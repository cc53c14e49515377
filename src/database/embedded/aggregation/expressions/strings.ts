import { compareByBytes } from '../../bson/compare';
import { toNumber, wholeNumber } from '../../bson/numbers';
import { show } from '../../bson/show';
import { isNumber, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { refuseLongString } from '../memory';
import { type ArgumentNames, fromNamed, fromSequence, fromValues, isNothing } from './operands';
import type { ReadOperator } from './reader';
import { looseText } from './text';

function concat(values: Iterable<Value | undefined>): Value {
  let text = '';
  for (const value of values) {
    if (isNothing(value)) return null;
    if (typeof value !== 'string') {
      throw new ServerError(16702, `$concat only supports strings, not ${typeName(value)}`);
    }
    refuseLongString('$concat', text.length + value.length);
    text += value;
  }
  return text;
}

function replaceAll(text: string, find: string, by: string): string {
  const growth = by.length - find.length;
  // An empty one is found before each character and at the end.
  const found = find === '' ? text.length + 1 : text.split(find).length - 1;
  if (growth > 0) refuseLongString('$replaceAll', text.length + found * growth);
  return text.replaceAll(find, () => by);
}

/** Letters beyond ASCII keep their case, as on a server. */
const upper = (text: string): string => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
const lower = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

function split(text: Value | undefined, separator: Value | undefined): Value {
  if (isNothing(text) || isNothing(separator)) return null;
  if (typeof text !== 'string') {
    throw new ServerError(
      40085,
      `$split requires an expression that evaluates to a string as a first argument, found: ${typeName(text)}`,
    );
  }
  if (typeof separator !== 'string') {
    throw new ServerError(
      40086,
      `$split requires an expression that evaluates to a string as a second argument, found: ${typeName(separator)}`,
    );
  }
  if (separator === '') throw new ServerError(40087, '$split requires a non-empty separator');
  return text.split(separator);
}

function substringOfBytes(
  name: string,
  source: Value | undefined,
  start: Value | undefined,
  size: Value | undefined,
) {
  const bytes = Buffer.from(looseText(source));
  if (!isNumber(start)) {
    throw new ServerError(
      16034,
      `${name}:  starting index must be a numeric type (is BSON type ${typeName(start)})`,
    );
  }
  if (!isNumber(size)) {
    throw new ServerError(16035, `${name}:  length must be a numeric type (is BSON type ${typeName(size)})`);
  }
  const from = Math.trunc(toNumber(start));
  if (from < 0) throw new ServerError(50752, `${name}:  starting index must be non-negative (got: ${from})`);
  const length = Math.trunc(toNumber(size));
  const to = length < 0 ? bytes.length : from + length;
  if (isContinuation(bytes[from])) {
    throw new ServerError(28656, `${name}:  Invalid range, starting index is a UTF-8 continuation byte.`);
  }
  if (isContinuation(bytes[to])) {
    throw new ServerError(
      28657,
      `${name}:  Invalid range, ending index is in the middle of a UTF-8 character.`,
    );
  }
  return bytes.toString('utf8', from, to);
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

function substringOfCodePoints(
  source: Value | undefined,
  start: Value | undefined,
  size: Value | undefined,
): Value {
  const text = [...looseText(source)];
  const from = codePoints('starting index', start, 34450, 34451);
  const length = codePoints('length', size, 34452, 34453);
  if (length < 0) throw new ServerError(34454, '$substrCP: length must be a nonnegative integer.');
  if (from < 0) throw new ServerError(34455, '$substrCP: the starting index must be nonnegative integer.');
  return text.slice(from, from + length).join('');
}

function codePoints(what: string, value: Value | undefined, notNumber: number, notInt: number): number {
  if (!isNumber(value)) {
    throw new ServerError(
      notNumber,
      `$substrCP: ${what} must be a numeric type (is BSON type ${typeName(value)})`,
    );
  }
  const number = wholeNumber(value);
  if (number === undefined || (number | 0) !== number) {
    throw new ServerError(
      notInt,
      `$substrCP: ${what} cannot be represented as a 32-bit integral value: ${show(value)}`,
    );
  }
  return number;
}

function length(name: string, code: number, measure: (text: string) => number): ReadOperator {
  return fromValues(name, 1, 1, ([value]) => {
    if (typeof value !== 'string') {
      throw new ServerError(code, `${name} requires a string argument, found: ${typeName(value)}`);
    }
    return measure(value);
  });
}

/** `$indexOfBytes` and `$indexOfCP` differ in what they count. */
function indexOf(
  name: string,
  codes: readonly [number, number],
  unitsOf: (text: string) => readonly (string | number)[],
): ReadOperator {
  return fromValues(name, 2, 4, (values) => {
    const [text, token] = values;
    if (isNothing(text)) return null;
    if (typeof text !== 'string') {
      throw new ServerError(
        codes[0],
        `${name} requires a string as the first argument, found: ${typeName(text)}`,
      );
    }
    if (typeof token !== 'string') {
      throw new ServerError(
        codes[1],
        `${name} requires a string as the second argument, found: ${typeName(token)}`,
      );
    }
    const units = unitsOf(text);
    const from = values.length > 2 ? readIndex(name, 'starting index', values[2], 40096) : 0;
    const end = values.length > 3 ? readIndex(name, 'ending index', values[3], 40096) : units.length;
    return position(units, unitsOf(token), from, Math.min(end, units.length));
  });
}

/** Where `token` begins in `units` and ends before `end`; -1 where it does not. */
function position<T>(units: readonly T[], token: readonly T[], from: number, end: number): number {
  for (let at = from; at + token.length <= end; at++) {
    if (token.every((unit, i) => unit === units[at + i])) return at;
  }
  return -1;
}

/** @param code of what is no integer; the next one is that of a negative one. */
export function readIndex(name: string, what: string, value: Value | undefined, code: number): number {
  const number = isNumber(value) ? wholeNumber(value) : undefined;
  if (number === undefined) {
    throw new ServerError(
      code,
      `${name}requires an integral ${what}, found a value of type: ${typeName(value)}, with value: ${show(value)}`,
    );
  }
  if (number < 0) throw new ServerError(code + 1, `${name} requires a nonnegative ${what}, found: ${number}`);
  return number;
}

/** What `$trim` takes away when it is not told. */
const whitespace = new Set(
  '\0 \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a',
);

function trim(name: string, sides: 'both' | 'left' | 'right'): ReadOperator {
  const names: ArgumentNames = {
    required: ['input'],
    optional: ['chars'],
    codes: { notObject: 50696, unknown: 50694, missing: 50695 },
  };
  return fromNamed(name, names, ({ input, chars }, _, given) => {
    if (isNothing(input)) return null;
    if (typeof input !== 'string') {
      throw new ServerError(
        50699,
        `${name} requires its input to be a string, got ${show(input)} (of type ${typeName(input)}) instead.`,
      );
    }
    if (given.has('chars') && isNothing(chars)) return null;
    if (chars !== undefined && typeof chars !== 'string') {
      throw new ServerError(
        50700,
        `${name} requires 'chars' to be a string, got ${show(chars)} (of type ${typeName(chars)}) instead.`,
      );
    }
    return trimmed([...input], chars === undefined ? whitespace : new Set(chars), sides);
  });
}

function trimmed(
  text: readonly string[],
  chars: ReadonlySet<string>,
  sides: 'both' | 'left' | 'right',
): string {
  let from = 0;
  let to = text.length;
  if (sides !== 'right') while (from < to && chars.has(text[from] as string)) from += 1;
  if (sides !== 'left') while (to > from && chars.has(text[to - 1] as string)) to -= 1;
  return text.slice(from, to).join('');
}

function replace(name: string, replaceIn: (text: string, find: string, by: string) => string): ReadOperator {
  const names: ArgumentNames = {
    required: ['input', 'find', 'replacement'],
    codes: { notObject: 51751, unknown: 51750, missing: [51749, 51748, 51747] },
  };
  return fromNamed(name, names, ({ input, find, replacement }) => {
    const parts = { input, find, replacement };
    for (const [i, [part, value]] of Object.entries(parts).entries()) {
      if (isNothing(value) || typeof value === 'string') continue;
      throw new ServerError(51746 - i, `${name} requires that '${part}' be a string, found: ${show(value)}`);
    }
    if (typeof input !== 'string' || typeof find !== 'string' || typeof replacement !== 'string') return null;
    return replaceIn(input, find, replacement);
  });
}

export const strings: readonly [string, ReadOperator][] = [
  ['$concat', fromSequence(concat)],
  ['$toUpper', fromValues('$toUpper', 1, 1, ([value]) => upper(looseText(value)))],
  ['$toLower', fromValues('$toLower', 1, 1, ([value]) => lower(looseText(value)))],
  ['$split', fromValues('$split', 2, 2, ([a, b]) => split(a, b))],
  ['$substr', fromValues('$substr', 3, 3, ([a, b, c]) => substringOfBytes('$substrBytes', a, b, c))],
  [
    '$substrBytes',
    fromValues('$substrBytes', 3, 3, ([a, b, c]) => substringOfBytes('$substrBytes', a, b, c)),
  ],
  ['$substrCP', fromValues('$substrCP', 3, 3, ([a, b, c]) => substringOfCodePoints(a, b, c))],
  ['$strLenBytes', length('$strLenBytes', 34473, (text) => Buffer.byteLength(text))],
  ['$strLenCP', length('$strLenCP', 34471, (text) => [...text].length)],
  [
    '$strcasecmp',
    fromValues('$strcasecmp', 2, 2, ([a, b]) => compareByBytes(upper(looseText(a)), upper(looseText(b)))),
  ],
  ['$indexOfBytes', indexOf('$indexOfBytes', [40091, 40092], (text) => [...Buffer.from(text)])],
  ['$indexOfCP', indexOf('$indexOfCP', [40093, 40094], (text) => [...text])],
  ['$trim', trim('$trim', 'both')],
  ['$ltrim', trim('$ltrim', 'left')],
  ['$rtrim', trim('$rtrim', 'right')],
  // The functions keep `$&` and its like in the replacement from having a meaning.
  ['$replaceOne', replace('$replaceOne', (text, find, by) => text.replace(find, () => by))],
  ['$replaceAll', replace('$replaceAll', replaceAll)],
];
