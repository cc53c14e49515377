import { document, typeName, type Value } from '../bson/types';
import { ServerError, typeMismatch } from '../server-error';
import { type Command, checkedName, collectionName } from './command';
import { batchReply } from './cursor-reply';
import { aCount, anArray, anything, ofNoEffect, readFields } from './fields';

export const getMore: Command = (body, call) => {
  const id = body.get('getMore');
  if (typeof id !== 'bigint' && typeof id !== 'number') {
    throw typeMismatch(
      `BSON field 'getMore.getMore' is the wrong type '${typeName(id)}', expected type 'long'`,
    );
  }
  const { collection, batchSize } = readFields('getMore', body, {
    getMore: anything,
    collection: anything,
    batchSize: aCount,
    term: ofNoEffect,
    lastKnownCommittedOpTime: ofNoEffect,
  });
  if (collection === undefined) {
    throw new ServerError(40414, "BSON field 'getMore.collection' is missing but a required field");
  }
  const namespace = `${call.db}.${checkedName(collection, call.db)}`;
  const { cursors } = call.server;
  const options = cursors.optionsOf(BigInt(id));
  if (options.namespace !== namespace) {
    throw new ServerError(
      13,
      `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${options.namespace}`,
    );
  }
  if (options.session !== call.session) {
    throw new ServerError(50737, `Cannot run getMore on cursor ${id}, which belongs to another session`);
  }
  const fetched = cursors.next(BigInt(id), batchSize || Number.POSITIVE_INFINITY);
  return batchReply('nextBatch', namespace, fetched);
};

export const killCursors: Command = (body, call) => {
  collectionName(body, call);
  const { cursors: ids } = readFields('killCursors', body, { killCursors: anything, cursors: anArray });
  if (!ids) throw new ServerError(40414, "BSON field 'killCursors.cursors' is missing but a required field");
  const killed: Value[] = [];
  const notFound: Value[] = [];
  for (const id of ids) {
    const isOpen = (typeof id === 'bigint' || typeof id === 'number') && call.server.cursors.has(BigInt(id));
    (isOpen ? killed : notFound).push(id);
    if (isOpen) call.server.cursors.close(BigInt(id as bigint));
  }
  return document({
    cursorsKilled: killed,
    cursorsNotFound: notFound,
    cursorsAlive: [],
    cursorsUnknown: [],
  });
};
