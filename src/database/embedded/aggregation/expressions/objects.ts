import { encodeDocument } from '../../bson/encode';
import { show } from '../../bson/show';
import { type Document, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { fromOne, isNothing, readArguments } from './operands';
import type { ReadOperator } from './reader';

const objectToArray: ReadOperator = fromOne('$objectToArray', (value) => {
  if (!(value instanceof Map)) {
    throw new ServerError(40390, `$objectToArray requires a document input, found: ${typeName(value)}`);
  }
  return [...value].map(
    ([k, v]) =>
      new Map<string, Value>([
        ['k', k],
        ['v', v],
      ]),
  );
});

const arrayToObject: ReadOperator = fromOne('$arrayToObject', (value) => {
  if (!Array.isArray(value)) {
    throw new ServerError(40386, `$arrayToObject requires an array input, found: ${typeName(value)}`);
  }
  const [first] = value;
  if (first === undefined) return new Map();
  if (!Array.isArray(first) && !(first instanceof Map)) {
    throw new ServerError(40398, `Unrecognised input type format for $arrayToObject: ${typeName(first)}`);
  }
  const readPair = Array.isArray(first) ? pairOfArray : pairOfDocument;
  return new Map(value.map(readPair));
});

function pairOfArray(item: Value): [string, Value] {
  if (!Array.isArray(item)) {
    throw new ServerError(
      40396,
      '$arrayToObject requires a consistent input format. Elements must all be arrays or all be objects. ' +
        `Array was detected, now found: ${typeName(item)}`,
    );
  }
  if (item.length !== 2) {
    throw new ServerError(
      40397,
      `$arrayToObject requires an array of size 2 arrays, found array of size: ${item.length}`,
    );
  }
  const [key, value] = item as [Value, Value];
  if (typeof key !== 'string') {
    throw new ServerError(
      40395,
      '$arrayToObject requires an array of key-value pairs, where the key must be of type string. ' +
        `Found key type: ${typeName(key)}`,
    );
  }
  return [withoutNull(key, 4940400), value];
}

function pairOfDocument(item: Value): [string, Value] {
  if (!(item instanceof Map)) {
    throw new ServerError(
      40391,
      '$arrayToObject requires a consistent input format. Elements must all be arrays or all be objects. ' +
        `Object was detected, now found: ${typeName(item)}`,
    );
  }
  if (item.size !== 2) {
    throw new ServerError(
      40392,
      `$arrayToObject requires an object keys of 'k' and 'v'. Found incorrect number of keys:${item.size}`,
    );
  }
  const key = item.get('k');
  const value = item.get('v');
  if (key === undefined || value === undefined) {
    throw new ServerError(
      40393,
      `$arrayToObject requires an object with keys 'k' and 'v'. Missing either or both keys from: ${show(item)}`,
    );
  }
  if (typeof key !== 'string') {
    throw new ServerError(
      40394,
      "$arrayToObject requires an object with keys 'k' and 'v', where the value of 'k' must be of type string. " +
        `Found type: ${typeName(key)}`,
    );
  }
  return [withoutNull(key, 4940401), value];
}

function withoutNull(key: string, code: number): string {
  if (key.includes('\0')) throw new ServerError(code, 'Key field cannot contain an embedded null byte');
  return key;
}

/** Codes of a `field` that is a path, another expression, or no string. */
interface NameCodes {
  path: number;
  expression: number;
  type: number;
}

/** A name of a field, which may have dots and dollars in it, written out or as a literal. */
function readName(operator: string, source: Value, codes: NameCodes): string {
  const refuse = (code: number, what: string): ServerError =>
    new ServerError(code, `${operator} requires 'field' to evaluate to ${what}, but got ${show(source)}`);
  if (typeof source === 'string' && source.startsWith('$')) throw refuse(codes.path, 'a constant');
  const literal = source instanceof Map ? (source.get('$literal') ?? source.get('$const')) : undefined;
  if (literal === undefined && (source instanceof Map || Array.isArray(source))) {
    throw refuse(codes.expression, 'a constant');
  }
  const name = literal ?? source;
  if (typeof name !== 'string') throw refuse(codes.type, 'type String');
  return name;
}

const getField: ReadOperator = (operand, reader) => {
  const isShort = !(operand instanceof Map) || (operand.keys().next().value?.startsWith('$') ?? false);
  const fields: Document = isShort
    ? new Map([['field', operand]])
    : readArguments('$getField', operand, {
        required: ['field', 'input'],
        codes: { notObject: 3041701, unknown: 3041701, missing: [3041702, 3041703] },
      });
  const codes = { path: 5654600, expression: 5654601, type: 5654602 };
  const name = readName('$getField', fields.get('field') as Value, codes);
  const input = reader.read(fields.get('input') ?? '$$CURRENT');
  return {
    evaluate: (root, variables) => {
      const value = input.evaluate(root, variables);
      if (value instanceof Map) return value.get(name);
      return value === null ? null : undefined;
    },
  };
};

function settingField(operator: '$setField' | '$unsetField'): ReadOperator {
  return (operand, reader) => {
    const required = operator === '$setField' ? ['field', 'value', 'input'] : ['field', 'input'];
    const missing = operator === '$setField' ? [4161102, 4161103, 4161109] : [4161102, 4161109];
    const fields = readArguments(operator, operand, {
      required,
      codes: { notObject: 4161100, unknown: 4161101, missing },
    });
    const codes = { path: 4161108, expression: 4161106, type: 4161107 };
    const name = readName(operator, fields.get('field') as Value, codes);
    const input = reader.read(fields.get('input') as Value);
    const value = reader.read(operator === '$setField' ? (fields.get('value') as Value) : '$$REMOVE');
    return {
      evaluate: (root, variables) => {
        const target = input.evaluate(root, variables);
        if (isNothing(target)) return null;
        if (!(target instanceof Map)) {
          throw new ServerError(4161105, `${operator} requires 'input' to evaluate to type Object`);
        }
        const result = new Map(target);
        const given = value.evaluate(root, variables);
        if (given === undefined) result.delete(name);
        else result.set(name, given);
        return result;
      },
    };
  };
}

export const objects: readonly [string, ReadOperator][] = [
  ['$objectToArray', objectToArray],
  ['$arrayToObject', arrayToObject],
  ['$getField', getField],
  ['$setField', settingField('$setField')],
  ['$unsetField', settingField('$unsetField')],
  [
    '$bsonSize',
    fromOne('$bsonSize', (value) => {
      if (!(value instanceof Map)) {
        throw new ServerError(31393, `$bsonSize requires a document input, found: ${typeName(value)}`);
      }
      return encodeDocument(value).length;
    }),
  ],
];
