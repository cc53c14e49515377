import { document } from '../bson/types';
import { type Command, collectionName } from './command';
import { aCount, aDocument, anything, aWholeNumber, ofNoEffect, readFields } from './fields';
import { Selection } from './selection';

export const countFields = {
  count: anything,
  query: aDocument,
  limit: aWholeNumber,
  skip: aCount,
  hint: anything,
  collation: anything,
  fields: ofNoEffect,
} as const;

export const count: Command = (body, call) => {
  const name = collectionName(body, call);
  const { query, limit = 0, skip = 0, hint, collation } = readFields('count', body, countFields);
  // A negative limit means the same as a positive one.
  const selection = new Selection({ filter: query, limit: Math.abs(limit), skip, hint, collation }, call);
  const collection = call.server.store.find(call.db, name);
  if (!collection) return document({ n: 0 });
  if ((query?.size ?? 0) === 0 && hint === undefined) {
    const left = Math.max(0, collection.count() - skip);
    return document({ n: limit === 0 ? left : Math.min(left, Math.abs(limit)) });
  }
  let n = 0;
  for (const _ of selection.in(collection)) n += 1;
  return document({ n });
};
