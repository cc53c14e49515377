import { readUpdatePipeline } from '../aggregation/stages/update';
import { type Document, document, type Value } from '../bson/types';
import type { MatchedAt } from '../query/filter-nodes';
import { ServerError } from '../server-error';
import type { Collection, StoredDocument } from '../storage/collection';
import { refuseDollarNamesInId } from '../update/storable';
import { readUpdate, type Update } from '../update/update';
import { type Call, type Command, collectionName } from './command';
import { aBoolean, aDocument, anything, documents, ofNoEffect, readFields } from './fields';
import { readyToInsert } from './insert';
import { Selection, SelectionContext } from './selection';
import { WriteBatch } from './write-batch';

const statementFields = {
  q: aDocument,
  u: anything,
  c: aDocument,
  multi: aBoolean,
  upsert: aBoolean,
  upsertSupplied: ofNoEffect,
  collation: anything,
  arrayFilters: documents,
  hint: anything,
  sort: aDocument,
} as const;

export const update: Command = (body, call) => {
  const name = collectionName(body, call);
  const fields = readFields('update', body, {
    update: anything,
    updates: documents,
    ordered: aBoolean,
    bypassDocumentValidation: ofNoEffect,
    let: aDocument,
  });
  if (!fields.updates) {
    throw new ServerError(40414, "BSON field 'update.updates' is missing but a required field");
  }
  const statements = fields.updates.map((source) => readStatement(source));
  const batch = new WriteBatch();
  const upserted: Document[] = [];
  let n = 0;
  let nModified = 0;
  batch.run(statements, fields.ordered ?? true, (statement, index) => {
    const done = updateDocuments(call, name, { ...statement, let: fields.let });
    n += done.matched;
    nModified += done.modified;
    if (done.upsertedId === undefined) return;
    n += 1;
    upserted.push(document({ index, _id: done.upsertedId }));
  });
  return batch.reply(n, { upserted: upserted.length > 0 ? upserted : undefined, nModified });
};

interface UpdateStatement {
  q: Document;
  u: Value;
  c?: Document | undefined;
  multi?: boolean | undefined;
  upsert?: boolean | undefined;
  collation?: Value | undefined;
  arrayFilters?: Document[] | undefined;
  hint?: Value | undefined;
  sort?: Document | undefined;
  let?: Document | undefined;
}

function readStatement(source: Document): UpdateStatement {
  const { q, u, ...rest } = readFields('update.updates', source, statementFields);
  if (q === undefined)
    throw new ServerError(40414, "BSON field 'update.updates.q' is missing but a required field");
  if (u === undefined)
    throw new ServerError(40414, "BSON field 'update.updates.u' is missing but a required field");
  return { q, u, ...rest };
}

type Operation = 'update' | 'findAndModify';

interface Done {
  matched: number;
  modified: number;
  upsertedId?: Value;
}

function updateDocuments(call: Call, name: string, statement: UpdateStatement): Done {
  const { q, u, c, multi = false, upsert, arrayFilters, hint, collation, sort } = statement;
  if (multi && sort) throw new ServerError(9, 'Cannot specify sort with multi=true');
  const source = { filter: q, let: statement.let, limit: multi ? 0 : 1, hint, collation, sort, upsert };
  // MongoDB reads the update before the filter: of two faults it names that of the update.
  const context = new SelectionContext(source);
  const update = readUpdateFor(context, u, { arrayFilters, constants: c });
  if (multi && update.kind === 'replacement') {
    throw new ServerError(9, 'multi update is not supported for replacement-style update');
  }
  const selection = new Selection(source, call, context);
  const done: Done = { matched: 0, modified: 0 };
  const collection = call.server.store.find(call.db, name);
  if (collection) {
    call.server.store.begin();
    for (const stored of selection.toChangeIn(collection)) {
      done.matched += 1;
      if (changeOne(collection, stored, update, selection)) done.modified += 1;
    }
  }
  if (done.matched > 0 || !upsert) return done;
  const inserted = insertUpserted(call, name, update, q);
  return { ...done, upsertedId: inserted.get('_id') as Value };
}

/** An update as the command of a selection gives it. `constants` are variables of the update alone. */
export function readUpdateFor(
  { filters, setting }: SelectionContext,
  source: Value,
  { arrayFilters, constants }: { arrayFilters?: Document[] | undefined; constants?: Document | undefined },
): Update {
  return readUpdate(source, {
    filters,
    arrayFilters,
    now: () => setting.now,
    pipeline: (stages) =>
      readUpdatePipeline(stages, {
        ...setting,
        given: new Map([...(setting.given ?? []), ...(constants ?? [])]),
      }),
  });
}

/** The document as it is stored now; undefined where the update left it as it was. */
export function changeOne(
  collection: Collection,
  stored: StoredDocument,
  update: Update,
  { filter }: Selection,
  operation: Operation = 'update',
): Document | undefined {
  const matched: MatchedAt = {};
  filter.matches(stored.value, matched);
  return during(operation, () => {
    const changed = update.apply(stored.value, matched);
    if (changed === stored.value) return undefined;
    collection.replace(stored, changed);
    return changed;
  });
}

/** The document that an upsert makes of its filter and its update, inserted. */
export function insertUpserted(
  call: Call,
  name: string,
  update: Update,
  filter: Document,
  operation: Operation = 'update',
): Document {
  return during(operation, () => {
    const made = update.forUpsert(filter);
    refuseBadIdOfUpsert(made.get('_id'));
    const doc = readyToInsert(made);
    call.server.store.begin();
    call.server.store.ensure(call.db, name).insert(doc);
    return doc;
  });
}

function refuseBadIdOfUpsert(id: Value | undefined): void {
  if (Array.isArray(id)) {
    throw new ServerError(
      54,
      "After applying the update to the document, the (immutable) field '_id' was found to be an array or array descendant.",
    );
  }
  if (id !== undefined) refuseDollarNamesInId(id);
}

/** What goes wrong with a document, and not with the request, is told in the words of a real server. */
function during<T>(operation: Operation, change: () => T): T {
  try {
    return change();
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    const message = `Plan executor error during ${operation} :: caused by :: ${error.message}`;
    throw new ServerError(error.code, message, error.details);
  }
}
