// Past 300 lines on purpose: one table of query operators, read from top to bottom; what each one means is in ./field-tests.ts.

import type { CompareStrings } from '../bson/compare';
import { toNumber } from '../bson/numbers';
import { type Document, isNumber, Regex, typeName, type Value } from '../bson/types';
import { badValue, leftOut, ServerError } from '../server-error';
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
import { hasDbRefField, isDbRefField, isOperatorDocument, testsElements } from './operator-document';
import { visitPath } from './path';
import { readTypes } from './type-operand';

/** Which element of an array made a filter match: what `$` stands for in an update or a projection. */
export interface MatchedAt {
  index?: number;
}

/**
 * A filter, parsed and checked. `matches` is the meaning; the rest lets the planner find bounds in it.
 * `operand` of a field filter is what was asked for, after `$eq` has been made explicit.
 */
export type Filter =
  | { kind: 'and' | 'or' | 'nor'; parts: readonly Filter[]; matches: Matches }
  | { kind: 'field'; path: string; operator: FieldOperator; operand: Value; matches: Matches }
  | { kind: 'not'; part: Filter; matches: Matches }
  | { kind: 'other'; matches: Matches; never?: true };

type Matches = (root: Value, at?: MatchedAt) => boolean;

type FieldOperator =
  | '$eq'
  | Comparison
  | '$in'
  | '$regex'
  | '$exists'
  | '$type'
  | '$mod'
  | '$size'
  | '$elemMatch'
  | BitOperator;

/** What parsing needs from its surroundings. */
export interface FilterContext {
  strings?: CompareStrings | undefined;
  /** Makes a predicate of an aggregation expression; given in, because expressions do not depend on filters. */
  expression: (source: Value) => (root: Document) => boolean;
  /** Makes what an aggregation expression computes; undefined stands for no value. */
  compute?: ((source: Value) => (root: Document) => Value | undefined) | undefined;
}

/** The same context for a filter that may not have `$expr`. */
export function withoutExpressions(context: FilterContext, where = 'this context'): FilterContext {
  return {
    ...context,
    expression: () => {
      throw new ServerError(224, `$expr is not allowed in ${where}`);
    },
  };
}

/** Query operators that a real server has and this one leaves out. */
export const leftOutQueryOperators = [
  '$where',
  '$text',
  '$jsonSchema',
  '$near',
  '$nearSphere',
  '$geoWithin',
  '$geoIntersects',
  '$sampleRate',
] as const;

const isLeftOut = (name: string): boolean => (leftOutQueryOperators as readonly string[]).includes(name);

/** The operators that ask something of the values at a path. */
export const valueOperators = [
  ...['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin'],
  ...['$exists', '$type', '$mod', '$regex', '$options', '$all', '$elemMatch', '$size'],
  ...['$bitsAllSet', '$bitsAnySet', '$bitsAllClear', '$bitsAnyClear'],
];

/** The query operators that readFilter knows, for the table in docs/. */
export const queryOperators = [
  ...valueOperators,
  ...['$and', '$or', '$nor', '$not', '$expr', '$comment', '$alwaysTrue', '$alwaysFalse'],
];

/** @throws ServerError as a real server would: BadValue for an unknown operator, and so on. */
export function readFilter(source: Document, context: FilterContext): Filter {
  const parts: Filter[] = [];
  for (const [name, operand] of source) {
    if (name.startsWith('$') && !isDbRefField(name)) {
      const part = readTopLevel(name, operand, context);
      if (part) parts.push(part);
    } else parts.push(...readField(name, operand, context));
  }
  return parts.length === 1 ? (parts[0] as Filter) : allOf(parts);
}

export function allOf(parts: readonly Filter[]): Filter {
  return {
    kind: 'and',
    parts,
    matches: (root, at) => {
      for (const part of parts) if (!part.matches(root, at)) return false;
      return true;
    },
  };
}

function anyOf(parts: readonly Filter[]): Filter {
  return {
    kind: 'or',
    parts,
    matches: (root, at) => {
      for (const part of parts) if (part.matches(root, at)) return true;
      return false;
    },
  };
}

const never: Filter = { kind: 'other', matches: () => false, never: true };

function readTopLevel(name: string, operand: Value, context: FilterContext): Filter | undefined {
  switch (name) {
    case '$and':
      return allOf(readClauses(name, operand, context));
    case '$or':
      return anyOf(readClauses(name, operand, context));
    case '$nor': {
      const parts = readClauses(name, operand, context);
      return { kind: 'nor', parts, matches: (root) => !parts.some((part) => part.matches(root)) };
    }
    case '$expr': {
      const test = context.expression(operand);
      return { kind: 'other', matches: (root) => root instanceof Map && test(root) };
    }
    case '$comment':
      return undefined;
    case '$alwaysTrue':
      return { kind: 'other', matches: () => true };
    case '$alwaysFalse':
      return never;
  }
  if (isLeftOut(name)) throw leftOut(`the query operator ${name}`, 2);
  if (name === '$not') {
    throw badValue(
      'unknown top level operator: $not. If you are trying to negate an entire expression, use $nor.',
    );
  }
  throw badValue(
    `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, ` +
      'consider using $getField or $setField.',
  );
}

function readClauses(name: string, operand: Value, context: FilterContext): Filter[] {
  if (!Array.isArray(operand)) throw badValue(`${name} argument must be an array`);
  if (operand.length === 0) throw badValue(`${name} argument must be a non-empty array`);
  return operand.map((clause) => {
    if (!(clause instanceof Map)) throw badValue(`${name} argument's entries must be objects`);
    return readFilter(clause, context);
  });
}

