import { decimalFromInteger, parseDecimal } from '../../bson/decimal';
import { isLong, toBigInt, toDecimal, toNumber } from '../../bson/numbers';
import { show } from '../../bson/show';
import {
  Decimal,
  Double,
  isNumber,
  type NumberValue,
  ObjectId,
  Timestamp,
  typeName,
  typeNames,
  type Value,
} from '../../bson/types';
import { badValue, failedToParse, leftOut, ServerError } from '../../server-error';
import { timeOf } from './date-parts';
import { readDateText } from './date-text';
import type { Expression } from './expression';
import { jsonText, scalarText } from './json-text';
import { fromValues, isNothing, isTrue } from './operands';
import type { Reader, ReadOperator } from './reader';
import { timeZone } from './time-zone';

/** 241: the failure that `onError` is for. */
const failure = (message: string) => new ServerError(241, `${message} in $convert with no onError value`);

const unsupported = (value: Value, to: string) =>
  failure(`Unsupported conversion from ${typeName(value)} to ${to}`);

type Convert = (value: Value) => Value;

const targets: Readonly<Record<string, Convert>> = {
  double: toDouble,
  string: toText,
  objectId: toObjectId,
  bool: (value) => (isNumber(value) || typeof value === 'boolean' ? isTrue(value) : true),
  date: toDate,
  int: (value) => toInteger(value, 'int'),
  long: (value) => toInteger(value, 'long'),
  decimal: toDecimalValue,
};

/** What a real server can convert to, from which types, and this one leaves out. */
const leftOutTargets: Readonly<Record<string, readonly string[]>> = {
  binData: ['binData', 'string', 'int', 'long', 'double', 'array', 'object'],
  array: ['array', 'string', 'binData'],
  object: ['object', 'string', 'binData'],
};

function toDouble(value: Value): Value {
  if (typeof value === 'string') return new Double(readDouble(value));
  if (typeof value === 'boolean') return new Double(value ? 1 : 0);
  if (value instanceof Date) return new Double(value.getTime());
  if (!isNumber(value)) throw unsupported(value, 'double');
  const number = toNumber(value);
  if (value instanceof Decimal && !value.special && !Number.isFinite(number)) throw overflow(value);
  return new Double(number);
}

const overflow = (value: NumberValue) => failure(`Conversion would overflow target type: ${show(value)}`);

function unreadable(text: string): ServerError {
  return failure(`Failed to parse number '${text}'`);
}

const doubleForm = /^[+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)$/i;

function readDouble(text: string): number {
  if (!doubleForm.test(text)) throw unreadable(text);
  if (/nan$/i.test(text)) return Number.NaN;
  if (/inf/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const number = Number(text);
  if (!Number.isFinite(number)) throw unreadable(text);
  return number;
}

function toText(value: Value): Value {
  if (typeName(value) === 'binData') throw leftOut('the conversion from binData to string');
  const text = scalarText(value) ?? jsonText(value);
  if (text === undefined) throw unsupported(value, 'string');
  return text;
}

function toObjectId(value: Value): Value {
  if (value instanceof ObjectId) return value;
  if (typeof value !== 'string') throw unsupported(value, 'objectId');
  if (!/^[0-9a-fA-F]{24}$/.test(value)) throw failure(`Failed to parse objectId '${value}'`);
  return new ObjectId(Buffer.from(value, 'hex'));
}

function toDate(value: Value): Value {
  if (value instanceof Date) return value;
  if (typeof value === 'string') return new Date(readDateText(value, timeZone(undefined)));
  if (value instanceof ObjectId || value instanceof Timestamp) return new Date(timeOf(value) as number);
  if (!isNumber(value) || typeof value === 'number') throw unsupported(value, 'date');
  const milliseconds = Number(toInteger(value, 'long'));
  if (Math.abs(milliseconds) > 8.64e15) {
    throw leftOut(`the date ${milliseconds}, which is further away than this server can count,`);
  }
  return new Date(milliseconds);
}

function toInteger(value: Value, type: 'int' | 'long'): Value {
  if (typeName(value) === 'binData') throw leftOut(`the conversion from binData to ${type}`);
  const whole = wholeOf(value, type);
  const fits = type === 'int' ? whole >= -(2n ** 31n) && whole < 2n ** 31n : isLong(whole);
  if (!fits) throw typeof value === 'string' ? unreadable(value) : overflow(value as NumberValue);
  return type === 'int' ? Number(whole) : whole;
}

function wholeOf(value: Value, type: 'int' | 'long'): bigint {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'string') {
    if (!/^[+-]?\d+$/.test(value)) throw unreadable(value);
    return BigInt(value.replace(/^\+/, ''));
  }
  if (value instanceof Date && type === 'long') return BigInt(value.getTime());
  if (!isNumber(value)) throw unsupported(value, type);
  const whole = toBigInt(value);
  if (whole === undefined) {
    const what = Number.isNaN(toNumber(value)) ? 'NaN' : 'infinity';
    throw failure(`Attempt to convert ${what} value to integer type`);
  }
  return whole;
}

