import { randomUUID } from 'node:crypto';
import { equalValues } from '../bson/compare';
import { show } from '../bson/show';
import { type Document, document, type Value } from '../bson/types';
import { badValue, ServerError } from '../server-error';
import type { Collection } from '../storage/collection';
import type { IndexDefinition } from '../storage/index-definition';
import { type Call, type Command, collectionName } from './command';
import { cursorReply } from './cursor-reply';
import { aCount, aDocument, anything, documents, ofNoEffect, readFields } from './fields';
import { readIndexSpec } from './index-spec';
import { isSamePattern } from './selection';
import { showUuid } from './uuid';

export const createIndexes: Command = (body, call) => {
  const name = collectionName(body, call);
  const { indexes } = readFields('createIndexes', body, {
    createIndexes: anything,
    indexes: documents,
    commitQuorum: ofNoEffect,
    ignoreUnknownIndexOptions: ofNoEffect,
  });
  if (!indexes)
    throw new ServerError(40414, "BSON field 'createIndexes.indexes' is missing but a required field");
  if (indexes.length === 0) throw badValue('Must specify at least one index to create');
  const specs = indexes.map(readIndexSpec);
  const { store } = call.server;
  const isNew = store.find(call.db, name) === undefined;
  const collection = store.ensure(call.db, name);
  const before = collection.indexes.length;
  const wanted = withoutExisting(specs, collection);
  if (wanted.length === 0) {
    return document({ numIndexesBefore: before, numIndexesAfter: before, note: 'all indexes already exist' });
  }
  if (before + wanted.length > 64) {
    throw new ServerError(67, `add index fails, too many indexes for ${collection.namespace}`);
  }
  build(wanted, collection, call);
  return document({
    numIndexesBefore: before,
    numIndexesAfter: collection.indexes.length,
    createdCollectionAutomatically: isNew,
  });
};

/** All of them, or none. */
function build(specs: readonly Document[], collection: Collection, { server }: Call): void {
  const before = collection.indexes.length;
  try {
    for (const spec of specs) server.store.createIndex(collection, spec);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    for (const index of collection.indexes.slice(before)) server.store.dropIndex(collection, index);
    const where = `Collection ${collection.namespace} ( ${showUuid(collection.uuid)} )`;
    const message = `Index build failed: ${randomUUID()}: ${where} :: caused by :: ${error.message}`;
    throw new ServerError(error.code, message, error.details);
  }
}

/** @throws ServerError 85, 86 where an index of that key or name is there already and is another one */
function withoutExisting(specs: readonly Document[], collection: Collection): Document[] {
  return specs.filter((spec) => {
    const key = spec.get('key') as Document;
    const sameName = collection.indexes.find((index) => index.name === spec.get('name'));
    if (sameName) {
      if (isSameIndex(spec, sameName.spec)) return false;
      if (isEquivalent(spec, sameName.spec)) {
        throw new ServerError(
          85,
          'An equivalent index already exists with the same name but different options. ' +
            `Requested index: ${show(spec)}, existing index: ${show(sameName.spec)}`,
        );
      }
      throw new ServerError(
        86,
        'An existing index has the same name as the requested index. When index names are not specified, they are ' +
          'auto generated and can cause conflicts. Please refer to our documentation. ' +
          `Requested index: ${show(spec)}, existing index: ${show(sameName.spec)}`,
      );
    }
    const sameKey = collection.indexes.find(
      ({ spec: other }) =>
        isSamePattern(key, other.get('key') as Document) && haveSame('partialFilterExpression', spec, other),
    );
    if (!sameKey) return true;
    if (isSameIndex(spec, sameKey.spec)) {
      throw new ServerError(85, `Index already exists with a different name: ${sameKey.name}`);
    }
    throw new ServerError(
      85,
      `An equivalent index already exists with a different name and options. Requested index: ${show(spec)}, ` +
        `existing index: ${show(sameKey.spec)}`,
    );
  });
}

/** The same but for the name, and for being hidden. */
const isSameIndex = (a: Document, b: Document): boolean =>
  isEquivalent(a, b) && haveSame('expireAfterSeconds', a, b);

/** Holds the same documents by the same key, so that one of the two is enough. */
const isEquivalent = (a: Document, b: Document): boolean =>
  isSamePattern(a.get('key') as Document, b.get('key') as Document) &&
  ['unique', 'sparse', 'partialFilterExpression'].every((option) => haveSame(option, a, b));

const haveSame = (option: string, a: Document, b: Document): boolean =>
  equalValues(a.get(option) ?? null, b.get(option) ?? null);

export const listIndexes: Command = (body, call) => {
  const name = collectionName(body, call);
  const { cursor } = readFields('listIndexes', body, {
    listIndexes: anything,
    cursor: aDocument,
    includeBuildUUIDs: ofNoEffect,
  });
  const collection = call.server.store.find(call.db, name);
  if (!collection) throw new ServerError(26, `ns does not exist: ${call.db}.${name}`);
  const rows = collection.indexes.map(({ spec }) => spec);
  return cursorReply(call, { namespace: collection.namespace, rows, batchSize: batchSizeOf(cursor) });
};

export function batchSizeOf(cursor: Document | undefined): number | undefined {
  return cursor && readFields('cursor', cursor, { batchSize: aCount }).batchSize;
}

export const dropIndexes: Command = (body, call) => {
  const name = collectionName(body, call);
  const { index } = readFields('dropIndexes', body, {
    dropIndexes: anything,
    deleteIndexes: anything,
    index: anything,
  });
  if (index === undefined)
    throw new ServerError(40414, "BSON field 'dropIndexes.index' is missing but a required field");
  const { store } = call.server;
  const collection = store.find(call.db, name);
  if (!collection) throw new ServerError(26, `ns not found ${call.db}.${name}`);
  const nIndexesWas = collection.indexes.length;
  const dropped = namedBy(index, collection);
  if (dropped.some(({ name: each }) => each === '_id_')) throw new ServerError(72, 'cannot drop _id index');
  // A cursor may be on its way through one of them.
  if (dropped.length > 0) call.server.cursors.interrupt(collection.namespace, 'index dropped');
  for (const each of dropped) store.dropIndex(collection, each);
  const msg = index === '*' ? 'non-_id indexes dropped for collection' : undefined;
  return document({ nIndexesWas, msg });
};

function namedBy(wanted: Value, { indexes }: Collection): IndexDefinition[] {
  if (wanted === '*') return indexes.filter(({ name }) => name !== '_id_');
  if (typeof wanted === 'string') return indexes.filter(({ name }) => name === wanted);
  if (wanted instanceof Map)
    return indexes.filter(({ spec }) => isSamePattern(wanted, spec.get('key') as Document));
  if (Array.isArray(wanted)) return indexes.filter(({ name }) => wanted.includes(name));
  throw new ServerError(
    14,
    `BSON field 'dropIndexes.index' is the wrong type, expected types [array, object, string]`,
  );
}
