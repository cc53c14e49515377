import { readPipeline } from '../aggregation/stages/pipeline';
import type { Document } from '../bson/types';
import { leftOut, ServerError } from '../server-error';
import type { StoredDocument } from '../storage/collection';
import { CollectionsOfServer } from './collections-of-server';
import { type Call, type Command, checkedName, type Reply } from './command';
import { type Counting, countingOf } from './counting';
import { cursorReply } from './cursor-reply';
import { aBoolean, aDocument, anArray, anything, ofNoEffect, readFields } from './fields';
import { batchSizeOf } from './indexes';
import { searchWithPauses, settingOf } from './selection';
import { readAhead, restartable, type Steps, withoutPause } from './steps';

export const aggregateFields = {
  aggregate: anything,
  pipeline: anArray,
  cursor: aDocument,
  explain: aBoolean,
  allowDiskUse: ofNoEffect,
  bypassDocumentValidation: ofNoEffect,
  hint: anything,
  collation: anything,
  let: aDocument,
} as const;

export const aggregate: Command = (body, call) => {
  const fields = readFields('aggregate', body, aggregateFields);
  const name = sourceName(body, call);
  if (!fields.pipeline)
    throw new ServerError(40414, "BSON field 'aggregate.pipeline' is missing but a required field");
  if (fields.explain) throw leftOut('aggregate with explain: true, other than by the command explain,', 2);
  if (!fields.cursor) {
    throw new ServerError(
      9,
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  }
  const setting = settingOf(fields);
  const { db } = call;
  const pipeline = readPipeline(fields.pipeline, {
    ...setting,
    collection: { db, name },
    collections: new CollectionsOfServer(call, setting.strings),
  });
  const query = { ...pipeline.query, hint: fields.hint, strings: setting.strings };
  const counting = countingOf(fields.pipeline);
  const batchSize = batchSizeOf(fields.cursor);
  const { store } = call.server;
  const run = function* (): Steps<Reply> {
    const collection = pipeline.readsCollection ? store.find(db, name) : undefined;
    const countsAll = counting?.isOfAll && fields.hint === undefined;
    const found = collection && !countsAll ? searchWithPauses(collection, query, call.time) : noRows();
    let rows: Iterable<Document>;
    if (counting) rows = countRows(countsAll ? (collection?.count() ?? 0) : yield* counted(found), counting);
    else rows = pipeline.run(values(yield* readAhead(found)));
    return yield* cursorReply(call, { namespace: `${db}.${name}`, rows, batchSize });
  };
  // What writes must not see the writes of others in between.
  return pipeline.writes ? withoutPause(run()) : restartable(store, run);
};

function* noRows(): Generator<StoredDocument | undefined> {}

function* counted(found: Iterable<StoredDocument | undefined>): Steps<number> {
  let n = 0;
  for (const each of found) {
    if (each) n += 1;
    else yield;
  }
  return n;
}

function countRows(n: number, { id, name }: Counting): Document[] {
  // A group without documents is no group.
  return n === 0
    ? []
    : [
        new Map([
          ['_id', id],
          [name, n],
        ]),
      ];
}

function* values(found: Iterable<{ value: Document }>): Generator<Document> {
  for (const { value } of found) yield value;
}

/** `aggregate: 1` reads no collection. */
function sourceName(body: Document, call: Call): string {
  const source = body.get('aggregate');
  if (typeof source === 'string') return checkedName(source, call.db);
  if (source === 1 || source === 1n) return '$cmd.aggregate';
  throw new ServerError(
    9,
    "Invalid command format: the 'aggregate' field must specify a collection name or 1",
  );
}
