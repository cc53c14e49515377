import { readPipeline } from '../aggregation/stages/pipeline';
import type { Document } from '../bson/types';
import { leftOut, ServerError } from '../server-error';
import { CollectionsOfServer } from './collections-of-server';
import { type Call, type Command, checkedName } from './command';
import { type CountOfAll, countOfAll } from './count-of-all';
import { cursorReply } from './cursor-reply';
import { aBoolean, aDocument, anArray, anything, ofNoEffect, readFields } from './fields';
import { batchSizeOf } from './indexes';
import { search, settingOf } from './selection';

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
  const collection = pipeline.readsCollection ? call.server.store.find(db, name) : undefined;
  const query = { ...pipeline.query, hint: fields.hint, strings: setting.strings };
  const counted = fields.hint === undefined ? countOfAll(fields.pipeline) : undefined;
  const rows = counted
    ? countRows(collection?.count() ?? 0, counted)
    : pipeline.run(values(collection ? search(collection, query, call.time) : []));
  return cursorReply(call, { namespace: `${db}.${name}`, rows, batchSize: batchSizeOf(fields.cursor) });
};

function countRows(n: number, { id, name }: CountOfAll): Document[] {
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
