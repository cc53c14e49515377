import type { Document, Value } from '../../bson/types';

/** A copy of a document with a value at a path; documents are made on the way. Undefined takes the field away. */
export function withValueAt(doc: Document, path: readonly string[], value: Value | undefined): Document {
  const [name = '', ...rest] = path;
  const result: Document = new Map(doc);
  if (rest.length > 0) {
    const inside = doc.get(name);
    result.set(name, withValueAt(inside instanceof Map ? inside : new Map(), rest, value));
  } else if (value === undefined) result.delete(name);
  else result.set(name, value);
  return result;
}
