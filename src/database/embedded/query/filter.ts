import type { Document, Value } from '../bson/types';
import { badValue } from '../server-error';
import { readField, valueOperators } from './field-operators';
import type { FilterContext } from './filter-context';
import { allOf, anyOf, type Filter, never } from './filter-nodes';
import { isDbRefField } from './operator-document';
import { unknownOperator } from './unknown-operator';

/** Reads an operator beside the fields; undefined where it asks nothing. */
type ReadTopLevel = (operand: Value, context: FilterContext) => Filter | undefined;

/** The operators that stand beside fields, and ask something of the whole document. */
const topLevelOperators = new Map<string, ReadTopLevel>([
  ['$and', (operand, context) => allOf(readClauses('$and', operand, context))],
  ['$or', (operand, context) => anyOf(readClauses('$or', operand, context))],
  ['$nor', readNor],
  ['$not', refuseNot],
  ['$expr', readExpression],
  ['$comment', () => undefined],
  ['$alwaysTrue', () => ({ kind: 'other', matches: () => true })],
  ['$alwaysFalse', () => never],
]);

/** The query operators that readFilter knows, for the table in docs/. */
export const queryOperators = [...valueOperators, ...topLevelOperators.keys()];

/** @throws ServerError as a real server would: BadValue for an unknown operator, and so on. */
export function readFilter(source: Document, context: FilterContext): Filter {
  const parts: Filter[] = [];
  for (const [name, operand] of source) {
    if (name.startsWith('$') && !isDbRefField(name)) {
      const part = readTopLevel(name, operand, context);
      if (part) parts.push(part);
    } else parts.push(...readField(operand, { path: name, context, readFilter }));
  }
  return parts.length === 1 ? (parts[0] as Filter) : allOf(parts);
}

function readTopLevel(name: string, operand: Value, context: FilterContext): Filter | undefined {
  const read = topLevelOperators.get(name);
  if (read) return read(operand, context);
  throw unknownOperator(
    name,
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

function readNor(operand: Value, context: FilterContext): Filter {
  const parts = readClauses('$nor', operand, context);
  return { kind: 'nor', parts, matches: (root) => !parts.some((part) => part.matches(root)) };
}

function readExpression(operand: Value, context: FilterContext): Filter {
  const test = context.expression(operand);
  return { kind: 'other', matches: (root) => root instanceof Map && test(root) };
}

/** `$not` is an operator of a field only. */
function refuseNot(): never {
  throw badValue(
    'unknown top level operator: $not. If you are trying to negate an entire expression, use $nor.',
  );
}
