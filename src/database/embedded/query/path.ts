import type { Document, Value } from '../bson/types';

/** Whether a part of a path can mean a place in an array. */
export function isIndex(part: string): boolean {
  return part === '0' || /^[1-9][0-9]*$/.test(part);
}

/** Is told whether the value was named by its place in an array: then it counts as a whole, without its elements. */
export type Visit = (value: Value | undefined, isElement?: boolean) => boolean;

/**
 * Visits what a dotted path of a query finds: arrays on the way are entered, both by number and into each of their
 * documents. Where nothing is found the visit is made with undefined. Stops as soon as `visit` answers true.
 *
 * A last array is visited as itself; whether its elements count as well is the predicate's business. `matched` is told
 * which element of the outermost array led to the answer true.
 */
export function visitPath(
  root: Value | undefined,
  parts: readonly string[],
  visit: Visit,
  at = 0,
  matched?: { index?: number },
): boolean {
  if (at === parts.length) return visit(root);
  if (root instanceof Map) return visitPath(root.get(parts[at] as string), parts, visit, at + 1, matched);
  if (Array.isArray(root)) return visitArray(root, parts, visit, at, matched);
  return visit(undefined);
}

function visitArray(
  array: readonly Value[],
  parts: readonly string[],
  visit: Visit,
  at: number,
  matched?: { index?: number },
): boolean {
  const part = parts[at] as string;
  let isFound = false;
  if (isIndex(part) && Number(part) < array.length) {
    isFound = true;
    const item = array[Number(part)];
    const isLast = at + 1 === parts.length;
    if (isLast ? visit(item, true) : visitPath(item, parts, visit, at + 1, matched)) return true;
  }
  for (let i = 0; i < array.length; i++) {
    const item = array[i];
    // An array inside an array is only entered by number.
    if (!(item instanceof Map)) continue;
    isFound = true;
    if (!visitPath(item, parts, visit, at, matched)) continue;
    if (matched) matched.index = i;
    return true;
  }
  // An array without any document has nothing at the path.
  return isFound ? false : visit(undefined);
}

/** The value at a path that goes through documents only; undefined where it does not lead anywhere. */
export function valueAt(root: Document, parts: readonly string[]): Value | undefined {
  let value: Value | undefined = root;
  for (const part of parts) {
    if (!(value instanceof Map)) return undefined;
    value = value.get(part);
  }
  return value;
}
