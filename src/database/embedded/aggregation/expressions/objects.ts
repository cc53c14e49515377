import { encodeDocument } from '../../bson/encode';
import { show } from '../../bson/show';
import { type Document, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import type { Expression } from './expression';
import { fromOne, isNothing, readArguments } from './operands';
import type { Reader, ReadOperator } from './reader';

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

/** A name of a field, which may have dots and dollars in it, as an expression. */
function readName(
  operator: string,
  source: Value,
  reader: Reader,
  code: number,
): (root: Document, variables?: Parameters<Expression['evaluate']>[1]) => string {
  const expression = reader.read(source);
  return (root, variables) => {
    const name = expression.evaluate(root, variables);
    if (typeof name !== 'string') {
      throw new ServerError(
        code,
        `${operator} requires 'field' to evaluate to type String, but got ${typeName(name)}`,
      );
    }
    return name;
  };
}

const getField: ReadOperator = (operand, reader) => {
  const isShort = !(operand instanceof Map) || (operand.keys().next().value?.startsWith('$') ?? false);
  const fields: Document = isShort
    ? new Map([['field', operand]])
    : readArguments('$getField', operand, {
        required: ['field', 'input'],
        codes: { notObject: 3041701, unknown: 3041701, missing: operand.has('field') ? 3041703 : 3041702 },
      });
  const name = readName('$getField', fields.get('field') as Value, reader, 3041704);
  const input = reader.read(fields.get('input') ?? '$$CURRENT');
  return {
    evaluate: (root, variables) => {
      const field = name(root, variables);
      const value = input.evaluate(root, variables);
      if (value instanceof Map) return value.get(field);
      return value === null ? null : undefined;
    },
  };
};

function settingField(operator: '$setField' | '$unsetField'): ReadOperator {
  return (operand, reader) => {
    const required = operator === '$setField' ? ['field', 'input', 'value'] : ['field', 'input'];
    const absent = operand instanceof Map ? required.find((name) => !operand.has(name)) : undefined;
    const missing = absent === 'field' ? 4161102 : absent === 'value' ? 4161103 : 4161109;
    const fields = readArguments(operator, operand, {
      required,
      codes: { notObject: 4161100, unknown: 4161101, missing },
    });
    const name = readName(operator, fields.get('field') as Value, reader, 4161107);
    const input = reader.read(fields.get('input') as Value);
    const value = reader.read(operator === '$setField' ? (fields.get('value') as Value) : '$$REMOVE');
    return {
      evaluate: (root, variables) => {
        const field = name(root, variables);
        const target = input.evaluate(root, variables);
        if (isNothing(target)) return null;
        if (!(target instanceof Map)) {
          throw new ServerError(4161105, `${operator} requires 'input' to evaluate to type Object`);
        }
        const result = new Map(target);
        const given = value.evaluate(root, variables);
        if (given === undefined) result.delete(field);
        else result.set(field, given);
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
