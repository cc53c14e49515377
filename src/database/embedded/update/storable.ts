import { type Document, Marker, Regex, typeName, type Value } from '../bson/types';
import { ServerError } from '../server-error';

/** What users store may nest this deep; the levels above are room for the envelopes of commands. */
const MOST_NESTED_IN_STORE = 180;

/**
 * Refuses what cannot be stored by an update, with the codes of a real server.
 *
 * @throws ServerError 52 for a top-level name with a dollar, 53 for an _id that none can be, 15 for too deep a nesting
 */
export function refuseUnstorable(doc: Document, isReplacement: boolean): void {
  for (const name of doc.keys()) {
    if (!name.startsWith('$')) continue;
    const where = isReplacement
      ? "is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith."
      : 'is not valid for storage.';
    throw new ServerError(52, `The dollar ($) prefixed field '${name}' in '${name}' ${where}`);
  }
  refuseBadId(doc.get('_id'));
  refuseTooDeep(doc);
}

function refuseBadId(id: Value | undefined): void {
  if (Array.isArray(id) || id instanceof Regex || id === Marker.undefined) {
    throw new ServerError(53, `The '_id' value cannot be of type ${typeName(id)}`);
  }
  if (!(id instanceof Map)) return;
  for (const name of id.keys()) {
    if (!name.startsWith('$')) continue;
    throw new ServerError(
      52,
      `_id fields may not contain '$'-prefixed fields: ${name} is not valid for storage.`,
    );
  }
}

function refuseTooDeep(value: Value, depth = 0): void {
  if (depth > MOST_NESTED_IN_STORE) {
    throw new ServerError(15, `Document exceeds maximum nesting depth of ${MOST_NESTED_IN_STORE}`);
  }
  if (value instanceof Map) for (const inner of value.values()) refuseTooDeep(inner, depth + 1);
  else if (Array.isArray(value)) for (const inner of value) refuseTooDeep(inner, depth + 1);
}

/** A document whose first field is _id, made if need be. */
export function withIdFirst(doc: Document, makeId: () => Value): Document {
  if (doc.keys().next().value === '_id') return doc;
  const result: Document = new Map([['_id', doc.get('_id') ?? makeId()]]);
  for (const [name, value] of doc) if (name !== '_id') result.set(name, value);
  return result;
}
