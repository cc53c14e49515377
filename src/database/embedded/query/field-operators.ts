import { toNumber } from '../bson/numbers';
import { type Document, isNumber, Regex, typeName, type Value } from '../bson/types';
import { badValue } from '../server-error';
import {
  type BitOperator,
  bitsOf,
  type Comparison,
  comparedWith,
  equalTo,
  matchesRegex,
  oneOf,
  readSize,
  remainderOf,
  type ValueTest,
} from './field-tests';
import type { FilterContext } from './filter-context';
import { allOf, type Filter, fieldFilter, type Matches, negation, never, theElement } from './filter-nodes';
import { hasDbRefField, isOperatorDocument, testsElements } from './operator-document';
import { visitPath } from './path';
import { readTypes } from './type-operand';
import { unknownOperator } from './unknown-operator';

/** Reads a whole filter: what `$elemMatch` has for documents. */
type ReadFilter = (source: Document, context: FilterContext) => Filter;

/** What the operators of one field are read with. */
interface FieldReading {
  readonly path: string;
  readonly context: FilterContext;
  readonly readFilter: ReadFilter;
}

/** One operator, as it was written. */
interface Written extends FieldReading {
  readonly operand: Value;
  /** The document that has it: `$regex` looks there for its `$options`. */
  readonly siblings: Document;
}

type ReadOperator = (written: Written) => Filter | undefined;

const comparison = (name: Comparison): [string, ReadOperator] => [
  name,
  ({ path, operand, context }) => {
    if (operand instanceof Regex)
      throw badValue(`Can't have RegEx as arg to predicate over field '${path}'.`);
    return fieldFilter(path, name, operand, comparedWith(name, operand, context.strings));
  },
];

const bits = (name: BitOperator): [string, ReadOperator] => [
  name,
  ({ path, operand }) => fieldFilter(path, name, operand, bitsOf(name, path, operand)),
];

/** The operators that ask something of the values at a path. A map: names come from clients, and objects have names of their own. */
const fieldOperators = new Map<string, ReadOperator>([
  ['$eq', ({ path, operand, context }) => equality(path, operand, context)],
  ['$ne', readNotEqual],
  comparison('$gt'),
  comparison('$gte'),
  comparison('$lt'),
  comparison('$lte'),
  [
    '$in',
    ({ path, operand, context }) => fieldFilter(path, '$in', operand, oneOf('$in', operand, context.strings)),
  ],
  [
    '$nin',
    ({ path, operand, context }) =>
      negation(fieldFilter(path, '$in', operand, oneOf('$nin', operand, context.strings))),
  ],
  ['$exists', readExists],
  ['$type', readType],
  ['$mod', ({ path, operand }) => fieldFilter(path, '$mod', operand, remainderOf(operand))],
  ['$regex', readRegex],
  ['$options', checkOptions],
  ['$all', readAll],
  ['$elemMatch', readElemMatch],
  ['$size', readSizeOperator],
  bits('$bitsAllSet'),
  bits('$bitsAnySet'),
  bits('$bitsAllClear'),
  bits('$bitsAnyClear'),
  ['$not', readNot],
]);

/** Those of them that may also stand alone where an update asks something of an element, such as in `$pull`. */
export const valueOperators = [...fieldOperators.keys()].filter((name) => name !== '$not');

/** Reads what a filter asks of one field: a value, a regular expression or a document of operators. */
export function readField(operand: Value, reading: FieldReading): Filter[] {
  const { path, context } = reading;
  if (operand instanceof Regex) return [fieldFilter(path, '$regex', operand, matchesRegex(operand))];
  if (!isOperatorDocument(operand)) return [equality(path, operand, context)];
  return [...operand].flatMap(
    ([name, value]) => readOperator(name, { ...reading, operand: value, siblings: operand }) ?? [],
  );
}

function readOperator(name: string, written: Written): Filter | undefined {
  const read = fieldOperators.get(name);
  if (!read) throw unknownOperator(name, `unknown operator: ${name}`);
  return read(written);
}

function equality(path: string, operand: Value, context: FilterContext): Filter {
  return fieldFilter(path, '$eq', operand, equalTo(operand, context.strings));
}

function readNotEqual({ path, operand, context }: Written): Filter {
  if (operand instanceof Regex) throw badValue("Can't have regex as arg to $ne.");
  return negation(equality(path, operand, context));
}

