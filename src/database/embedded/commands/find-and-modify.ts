import { type Document, document, type Value } from '../bson/types';
import { readProjection } from '../projection';
import type { MatchedAt } from '../query/filter-nodes';
import { failedToParse } from '../server-error';
import { type Command, collectionName } from './command';
import { aBoolean, aDocument, anything, documents, ofNoEffect, readFields } from './fields';
import { Selection, SelectionContext } from './selection';
import { changeOne, insertUpserted, readUpdateFor } from './update';

export const findAndModify: Command = (body, call) => {
  const name = collectionName(body, call);
  const fields = readFields('findAndModify', body, {
    findAndModify: anything,
    findandmodify: anything,
    query: aDocument,
    update: anything,
    remove: aBoolean,
    new: aBoolean,
    upsert: aBoolean,
    fields: aDocument,
    sort: aDocument,
    hint: anything,
    collation: anything,
    arrayFilters: documents,
    let: aDocument,
    bypassDocumentValidation: ofNoEffect,
  });
  const { query = new Map(), upsert = false } = fields;
  refuseContradictions(fields);
  const { hint, collation, sort } = fields;
  const source = {
    filter: query,
    sort,
    hint,
    collation,
    let: fields.let,
    limit: 1,
    upsert,
    projection: fields.fields,
  };
  // MongoDB reads the update before the filter: of two faults it names that of the update.
  const context = new SelectionContext(source);
  const update = fields.update === undefined ? undefined : readUpdateFor(context, fields.update, fields);
  const selection = new Selection(source, call, context);
  const project =
    fields.fields && fields.fields.size > 0 ? readProjection(fields.fields, selection.context) : undefined;
  const show = (doc: Document | undefined): Value => {
    if (!doc || !project) return doc ?? null;
    const matched: MatchedAt = {};
    selection.filter.matches(doc, matched);
    return project(doc, matched);
  };

  const { store } = call.server;
  const collection = store.find(call.db, name);
  const [stored] = collection ? selection.in(collection) : [];
  if (!update) {
    if (stored && collection) {
      store.begin();
      collection.remove(stored);
    }
    return answer({ n: stored ? 1 : 0 }, show(stored?.value));
  }
  if (stored && collection) {
    store.begin();
    const changed = changeOne(collection, stored, update, selection, 'findAndModify') ?? stored.value;
    return answer({ n: 1, updatedExisting: true }, show(fields.new ? changed : stored.value));
  }
  if (!upsert) return answer({ n: 0, updatedExisting: false }, null);
  const inserted = insertUpserted(call, name, update, query, 'findAndModify');
  const upserted = inserted.get('_id') as Value;
  return answer({ n: 1, updatedExisting: false, upserted }, fields.new ? show(inserted) : null);
};

function answer(lastErrorObject: Record<string, Value>, value: Value): Document {
  return document({ lastErrorObject: document(lastErrorObject), value });
}

function refuseContradictions(fields: {
  readonly remove?: boolean;
  readonly upsert?: boolean;
  readonly new?: boolean;
  readonly update?: Value;
  readonly arrayFilters?: Document[];
}): void {
  if (!fields.remove) {
    if (fields.update === undefined) throw failedToParse('Either an update or remove=true must be specified');
    return;
  }
  if (fields.update !== undefined) throw failedToParse('Cannot specify both an update and remove=true');
  if (fields.upsert) throw failedToParse('Cannot specify both upsert=true and remove=true ');
  if (fields.new) {
    throw failedToParse(
      "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document",
    );
  }
  if (fields.arrayFilters) throw failedToParse('Cannot specify arrayFilters and remove=true');
}
