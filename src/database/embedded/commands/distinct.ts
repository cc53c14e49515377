import { equalValues } from '../bson/compare';
import { encodeDocument } from '../bson/encode';
import { sortKey } from '../bson/sort-key';
import { type Document, document, type Value } from '../bson/types';
import { isIndex } from '../query/path';
import { ServerError } from '../server-error';
import { type Collection, LARGEST_DOCUMENT } from '../storage/collection';
import { type Command, collectionName, type Reply } from './command';
import { aDocument, anything, aString, readFields } from './fields';
import { Selection } from './selection';
import { restartable, type Steps } from './steps';

export const distinctFields = {
  distinct: anything,
  key: aString,
  query: aDocument,
  hint: anything,
  collation: anything,
} as const;

export const distinct: Command = (body, call) => {
  const name = collectionName(body, call);
  const { key, query, hint, collation } = readFields('distinct', body, distinctFields);
  if (key === undefined)
    throw new ServerError(40414, "BSON field 'distinct.key' is missing but a required field");
  const selection = new Selection({ filter: query, hint, collation }, call);
  const { store } = call.server;
  return restartable(store, () => distinctIn(store.find(call.db, name), selection, key.split('.')));
};

function* distinctIn(
  collection: Collection | undefined,
  selection: Selection,
  parts: readonly string[],
): Steps<Reply> {
  const { strings } = selection.setting;
  const values: Value[] = [];
  const seen = new Set<string>();
  for (const stored of collection ? selection.withPausesIn(collection) : []) {
    if (!stored) {
      yield;
      continue;
    }
    for (const value of valuesAt(stored.value, parts, 0)) {
      const known = sortKey([value], [1]).toString('latin1');
      if (seen.has(known) || (strings && values.some((other) => equalValues(value, other, strings))))
        continue;
      seen.add(known);
      values.push(value);
    }
  }
  const reply = document({ values });
  if (encodeDocument(reply).length > LARGEST_DOCUMENT)
    throw new ServerError(17217, 'distinct too big, 16mb cap');
  return reply;
}

/** What lies at a path; the elements of an array there, and of arrays on the way. */
function* valuesAt(value: Value | undefined, parts: readonly string[], at: number): Generator<Value> {
  const part = parts[at];
  if (part === undefined) {
    if (Array.isArray(value)) yield* value;
    else if (value !== undefined) yield value;
  } else if (value instanceof Map) {
    yield* valuesAt((value as Document).get(part), parts, at + 1);
  } else if (Array.isArray(value)) {
    if (isIndex(part) && Number(part) < value.length) yield* valuesAt(value[Number(part)], parts, at + 1);
    for (const item of value) if (item instanceof Map) yield* valuesAt(item, parts, at);
  }
}
