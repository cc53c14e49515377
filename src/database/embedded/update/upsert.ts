import { equalValues } from '../bson/compare';
import type { Document, Value } from '../bson/types';
import type { Filter } from '../query/filter-nodes';
import { ServerError } from '../server-error';

/**
 * The document that an upsert starts from: what the filter says must be equal
 * (https://www.mongodb.com/docs/manual/reference/method/db.collection.update/#upsert-with-dotted--id-query).
 *
 * @throws ServerError 54 where the filter asks one path, or a path and one above it, to be two things
 */
export function seedFromFilter(filter: Filter): Document {
  const equalities = new Map<string, Value>();
  collect(filter, equalities);
  const seed: Document = new Map();
  for (const [path, value] of equalities) put(seed, path.split('.'), value);
  return seed;
}

/** The _id that the filter asks for. @throws ServerError 111 where it asks for a part of it only */
export function idFromFilter(filter: Filter): Value | undefined {
  const equalities = new Map<string, Value>();
  collect(filter, equalities, (path) => path === '_id' || path.startsWith('_id.'));
  for (const path of equalities.keys()) {
    if (path === '_id') continue;
    throw new ServerError(111, `field at '_id' must be exactly specified, field at sub-path '${path}'found`);
  }
  return equalities.get('_id');
}

function collect(
  filter: Filter,
  equalities: Map<string, Value>,
  isWanted: (path: string) => boolean = () => true,
): void {
  if (neverMatches(filter)) return;
  if (filter.kind === 'and') for (const part of filter.parts) collect(part, equalities, isWanted);
  if (filter.kind === 'or') {
    const [only, another] = filter.parts.filter((part) => !neverMatches(part));
    if (only && !another) collect(only, equalities, isWanted);
  }
  if (filter.kind !== 'field' || !isWanted(filter.path)) return;
  const value = equalityOf(filter.operator, filter.operand);
  if (value === undefined) return;
  for (const path of equalities.keys()) refuseOverlap(path, filter.path);
  equalities.set(filter.path, value);
}

/** Whether the form of a filter alone says that it finds nothing; then it says nothing about a new document either. */
function neverMatches(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.some(neverMatches);
    case 'or':
      return filter.parts.every(neverMatches);
    case 'field':
      return filter.operator === '$in' && Array.isArray(filter.operand) && filter.operand.length === 0;
    default:
      return filter.kind === 'other' && filter.never === true;
  }
}

function equalityOf(operator: string, operand: Value): Value | undefined {
  if (operator === '$eq') return operand;
  if (operator !== '$in' || !Array.isArray(operand)) return undefined;
  const [first, ...others] = operand;
  // MongoDB keeps each value of a list once, so that one that is written twice is still the only one.
  return first !== undefined && others.every((each) => equalValues(each, first)) ? first : undefined;
}

function refuseOverlap(a: string, b: string): void {
  if (a === b) {
    throw new ServerError(54, `cannot infer query fields to set, path '${a}' is matched twice`);
  }
  if (`${a}.`.startsWith(`${b}.`) || `${b}.`.startsWith(`${a}.`)) {
    throw new ServerError(54, `cannot infer query fields to set, both paths '${b}' and '${a}' are matched`);
  }
}

function put(target: Document, [name, ...rest]: string[], value: Value): void {
  if (name === undefined) return;
  if (rest.length === 0) {
    target.set(name, value);
    return;
  }
  const existing = target.get(name);
  const inner: Document = existing instanceof Map ? existing : new Map();
  target.set(name, inner);
  put(inner, rest, value);
}