function readExists({ path, operand }: Written): Filter {
  const exists = fieldFilter(path, '$exists', true, (value) => value !== undefined);
  return isTrue(operand) ? exists : negation(exists);
}

function isTrue(value: Value): boolean {
  if (isNumber(value)) return toNumber(value) !== 0;
  return value !== null && value !== false && typeName(value) !== 'undefined';
}

function readType({ path, operand }: Written): Filter {
  const isType = readTypes(path, operand);
  return fieldFilter(path, '$type', operand, (value) => value !== undefined && isType(value));
}

function readSizeOperator({ path, operand }: Written): Filter {
  const size = readSize(operand);
  const test: ValueTest = (value) => Array.isArray(value) && value.length === size;
  return fieldFilter(path, '$size', operand, test, false);
}

function checkOptions({ siblings }: Written): undefined {
  if (!siblings.has('$regex')) throw badValue('$options needs a $regex');
}

function readRegex({ path, operand, siblings }: Written): Filter {
  const options = siblings.get('$options');
  if (options !== undefined && typeof options !== 'string') throw badValue('$options has to be a string');
  if (typeof operand !== 'string' && !(operand instanceof Regex)) throw badValue('$regex has to be a string');
  if (operand instanceof Regex && operand.options !== '' && options !== undefined) {
    throw badValue('options set in both $regex and $options');
  }
  const regex =
    typeof operand === 'string'
      ? new Regex(operand, options ?? '')
      : new Regex(operand.pattern, options ?? operand.options);
  return fieldFilter(path, '$regex', regex, matchesRegex(regex));
}

function readNot({ operand, ...reading }: Written): Filter {
  if (operand instanceof Regex) {
    return negation(fieldFilter(reading.path, '$regex', operand, matchesRegex(operand)));
  }
  if (!(operand instanceof Map)) throw badValue('$not argument must be a regex or an object');
  if (operand.size === 0) throw badValue('$not argument must be a non-empty object');
  const parts = [...operand].filter(([name]) => name !== '$options');
  return negation(
    allOf(
      parts.flatMap(
        ([name, value]) => readOperator(name, { ...reading, operand: value, siblings: operand }) ?? [],
      ),
    ),
  );
}

function readAll({ path, operand, ...rest }: Written): Filter {
  if (!Array.isArray(operand)) throw badValue('$all needs an array');
  if (operand.length === 0) return never;
  const first = operand[0] as Value;
  const isElemMatch = (item: Value) => item instanceof Map && item.keys().next().value === '$elemMatch';
  const parts = operand.map((item) => {
    if (isElemMatch(first)) {
      if (!isElemMatch(item)) throw badValue('$all/$elemMatch has to be consistent');
      return readElemMatch({ ...rest, path, operand: (item as Document).get('$elemMatch') as Value });
    }
    if (item instanceof Regex) return fieldFilter(path, '$regex', item, matchesRegex(item));
    if (isOperatorDocument(item) && !hasDbRefField(item)) throw badValue('no $ expressions in $all');
    return equality(path, item, rest.context);
  });
  return allOf(parts);
}

function refuseNestedExpression(): never {
  throw badValue('$expr can only be applied to the top-level document');
}

/** With operators the elements are tested as values, otherwise as documents. */
function readElemMatch({ path, operand, context, readFilter }: Written): Filter {
  if (!(operand instanceof Map)) throw badValue('$elemMatch needs an Object');
  let test: (element: Value) => boolean;
  if (testsElements(operand)) {
    const filter = allOf(readField(operand, { path: theElement, context, readFilter }));
    test = (element) => filter.matches(new Map([[theElement, element]]));
  } else {
    const filter = readFilter(operand, { ...context, expression: refuseNestedExpression });
    test = (element) => (element instanceof Map || Array.isArray(element)) && filter.matches(element);
  }
  const parts = path.split('.');
  const matches: Matches = (root, at) =>
    visitPath(
      root,
      parts,
      (value) => {
        if (!Array.isArray(value)) return false;
        const index = value.findIndex(test);
        if (index >= 0 && at) at.index = index;
        return index >= 0;
      },
      0,
      at,
    );
  return { kind: 'field', path, operator: '$elemMatch', operand, matches };
}