function toDecimalValue(value: Value): Value {
  if (typeof value === 'string') {
    const decimal = parseDecimal(value);
    if (!decimal) throw unreadable(value);
    return decimal;
  }
  if (typeof value === 'boolean') return decimalFromInteger(value ? 1 : 0);
  if (value instanceof Date) return decimalFromInteger(value.getTime());
  if (!isNumber(value)) throw unsupported(value, 'decimal');
  return toDecimal(value);
}

function converting(name: string, target: string): ReadOperator {
  const convert = targets[target] as Convert;
  return fromValues(name, 1, 1, ([value]) => (isNothing(value) ? null : convert(value)));
}

function readTarget(value: Value): string {
  if (value instanceof Map) {
    const type = value.get('type');
    if (type === undefined) throw failedToParse("Missing 'type' parameter to $convert's 'to' argument");
    return readTarget(type);
  }
  if (typeof value === 'string') return value;
  const code = isNumber(value) ? toNumber(value) : Number.NaN;
  if (!isNumber(value))
    throw failedToParse(`$convert's 'to' argument must be a string or number, but is ${typeName(value)}`);
  if (!Number.isInteger(code)) {
    throw failedToParse(`In $convert, numeric 'to' argument is not an integer`);
  }
  const name = (typeNames as Readonly<Record<number, string>>)[code];
  if (name === undefined) {
    throw failedToParse(`In $convert, numeric value for 'to' does not correspond to a BSON type: ${code}`);
  }
  return name;
}

function convertTo(value: Value, target: string): Value {
  const convert = Object.hasOwn(targets, target) ? targets[target] : undefined;
  if (convert) return convert(value);
  if (leftOutTargets[target]?.includes(typeName(value))) {
    throw leftOut(`the conversion from ${typeName(value)} to ${target}`);
  }
  if (!Object.values<string>(typeNames).includes(target)) throw badValue(`Unknown type name: ${target}`);
  throw unsupported(value, target);
}

const names = ['input', 'to', 'onError', 'onNull', 'format', 'base', 'byteOrder'];

const convert: ReadOperator = (operand, reader) => {
  if (!(operand instanceof Map)) {
    throw failedToParse(`$convert expects an object of named arguments but found: ${typeName(operand)}`);
  }
  for (const name of operand.keys()) {
    if (!names.includes(name)) throw failedToParse(`$convert found an unknown argument: ${name}`);
    if (['format', 'base', 'byteOrder'].includes(name)) throw leftOut(`the argument '${name}' of $convert`);
  }
  for (const name of ['input', 'to']) {
    if (!operand.has(name)) throw failedToParse(`Missing '${name}' parameter to $convert`);
  }
  return converted(operand, reader);
};

function converted(operand: Map<string, Value>, reader: Reader): Expression {
  const read = (name: string): Expression | undefined => {
    const source = operand.get(name);
    return source === undefined ? undefined : reader.read(source);
  };
  const [input, to, onError, onNull] = ['input', 'to', 'onError', 'onNull'].map(read);
  const parts = [input, to, onError, onNull].filter((part) => part !== undefined);
  return reader.folded(parts, {
    evaluate: (root, variables) => {
      const target = to?.evaluate(root, variables);
      const value = input?.evaluate(root, variables);
      if (isNothing(value)) return onNull ? onNull.evaluate(root, variables) : null;
      if (isNothing(target)) return null;
      const name = readTarget(target);
      try {
        return convertTo(value, name);
      } catch (error) {
        if (onError && error instanceof ServerError && error.code === 241)
          return onError.evaluate(root, variables);
        throw error;
      }
    },
  });
}

export const conversions: readonly [string, ReadOperator][] = [
  ['$convert', convert],
  ['$toDouble', converting('$toDouble', 'double')],
  ['$toString', converting('$toString', 'string')],
  ['$toObjectId', converting('$toObjectId', 'objectId')],
  ['$toBool', converting('$toBool', 'bool')],
  ['$toDate', converting('$toDate', 'date')],
  ['$toInt', converting('$toInt', 'int')],
  ['$toLong', converting('$toLong', 'long')],
  ['$toDecimal', converting('$toDecimal', 'decimal')],
  ['$type', fromValues('$type', 1, 1, ([value]) => typeName(value))],
  ['$isNumber', fromValues('$isNumber', 1, 1, ([value]) => isNumber(value))],
];
