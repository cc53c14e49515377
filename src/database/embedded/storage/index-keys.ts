import { type Document, Marker, type Value } from '../bson/types';
import { isIndex } from '../query/path';
import { ServerError } from '../server-error';

/** The keys of one document in one index or sort order, before encoding. */
export interface DocumentKeys {
  /** One entry per key; each has a value per field of the pattern, null where the field is missing. */
  keys: Value[][];
  /** Bit i is set when the i-th field of the pattern went through an array. */
  arrays: number;
  /** Whether any field of the pattern is there at all: a sparse index leaves the document out otherwise. */
  isPresent: boolean;
}

interface Pending {
  node: Value | undefined;
  rest: readonly string[];
}

/**
 * All keys of a document: one, or one for each element where a field is an array. Two different arrays in one key
 * would multiply, and are refused with `parallelCode`, 171 for an index and 2 for a sort.
 */
export function keysOf(
  doc: Document,
  paths: readonly (readonly string[])[],
  parallelCode: 171 | 2 = 171,
): DocumentKeys {
  const result: DocumentKeys = { keys: [], arrays: 0, isPresent: false };
  expand(
    paths.map((rest) => ({ node: doc, rest })),
    result,
    parallelCode,
    paths,
  );
  return result;
}

function expand(
  fields: readonly Pending[],
  result: DocumentKeys,
  parallelCode: 171 | 2,
  paths: readonly (readonly string[])[],
): void {
  const key: Value[] = [];
  const resolved = fields.map(advance);
  let array: Value[] | undefined;
  let arrayField = 0;
  for (const [i, { node }] of resolved.entries()) {
    if (Array.isArray(node) && node !== settled.get(fields[i] as Pending)) {
      if (array === undefined) {
        array = node;
        arrayField = i;
      } else if (array !== node) throw parallel(parallelCode, paths, arrayField, i);
      result.arrays |= 1 << i;
    }
    key.push(node === undefined ? null : node);
  }
  if (array === undefined) {
    if (resolved.some(({ node }) => node !== undefined)) result.isPresent = true;
    result.keys.push(key);
    return;
  }
  expandArray(array, resolved, result, parallelCode, paths);
}

/** Fields whose value is an element that is itself an array: it is indexed as a whole and not entered again. */
const settled = new WeakMap<Pending, Value[]>();

function expandArray(
  array: Value[],
  resolved: readonly Pending[],
  result: DocumentKeys,
  parallelCode: 171 | 2,
  paths: readonly (readonly string[])[],
): void {
  const next = (element: Value | undefined, ifLast: Value | undefined): Pending[] =>
    resolved.map((field) => {
      if (field.node !== array) return field;
      const [first] = field.rest;
      if (first === undefined) {
        const pending = { node: ifLast, rest: field.rest };
        if (Array.isArray(ifLast)) settled.set(pending, ifLast);
        return pending;
      }
      if (isIndex(first) && Number(first) < array.length) {
        return { node: array[Number(first)], rest: field.rest.slice(1) };
      }
      return { node: element instanceof Map ? element : undefined, rest: field.rest };
    });
  if (array.length === 0) expand(next(undefined, Marker.undefined), result, parallelCode, paths);
  for (const element of array) expand(next(element, element), result, parallelCode, paths);
}

/** Follows documents as far as they lead: to the end of the path, to an array, or to nothing. */
function advance(field: Pending): Pending {
  let { node } = field;
  let at = 0;
  const { rest } = field;
  while (at < rest.length && node instanceof Map) node = node.get(rest[at++] as string);
  if (at === 0) return Array.isArray(node) || rest.length === 0 ? field : { node: undefined, rest: [] };
  if (at < rest.length && !Array.isArray(node)) return { node: undefined, rest: [] };
  return { node, rest: rest.slice(at) };
}

function parallel(code: 171 | 2, paths: readonly (readonly string[])[], a: number, b: number): ServerError {
  const [first, second] = [paths[a]?.join('.'), paths[b]?.join('.')];
  return code === 171
    ? new ServerError(171, `cannot index parallel arrays [${second}] [${first}]`)
    : new ServerError(2, `cannot sort with keys that are parallel arrays`);
}
