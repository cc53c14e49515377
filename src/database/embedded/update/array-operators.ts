import { compareValues, equalValues } from '../bson/compare';
import { wholeNumber } from '../bson/numbers';
import { show } from '../bson/show';
import { isNumber, typeName, type Value } from '../bson/types';
import { badValue, failedToParse, typeMismatch } from '../server-error';
import type { Leaf, LeafContext, ReadLeaf } from './leaf';
import { readPush } from './push';
import { lastPart } from './value-operators';

/** The operators that change an array. */
export const arrayOperators: Readonly<Record<string, ReadLeaf>> = {
  $push: (operand, path, { strings }) => readPush(operand, path, strings),
  $addToSet: (operand, _, context) => addToSet(operand, context),
  $pop: (operand, path) => pop(operand, path),
  $pull: (operand, _, { elementTest }) => culling('$pull', elementTest(operand)),
  $pullAll: (operand, _, { strings }) => {
    if (!Array.isArray(operand)) {
      throw badValue(`$pullAll requires an array argument but was given a ${typeName(operand)}`);
    }
    return culling('$pullAll', (element) => operand.some((value) => equalValues(element, value, strings)));
  },
};

function addToSet(operand: Value, { strings }: LeafContext): Leaf {
  const isSame = (a: Value) => (b: Value) => compareValues(a, b, strings) === 0;
  const added: Value[] = [];
  for (const value of readEach(operand)) if (!added.some(isSame(value))) added.push(value);
  return {
    operator: '$addToSet',
    change: (value, place) => {
      if (!Array.isArray(value)) {
        throw badValue(
          `Cannot apply $addToSet to non-array field. Field named '${lastPart(place.path)}' has non-array type ${typeName(value)}`,
        );
      }
      const missing = added.filter((item) => !value.some(isSame(item)));
      return missing.length === 0 ? value : [...value, ...missing];
    },
    create: () => [...added],
    unviable: 'cannotCreate',
  };
}

/** `{ $each: […] }`, or a single value. */
function readEach(operand: Value): Value[] {
  if (!(operand instanceof Map) || operand.keys().next().value !== '$each') return [operand];
  const each = operand.get('$each') as Value;
  if (!Array.isArray(each)) {
    throw typeMismatch(
      `The argument to $each in $addToSet must be an array but it was of type ${typeName(each)}`,
    );
  }
  if (operand.size > 1) {
    throw badValue(`Found unexpected fields after $each in $addToSet: ${show(operand)}`);
  }
  return each;
}

function pop(operand: Value, path: string): Leaf {
  const end = isNumber(operand) ? wholeNumber(operand) : undefined;
  if (!isNumber(operand)) throw failedToParse(`Expected a number in: ${path}: ${show(operand)}`);
  if (end === undefined) throw failedToParse(`Expected an integer: ${path}: ${show(operand)}`);
  if (end !== 1 && end !== -1) throw failedToParse(`$pop expects 1 or -1, found: ${end}`);
  return {
    operator: '$pop',
    change: (value, place) => {
      if (!Array.isArray(value)) {
        throw typeMismatch(`Path '${place.path}' contains an element of non-array type '${typeName(value)}'`);
      }
      if (value.length === 0) return value;
      return end === 1 ? value.slice(0, -1) : value.slice(1);
    },
    create: () => undefined,
    unviable: 'cannotTraverse',
  };
}

function culling(operator: string, isUnwanted: (element: Value) => boolean): Leaf {
  return {
    operator,
    change: (value) => {
      if (!Array.isArray(value)) throw badValue('Cannot apply $pull to a non-array value');
      const kept = value.filter((element) => !isUnwanted(element));
      return kept.length === value.length ? value : kept;
    },
    create: () => undefined,
    unviable: 'cannotTraverse',
  };
}
