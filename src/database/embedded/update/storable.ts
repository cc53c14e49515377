import { isDeeper, MOST_NESTED_IN_STORE } from '../bson/depth';
import { type Document, typeName, type Value } from '../bson/types';
import { isDbRefField } from '../query/operator-document';
import { ServerError } from '../server-error';

/**
 * Refuses names with a dollar, those of a DBRef aside, that a replacement or an operator would bring to the top of a
 * document that is there. A pipeline may bring them, as an insert may.
 *
 * @throws ServerError 52, or 55 for an incomplete DBRef
 */
export function refuseDollarNames(doc: Document, names: Iterable<string>): void {
  for (const name of names) {
    if (!name.startsWith('$')) continue;
    if (isDbRefField(name)) refuseIncompleteDbRef(doc, name);
    else throw dollarName(name);
  }
}

/** Refuses names with a dollar anywhere in an `_id` that an upsert makes, unless they are those of a DBRef. */
export function refuseDollarNamesInId(id: Value): void {
  const path = dollarPathIn(id);
  if (path) throw dollarName(['_id', ...path].join('.'));
}

function dollarName(path: string): ServerError {
  const name = path.slice(path.lastIndexOf('.') + 1);
  return new ServerError(
    52,
    `The dollar ($) prefixed field '${name}' in '${path}' is not allowed in the context of an update's replacement ` +
      'document. Consider using an aggregation pipeline with $replaceWith.',
  );
}

/** The path to the first name with a dollar in an `_id` that is not the name of a field of a DBRef. */
export function dollarPathIn(id: Value): string[] | undefined {
  if (!(id instanceof Map) && !Array.isArray(id)) return undefined;
  const isDbRef = id instanceof Map && id.keys().next().value === '$ref' && id.has('$id');
  for (const [key, value] of id.entries()) {
    const name = String(key);
    if (name.startsWith('$') && !(isDbRef && isDbRefField(name))) return [name];
    const inside = dollarPathIn(value);
    if (inside) return [name, ...inside];
  }
  return undefined;
}

const refBefore: Readonly<Record<string, string>> = { $id: '$ref', $db: '$id' };

function refuseIncompleteDbRef(doc: Document, name: string): void {
  const names = [...doc.keys()];
  const at = names.indexOf(name);
  const value = doc.get(name);
  if (name !== '$id' && typeof value !== 'string') {
    throw new ServerError(55, `The DBRef ${name} field must be a String, not a ${typeName(value)}`);
  }
  const before = refBefore[name];
  if (before !== undefined && names[at - 1] !== before) {
    throw new ServerError(55, `Found ${name} field without a ${before} before it, which is invalid.`);
  }
  if (name === '$ref' && names[at + 1] !== '$id') {
    throw new ServerError(55, 'The DBRef $ref field must be followed by a $id field');
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
