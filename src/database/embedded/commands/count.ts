import { wholeNumber } from '../bson/numbers';
import { show } from '../bson/show';
import { document, isNumber } from '../bson/types';
import { badValue, failedToParse } from '../server-error';
import { type Command, collectionName } from './command';
import { aCount, aDocument, anything, ofNoEffect, type Reader, readFields } from './fields';
import { Selection } from './selection';
import { restartable } from './steps';

/** Unlike other whole numbers, it is never cut. */
const aLimit: Reader<number> = (value) => {
  if (!isNumber(value)) throw badValue('limit value is not a valid number');
  const limit = wholeNumber(value);
  if (limit === undefined) throw failedToParse(`Expected an integer: limit: ${show(value)}`);
  return limit;
};

export const countFields = {
  count: anything,
  query: aDocument,
  limit: aLimit,
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
  const { store } = call.server;
  if ((query?.size ?? 0) === 0 && hint === undefined) {
    const collection = store.find(call.db, name);
    if (!collection) return document({ n: 0 });
    const left = Math.max(0, collection.count() - skip);
    return document({ n: limit === 0 ? left : Math.min(left, Math.abs(limit)) });
  }
  return restartable(store, function* () {
    const collection = store.find(call.db, name);
    let n = 0;
    for (const each of collection ? selection.withPausesIn(collection) : []) {
      if (each) n += 1;
      else yield;
    }
    return document({ n });
  });
};
