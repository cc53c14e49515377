import { compareValues, identicalValues } from '../bson/compare';
import { add, bitAnd, bitOr, bitXor, multiply, toNumber } from '../bson/numbers';
import { show } from '../bson/show';
import { isNumber, type NumberValue, Timestamp, typeCode, typeName, type Value } from '../bson/types';
import { badValue, typeMismatch } from '../server-error';
import { type Leaf, type Place, type ReadLeaf, shownField, shownId } from './leaf';

/** The operators that make one value of one value. */
export const valueOperators: Readonly<Record<string, ReadLeaf>> = {
  $set: (operand) => setting('$set', operand),
  $setOnInsert: (operand) => ({ ...setting('$setOnInsert', operand), onInsertOnly: true }),
  $unset: () => ({ operator: '$unset', change: nothing, create: nothing, unviable: 'nothing' }),
  $inc: (operand, path) => arithmetic('$inc', operand, path),
  $mul: (operand, path) => arithmetic('$mul', operand, path),
  $min: (operand, _, { strings }) =>
    choosing('$min', operand, (value) => compareValues(operand, value, strings) < 0),
  $max: (operand, _, { strings }) =>
    choosing('$max', operand, (value) => compareValues(operand, value, strings) > 0),
  $currentDate: (operand, _, { now }) => currentDate(operand, now),
  $bit: (operand, path) => bits(operand, path),
};

const nothing = (): undefined => undefined;

function setting(operator: string, operand: Value): Leaf {
  return {
    operator,
    change: (value) => (identicalValues(value, operand) ? value : operand),
    create: () => operand,
    unviable: 'cannotCreate',
  };
}

function choosing(operator: string, operand: Value, isBetter: (value: Value) => boolean): Leaf {
  return {
    operator,
    change: (value) => (isBetter(value) ? operand : value),
    create: () => operand,
    unviable: 'cannotCreate',
  };
}

function arithmetic(operator: '$inc' | '$mul', operand: Value, path: string): Leaf {
  if (!isNumber(operand)) {
    const verb = operator === '$inc' ? 'increment' : 'multiply';
    throw typeMismatch(`Cannot ${verb} with non-numeric argument: ${shownField(path, operand)}`);
  }
  const operate = operator === '$inc' ? add : multiply;
  const change = (value: Value, place: Place): Value => {
    if (!isNumber(value)) {
      throw typeMismatch(
        `Cannot apply ${operator} to a value of non-numeric type. ${shownId(place.root)} has the field ` +
          `'${lastPart(place.path)}' of non-numeric type ${typeName(value)}`,
      );
    }
    const result = operate(value, operand);
    if (result === undefined) {
      throw badValue(
        `Failed to apply ${operator} operations to current value (${shownNumber(value)}) for document ${shownId(place.root)}`,
      );
    }
    return isSameNumber(result, value) ? value : result;
  };
  // A missing factor counts as zero of the operand's type.
  const create = () => (operator === '$inc' ? operand : (multiply(0, operand) as NumberValue));
  return { operator, change, create, unviable: 'cannotCreate' };
}

/** Zeros of any sign and decimals of any number of digits are the same; NaN is never the same. */
function isSameNumber(a: NumberValue, b: NumberValue): boolean {
  if (typeCode(a) !== typeCode(b) || Number.isNaN(toNumber(a))) return false;
  return compareValues(a, b) === 0;
}

const shownNumber = (value: NumberValue): string =>
  typeof value === 'bigint'
    ? `(NumberLong)${value}`
    : typeof value === 'number'
      ? `(NumberInt)${value}`
      : show(value);

export const lastPart = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

function currentDate(operand: Value, now: () => Date): Leaf {
  const make = readDateType(operand) === 'date' ? now : () => timestampOf(now());
  return { operator: '$currentDate', change: make, create: make, unviable: 'cannotCreate' };
}

function readDateType(operand: Value): 'date' | 'timestamp' {
  if (typeof operand === 'boolean') return 'date';
  if (!(operand instanceof Map)) {
    throw badValue(
      `${typeName(operand)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).`,
    );
  }
  for (const name of operand.keys()) {
    if (name !== '$type') throw badValue(`Unrecognized $currentDate option: ${name}`);
  }
  const type = operand.get('$type');
  if (type === 'date' || type === 'timestamp') return type;
  throw badValue(
    "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}",
  );
}

const timestampOf = (date: Date): Timestamp =>
  new Timestamp((BigInt(Math.floor(date.getTime() / 1_000)) << 32n) | 1n);

const bitOperations = { and: bitAnd, or: bitOr, xor: bitXor } as const;

function bits(operand: Value, path: string): Leaf {
  const shown = shownField(path, operand);
  if (!(operand instanceof Map)) {
    throw badValue(
      `The $bit modifier is not compatible with a ${typeName(operand)}. ` +
        'You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}',
    );
  }
  const steps: ((value: NumberValue) => NumberValue)[] = [];
  for (const [name, mask] of operand) {
    if (name !== 'and' && name !== 'or' && name !== 'xor') {
      throw badValue(
        `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}' which is an unknown operator: ${shown}`,
      );
    }
    if (typeof mask !== 'number' && typeof mask !== 'bigint') {
      throw badValue(
        `The $bit modifier field must be an Integer(32/64 bit); a '${typeName(mask)}' is not supported here: ${shownField(name, mask)}`,
      );
    }
    steps.push((value) => bitOperations[name](value, mask));
  }
  if (steps.length === 0) {
    throw badValue(
      `You must pass in at least one bitwise operation. The format is: {$bit: {field: {and/or/xor: #}}`,
    );
  }
  const apply = (value: NumberValue): NumberValue => steps.reduce((result, step) => step(result), value);
  return {
    operator: '$bit',
    change: (value, place) => {
      if (typeof value !== 'number' && typeof value !== 'bigint') {
        throw badValue(
          `Cannot apply $bit to a value of non-integral type.${shownId(place.root)} has the field ` +
            `${lastPart(place.path)} of non-integer type ${typeName(value)}`,
        );
      }
      return apply(value);
    },
    create: () => apply(0),
    unviable: 'cannotCreate',
  };
}
