import type { Document, Value } from '../bson/types';
import { ServerError } from '../server-error';

/** What users store may nest this deep; the levels above are room for the envelopes of commands. */
const MOST_NESTED_IN_STORE = 180;

/**
 * Refuses what cannot be stored by an update, with the codes of a real server.
 *
 * @throws ServerError 52 for a top-level name with a dollar, 15 for too deep a nesting
 */
export function refuseUnstorable(doc: Document, isReplacement: boolean): void {
  for (const name of doc.keys()) {
    if (!name.startsWith('$')) continue;
    const where = isReplacement
      ? "is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith."
      : 'is not valid for storage.';
    throw new ServerError(52, `The dollar ($) prefixed field '${name}' in '${name}' ${where}`);
  }
  refuseTooDeep(doc);
}

function refuseTooDeep(value: Value, depth = 0): void {
  if (depth > MOST_NESTED_IN_STORE) {
    throw new ServerError(15, `Document exceeds maximum nesting depth of ${MOST_NESTED_IN_STORE}`);
  }
  if (value instanceof Map) for (const inner of value.values()) refuseTooDeep(inner, depth + 1);
  else if (Array.isArray(value)) for (const inner of value) refuseTooDeep(inner, depth + 1);
}

/** The document with its own _id, or this one where it has none, as its first field. */
export function withIdFirst(doc: Document, id: Value): Document {
  if (doc.keys().next().value === '_id') return doc;
  const result: Document = new Map([['_id', doc.get('_id') ?? id]]);
  for (const [name, value] of doc) if (name !== '_id') result.set(name, value);
  return result;
}
