import { type CompareStrings, compareValues } from '../bson/compare';
import { wholeNumber } from '../bson/numbers';
import { type Document, isNumber, typeName, type Value } from '../bson/types';
import { badValue } from '../server-error';
import { type Leaf, shownId } from './leaf';
import { arrayPlace } from './update-path';
import { lastPart } from './value-operators';

interface Push {
  values: readonly Value[];
  /** From the end where negative; undefined: at the end. */
  position: number | undefined;
  compare: ((a: Value, b: Value) => number) | undefined;
  /** How many to keep, from the end where negative. */
  slice: number | undefined;
}

export function readPush(operand: Value, path: string, strings?: CompareStrings): Leaf {
  const push: Push =
    operand instanceof Map && operand.has('$each')
      ? readClauses(operand, strings)
      : { values: [operand], position: undefined, compare: undefined, slice: undefined };
  return {
    operator: '$push',
    change: (value, place) => {
      if (!Array.isArray(value)) {
        throw badValue(
          `The field '${lastPart(path)}' must be an array but is of type ${typeName(value)} in document ${shownId(place.root)}`,
        );
      }
      return changesNothing(value, push) ? value : pushed(value, push);
    },
    create: () => pushed([], push),
    unviable: 'cannotCreate',
  };
}

/** As a real server counts it: a value that is pushed and cut off again, or a sort of what is in order, is a change. */
function changesNothing(before: readonly Value[], { values, compare, slice }: Push): boolean {
  if (values.length > 0 || (compare && before.length > 0)) return false;
  return slice === undefined || before.length <= Math.abs(slice);
}

function pushed(before: readonly Value[], { values, position, compare, slice }: Push): Value[] {
  const array = [...before];
  const at = position === undefined ? array.length : position < 0 ? array.length + position : position;
  array.splice(Math.max(0, at), 0, ...values);
  if (compare) array.sort(compare);
  if (slice === undefined) return array;
  if (slice === 0) return [];
  return slice > 0 ? array.slice(0, slice) : array.slice(slice);
}

function readClauses(clauses: Document, strings?: CompareStrings): Push {
  for (const name of clauses.keys()) {
    if (!['$each', '$slice', '$sort', '$position'].includes(name)) {
      throw badValue(`Unrecognized clause in $push: ${name}`);
    }
  }
  const values = clauses.get('$each') as Value;
  if (!Array.isArray(values)) {
    throw badValue(`The argument to $each in $push must be an array but it was of type: ${typeName(values)}`);
  }
  return {
    values,
    slice: readWhole(
      clauses.get('$slice'),
      'The value for $slice must be an integer value but was given type: ',
    ),
    position: readWhole(
      clauses.get('$position'),
      'The value for $position must be an integer value, not of type: ',
    ),
    compare: readSortClause(clauses.get('$sort'), strings),
  };
}

function readWhole(value: Value | undefined, complaint: string): number | undefined {
  if (value === undefined) return undefined;
  const whole = wholeNumber(value);
  if (whole === undefined) throw badValue(`${complaint}${typeName(value)}`);
  return whole;
}

function readSortClause(
  clause: Value | undefined,
  strings?: CompareStrings,
): ((a: Value, b: Value) => number) | undefined {
  if (clause === undefined) return undefined;
  if (isNumber(clause)) {
    const direction = wholeNumber(clause);
    if (direction !== 1 && direction !== -1) throw badValue('The $sort element value must be either 1 or -1');
    return (a, b) => compareValues(a, b, strings) * direction;
  }
  if (!(clause instanceof Map)) {
    throw badValue(
      'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields',
    );
  }
  if (clause.size === 0) {
    throw badValue('The $sort pattern is empty when it should be a set of fields.');
  }
  const parts = [...clause].map(([path, order]) => ({
    path: readSortPath(path),
    direction: readOrder(order),
  }));
  return (a, b) => {
    for (const { path, direction } of parts) {
      const order = compareValues(sortValue(a, path), sortValue(b, path), strings);
      if (order !== 0) return order * direction;
    }
    return 0;
  };
}

function readSortPath(path: string): string[] {
  const parts = path.split('.');
  if (path === '') throw badValue('The $sort field cannot be empty');
  if (parts.includes('')) throw badValue(`The $sort field is a dotted field but has an empty part: ${path}`);
  return parts;
}

function readOrder(order: Value): 1 | -1 {
  const direction = wholeNumber(order);
  if (direction === 1 || direction === -1) return direction;
  throw badValue('The $sort element value must be either 1 or -1');
}

/** What an element sorts by: arrays on the way are entered by number only; what is not there sorts as null. */
function sortValue(element: Value, path: readonly string[]): Value {
  let value: Value | undefined = element;
  for (const part of path) {
    if (value instanceof Map) value = value.get(part);
    else if (Array.isArray(value)) {
      const place = arrayPlace(part);
      value = place === undefined ? undefined : value[place];
    } else return null;
  }
  return value ?? null;
}
