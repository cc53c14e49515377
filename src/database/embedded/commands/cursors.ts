import { document, typeName, type Value } from '../bson/types';
import type { Fetched } from '../cursors';
import { badValue, ServerError, typeMismatch } from '../server-error';
import { type Command, checkedName, collectionName, type Reply } from './command';
import { batchReply } from './cursor-reply';
import { aCount, anArray, anything, ofNoEffect, readFields } from './fields';
import type { Steps } from './steps';

export const getMore: Command = (body, call) => {
  const id = cursorId(body.get('getMore'), 'getMore.getMore');
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
  if (body.has('maxTimeMS')) {
    throw badValue('cannot set maxTimeMS on getMore command for a non-awaitData cursor');
  }
  const namespace = `${call.db}.${checkedName(collection, call.db)}`;
  const { cursors } = call.server;
  const options = cursors.optionsOf(id);
  if (options.namespace !== namespace) {
    throw new ServerError(
      13,
      `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${options.namespace}`,
    );
  }
  if (options.session !== call.session) {
    throw new ServerError(50737, `Cannot run getMore on cursor ${id}, which belongs to another session`);
  }
  return nextBatch(cursors.next(id, batchSize || Number.POSITIVE_INFINITY), namespace);
};

function* nextBatch(fetching: Steps<Fetched>, namespace: string): Steps<Reply> {
  return batchReply('nextBatch', namespace, yield* fetching);
}

export const killCursors: Command = (body, call) => {
  collectionName(body, call);
  const { cursors: ids } = readFields('killCursors', body, { killCursors: anything, cursors: anArray });
  if (!ids) throw new ServerError(40414, "BSON field 'killCursors.cursors' is missing but a required field");
  const killed: Value[] = [];
  const notFound: Value[] = [];
  for (const id of ids.map((value, i) => cursorId(value, `killCursors.cursors.${i}`))) {
    const isOpen = call.server.cursors.has(id);
    (isOpen ? killed : notFound).push(id);
    if (isOpen) call.server.cursors.close(id);
  }
  return document({
    cursorsKilled: killed,
    cursorsNotFound: notFound,
    cursorsAlive: [],
    cursorsUnknown: [],
  });
};

/** @throws ServerError 14 for anything but a long, as which every driver sends it */
function cursorId(value: Value | undefined, name: string): bigint {
  if (typeof value === 'bigint') return value;
  throw typeMismatch(`BSON field '${name}' is the wrong type '${typeName(value)}', expected type 'long'`);
}
