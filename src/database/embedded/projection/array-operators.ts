import { wholeNumber } from '../bson/numbers';
import { show } from '../bson/show';
import { type Document, isNumber, typeName, type Value } from '../bson/types';
import { readFilter } from '../query/filter';
import type { FilterContext } from '../query/filter-context';
import type { MatchedAt } from '../query/filter-nodes';
import { badValue, ServerError } from '../server-error';

/**
 * `$slice: n` or `[skip, limit]`. Undefined for the form that is an expression: `[array, …]`.
 *
 * @throws ServerError 28724 for an operand that is neither, 28729 for a limit that is not above 0
 */
export function readSlice(operand: Value): ((value: Value) => Value) | undefined {
  const slice = readArraySlice(operand);
  return slice && ((value) => (Array.isArray(value) ? slice(value) : value));
}

function readArraySlice(operand: Value): ((array: readonly Value[]) => Value[]) | undefined {
  if (isNumber(operand)) {
    const count = wholeOf(operand);
    return (array) => (count < 0 ? array.slice(count) : array.slice(0, count));
  }
  if (!Array.isArray(operand)) {
    throw new ServerError(
      28667,
      `Invalid $slice syntax. The given syntax { $slice: ${show(operand)} } did not match the find() syntax because :: Location31273: $slice only supports numbers and [x, y] arrays :: The given syntax did not match the expression $slice syntax. :: caused by :: Expression $slice takes at least 2 arguments, and at most 3, but 1 were passed in.`,
    );
  }
  const [skip, limit] = operand;
  if (operand.length !== 2 || !isNumber(skip) || !isNumber(limit)) return undefined;
  const from = wholeOf(skip);
  const count = wholeOf(limit);
  if (count <= 0)
    throw new ServerError(
      28724,
      `First argument to $slice must be an array, but is of type: ${typeName(skip)}`,
    );
  return (array) => {
    const start = from < 0 ? Math.max(0, array.length + from) : from;
    return array.slice(start, start + count);
  };
}

/** As a real server reads it: cut to an integer, within 32 bits. */
function wholeOf(value: Value): number {
  const whole = wholeNumber(value);
  if (whole === undefined) throw badValue(`$slice takes whole numbers, not ${show(value)}`);
  return Math.max(-0x8000_0000, Math.min(0x7fff_ffff, whole));
}

/** The first element that matches, in an array of its own; nothing where none does. @throws ServerError 31274, 31275 */
export function readElemMatch(
  path: readonly string[],
  operand: Value,
  context: FilterContext,
): (root: Document) => Value | undefined {
  if (!(operand instanceof Map)) {
    throw new ServerError(
      31274,
      `elemMatch: Invalid argument, object required, but got ${typeName(operand)}`,
    );
  }
  const [name] = path as [string, ...string[]];
  if (path.length > 1) {
    throw new ServerError(31275, 'Cannot use $elemMatch projection on a nested field');
  }
  const filter = readFilter(new Map([['', new Map([['$elemMatch', operand]])]]), context);
  return (root) => {
    const value = root.get(name);
    const matched: MatchedAt = {};
    if (!Array.isArray(value) || !filter.matches(new Map([['', value]]), matched)) return undefined;
    return [value[matched.index as number] as Value];
  };
}

/**
 * `path.$`: leaves of the first array on the path the one element that the query found.
 *
 * @throws ServerError 51246 where the query found no element, 51247 where this array has none at that place
 */
export function keepFound(shown: Document, path: readonly string[], found: number | undefined): Document {
  let within = shown;
  for (const [depth, name] of path.entries()) {
    const value = within.get(name);
    if (Array.isArray(value)) return withValue(shown, path.slice(0, depth + 1), [elementOf(value, found)]);
    // Where the path has no document to go down into, MongoDB looks for the next name beside it.
    if (value instanceof Map) within = value;
  }
  return shown;
}

function elementOf(array: readonly Value[], found: number | undefined): Value {
  if (found === undefined) {
    throw new ServerError(51246, "positional operator '.$' couldn't find a matching element in the array");
  }
  if (found >= array.length) throw new ServerError(51247, "positional operator '.$' element mismatch");
  return array[found] as Value;
}

/** A copy with a value at a path; what is no document on the way is replaced by one. */
function withValue(doc: Document, [name, ...rest]: readonly string[], value: Value): Document {
  if (name === undefined) return doc;
  const inner = doc.get(name);
  const below = inner instanceof Map ? inner : new Map();
  return new Map(doc).set(name, rest.length > 0 ? withValue(below, rest, value) : value);
}
