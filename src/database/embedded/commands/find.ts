import type { Document } from '../bson/types';
import { typeName } from '../bson/types';
import { type Projection, readProjection } from '../projection';
import type { MatchedAt } from '../query/filter-nodes';
import { leftOut, typeMismatch } from '../server-error';
import type { StoredDocument } from '../storage/collection';
import { type Command, collectionName } from './command';
import { cursorReply } from './cursor-reply';
import { aBoolean, aCount, anything, ofNoEffect, type Reader, readFields } from './fields';
import { Selection } from './selection';
import { restartable } from './steps';

/** `find` words its complaint in its own way. */
const aQueryPart: Reader<Document> = (value, name) => {
  if (value instanceof Map) return value;
  throw typeMismatch(`Expected field ${name.replace(/^.*\./, '')} to be of type object`);
};

/** Fields that change the meaning and that only a MongoDB server knows. */
const elsewhere: Reader<undefined> = (value, name) => {
  if (value === false || (value instanceof Map && value.size === 0)) return undefined;
  throw leftOut(`the option ${name} (${typeName(value)})`, 2);
};

export const findFields = {
  find: anything,
  filter: aQueryPart,
  sort: aQueryPart,
  projection: aQueryPart,
  hint: anything,
  skip: aCount,
  limit: aCount,
  batchSize: aCount,
  singleBatch: aBoolean,
  noCursorTimeout: aBoolean,
  collation: anything,
  let: aQueryPart,
  allowDiskUse: ofNoEffect,
  allowPartialResults: ofNoEffect,
  oplogReplay: ofNoEffect,
  returnKey: elsewhere,
  showRecordId: elsewhere,
  tailable: elsewhere,
  awaitData: elsewhere,
  min: elsewhere,
  max: elsewhere,
  term: elsewhere,
} as const;

/** Each document as the projection shows it; the filter says again which element of an array it was. */
function* projected(
  found: Iterable<StoredDocument | undefined>,
  { filter }: Selection,
  project: Projection,
): Generator<Document | undefined> {
  for (const stored of found) {
    if (!stored) {
      yield undefined;
      continue;
    }
    const matched: MatchedAt = {};
    filter.matches(stored.value, matched);
    yield project(stored.value, matched);
  }
}

export const find: Command = (body, call) => {
  const name = collectionName(body, call);
  const fields = readFields('find', body, findFields);
  const selection = new Selection(fields, call);
  const project =
    fields.projection && fields.projection.size > 0
      ? readProjection(fields.projection, selection.context)
      : undefined;
  const { store } = call.server;
  return restartable(store, () => {
    const collection = store.find(call.db, name);
    const found = collection ? selection.withPausesIn(collection) : [];
    const rows = project ? projected(found, selection, project) : found;
    return cursorReply(call, {
      namespace: `${call.db}.${name}`,
      rows,
      batchSize: fields.batchSize,
      isSingleBatch: fields.singleBatch,
      neverTimesOut: fields.noCursorTimeout,
      limit: fields.limit,
    });
  });
};
