import type { Document } from '../bson/types';
import { failedToParse, ServerError } from '../server-error';
import { type Command, collectionName } from './command';
import { aBoolean, aDocument, anything, aWholeNumber, documents, readFields } from './fields';
import { Selection } from './selection';
import { WriteBatch } from './write-batch';

const statementFields = {
  q: aDocument,
  limit: aWholeNumber,
  collation: anything,
  hint: anything,
} as const;

export const deleteDocuments: Command = (body, call) => {
  const name = collectionName(body, call);
  const fields = readFields('delete', body, {
    delete: anything,
    deletes: documents,
    ordered: aBoolean,
    let: aDocument,
  });
  if (!fields.deletes) {
    throw new ServerError(40414, "BSON field 'delete.deletes' is missing but a required field");
  }
  const statements = fields.deletes.map(readStatement);
  const batch = new WriteBatch();
  let n = 0;
  batch.run(statements, fields.ordered ?? true, ({ q, ...rest }) => {
    const selection = new Selection({ filter: q, let: fields.let, ...rest }, call);
    const collection = call.server.store.find(call.db, name);
    if (!collection) return;
    call.server.store.begin();
    // All are found before the first is removed: a filter that fails on one of them leaves the others too.
    for (const rid of Array.from(selection.in(collection), (stored) => stored.rid)) {
      const stored = collection.get(rid);
      if (!stored) continue;
      collection.remove(stored);
      n += 1;
    }
  });
  return batch.reply(n);
};

function readStatement(source: Document) {
  const { q, limit, ...rest } = readFields('delete.deletes', source, statementFields);
  if (q === undefined)
    throw new ServerError(40414, "BSON field 'delete.deletes.q' is missing but a required field");
  if (limit === undefined)
    throw new ServerError(40414, "BSON field 'delete.deletes.limit' is missing but a required field");
  if (limit !== 0 && limit !== 1) {
    throw failedToParse(`The limit field in delete objects must be 0 or 1. Got ${limit}`);
  }
  return { q, limit, ...rest };
}
