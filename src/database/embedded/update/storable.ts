import { isDeeper, MOST_NESTED_IN_STORE } from '../bson/depth';
import type { Document, Value } from '../bson/types';
import { ServerError } from '../server-error';

/**
 * Refuses names with a dollar that a replacement or an operator would bring to the top of a document. A pipeline may,
 * as an insert may.
 *
 * @throws ServerError 52
 */
export function refuseDollarNames(names: Iterable<string>): void {
  for (const name of names) {
    if (!name.startsWith('$')) continue;
    throw new ServerError(
      52,
      `The dollar ($) prefixed field '${name}' in '${name}' is not allowed in the context of an update's replacement ` +
        'document. Consider using an aggregation pipeline with $replaceWith.',
    );
  }
}

/** @throws ServerError 15 */
export function refuseTooDeep(doc: Document): void {
  if (isDeeper(doc, MOST_NESTED_IN_STORE)) {
    throw new ServerError(15, `Document exceeds maximum nesting depth of ${MOST_NESTED_IN_STORE}`);
  }
}

/** The document with its own _id, or this one where it has none, as its first field. */
export function withIdFirst(doc: Document, id: Value): Document {
  if (doc.keys().next().value === '_id') return doc;
  const result: Document = new Map([['_id', doc.get('_id') ?? id]]);
  for (const [name, value] of doc) if (name !== '_id') result.set(name, value);
  return result;
}