function readField(path: string, operand: Value, context: FilterContext): Filter[] {
  if (operand instanceof Regex) return [fieldFilter(path, '$regex', operand, matchesRegex(operand))];
  if (!isOperatorDocument(operand)) return [equalityFilter(path, operand, context)];
  const filters: Filter[] = [];
  for (const [name, value] of operand) {
    if (name === '$options') {
      if (!operand.has('$regex')) throw badValue('$options needs a $regex');
      continue;
    }
    filters.push(readOperator(path, name, value, operand, context));
  }
  return filters;
}

function equalityFilter(path: string, operand: Value, context: FilterContext): Filter {
  return fieldFilter(path, '$eq', operand, equalTo(operand, context.strings));
}

/**
 * A test of what is at a path. With `elements`, an array there passes also when one of its elements does.
 */
function fieldFilter(
  path: string,
  operator: FieldOperator,
  operand: Value,
  test: ValueTest,
  elements = true,
): Filter {
  const parts = path.split('.');
  const entered = elements && path !== theElement;
  return {
    kind: 'field',
    path,
    operator,
    operand,
    matches: (root, at) =>
      visitPath(root, parts, (value, isElement) => testValue(value, test, entered && !isElement, at), 0, at),
  };
}

function testValue(value: Value | undefined, test: ValueTest, elements: boolean, at?: MatchedAt): boolean {
  if (elements && Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (!test(value[i])) continue;
      if (at) at.index = i;
      return true;
    }
  }
  return test(value);
}

function negation(part: Filter): Filter {
  return { kind: 'not', part, matches: (root) => !part.matches(root) };
}

function readOperator(
  path: string,
  name: string,
  operand: Value,
  siblings: Document,
  context: FilterContext,
): Filter {
  const { strings } = context;
  switch (name) {
    case '$eq':
      return equalityFilter(path, operand, context);
    case '$ne':
      if (operand instanceof Regex) throw badValue("Can't have regex as arg to $ne.");
      return negation(equalityFilter(path, operand, context));
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      if (operand instanceof Regex)
        throw badValue(`Can't have RegEx as arg to predicate over field '${path}'.`);
      return fieldFilter(path, name, operand, comparedWith(name, operand, strings));
    case '$in':
      return fieldFilter(path, '$in', operand, oneOf('$in', operand, strings));
    case '$nin':
      return negation(fieldFilter(path, '$in', operand, oneOf('$nin', operand, strings)));
    case '$regex':
      return readRegex(path, operand, siblings);
    case '$exists': {
      const wanted = isTrue(operand);
      const exists = fieldFilter(path, '$exists', true, (value) => value !== undefined);
      return wanted ? exists : negation(exists);
    }
    case '$type': {
      const isType = readTypes(path, operand);
      return fieldFilter(path, '$type', operand, (value) => value !== undefined && isType(value));
    }
    case '$mod':
      return fieldFilter(path, '$mod', operand, remainderOf(operand));
    case '$size': {
      const size = readSize(operand);
      const test: ValueTest = (value) => Array.isArray(value) && value.length === size;
      return fieldFilter(path, '$size', operand, test, false);
    }
    case '$bitsAllSet':
    case '$bitsAnySet':
    case '$bitsAllClear':
    case '$bitsAnyClear':
      return fieldFilter(path, name, operand, bitsOf(name, path, operand));
    case '$not':
      return readNot(path, operand, context);
    case '$all':
      return readAll(path, operand, context);
    case '$elemMatch':
      return readElemMatch(path, operand, context);
  }
  if (isLeftOut(name)) throw leftOut(`the query operator ${name}`, 2);
  throw badValue(`unknown operator: ${name}`);
}

function isTrue(value: Value): boolean {
  if (isNumber(value)) return toNumber(value) !== 0;
  return value !== null && value !== false && typeName(value) !== 'undefined';
}

function readRegex(path: string, operand: Value, siblings: Document): Filter {
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

function readNot(path: string, operand: Value, context: FilterContext): Filter {
  if (operand instanceof Regex) return negation(fieldFilter(path, '$regex', operand, matchesRegex(operand)));
  if (!(operand instanceof Map)) throw badValue('$not argument must be a regex or an object');
  if (operand.size === 0) throw badValue('$not argument must be a non-empty object');
  const parts = [...operand].filter(([name]) => name !== '$options');
  return negation(allOf(parts.map(([name, value]) => readOperator(path, name, value, operand, context))));
}

function readAll(path: string, operand: Value, context: FilterContext): Filter {
  if (!Array.isArray(operand)) throw badValue('$all needs an array');
  if (operand.length === 0) return never;
  const first = operand[0] as Value;
  const isElemMatch = (item: Value) => item instanceof Map && item.keys().next().value === '$elemMatch';
  const parts = operand.map((item) => {
    if (isElemMatch(first)) {
      if (!isElemMatch(item)) throw badValue('$all/$elemMatch has to be consistent');
      return readElemMatch(path, (item as Document).get('$elemMatch') as Value, context);
    }
    if (item instanceof Regex) return fieldFilter(path, '$regex', item, matchesRegex(item));
    if (isOperatorDocument(item) && !hasDbRefField(item)) throw badValue('no $ expressions in $all');
    return equalityFilter(path, item, context);
  });
  return allOf(parts);
}

/** A path that no client can ask for: it leads to an element of an array itself, which is not entered again. */
const theElement = '\0';

function refuseNestedExpression(): never {
  throw badValue('$expr can only be applied to the top-level document');
}

/** With operators the elements are tested as values, otherwise as documents. */
function readElemMatch(path: string, operand: Value, context: FilterContext): Filter {
  if (!(operand instanceof Map)) throw badValue('$elemMatch needs an Object');
  let test: (element: Value) => boolean;
  if (testsElements(operand)) {
    const filter = allOf(readField(theElement, operand, context));
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
