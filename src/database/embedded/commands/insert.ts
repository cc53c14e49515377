import { isDeeper, MOST_NESTED_IN_STORE } from '../bson/depth';
import { newObjectId } from '../bson/object-id';
import { type Document, Marker, Regex, Timestamp, typeName, type Value } from '../bson/types';
import { ServerError } from '../server-error';
import { dollarPathIn } from '../update/storable';
import { type Command, collectionName } from './command';
import { aBoolean, anything, documents, ofNoEffect, readFields } from './fields';
import { WriteBatch } from './write-batch';

export const insert: Command = (body, call) => {
  const name = collectionName(body, call);
  const fields = readFields('insert', body, {
    insert: anything,
    documents,
    ordered: aBoolean,
    bypassDocumentValidation: ofNoEffect,
  });
  if (!fields.documents) {
    throw new ServerError(40414, "BSON field 'insert.documents' is missing but a required field");
  }
  const { store } = call.server;
  const batch = new WriteBatch();
  let n = 0;
  batch.run(fields.documents, fields.ordered ?? true, (doc) => {
    const ready = readyToInsert(doc);
    const collection = store.ensure(call.db, name);
    store.begin();
    collection.insert(ready);
    n += 1;
  });
  return batch.reply(n);
};

/** The document as it is stored: `_id` in front, made up where it is missing. @throws ServerError 53, 52, 15 */
export function readyToInsert(doc: Document): Document {
  const id = doc.get('_id');
  if (id !== undefined) refuseBadId(id);
  if (isDeeper(doc, MOST_NESTED_IN_STORE)) {
    throw new ServerError(
      15,
      `cannot insert document because it exceeds ${MOST_NESTED_IN_STORE} levels of nesting`,
    );
  }
  const result: Document = new Map([['_id', id === undefined ? newObjectId() : id]]);
  for (const [name, value] of doc) if (name !== '_id') result.set(name, stamped(value));
  return result;
}

/** @throws ServerError 53 for a type that no `_id` can have, 52 for names of operators in it */
function refuseBadId(id: Value): void {
  if (Array.isArray(id) || id instanceof Regex || id === Marker.undefined) {
    throw new ServerError(53, `The '_id' value cannot be of type ${typeName(id)}`);
  }
  const name = dollarPathIn(id)?.at(-1);
  if (name === undefined) return;
  throw new ServerError(
    52,
    `_id fields may not contain '$'-prefixed fields: ${name} is not valid for storage.`,
  );
}

let lastStamp = 0n;

/** An empty timestamp in a new document stands for the moment of its insertion. */
function stamped(value: Value): Value {
  if (!(value instanceof Timestamp) || value.value !== 0n) return value;
  const now = BigInt(Math.floor(Date.now() / 1_000)) << 32n;
  lastStamp = now > lastStamp ? now + 1n : lastStamp + 1n;
  return new Timestamp(lastStamp);
}
