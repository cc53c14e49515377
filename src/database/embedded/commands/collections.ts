import { filterContext } from '../aggregation/stages/match';
import { show } from '../bson/show';
import { Binary, type Document, document, type Value } from '../bson/types';
import { readFilter } from '../query/filter';
import { badValue, leftOut, ServerError } from '../server-error';
import type { Collection } from '../storage/collection';
import { idIndexSpec } from '../storage/index-definition';
import { refuseBadName } from '../storage/store';
import { type Call, type Command, checkedName, collectionName } from './command';
import { cursorReply } from './cursor-reply';
import { aBoolean, aDocument, anything, aString, ofNoEffect, type Reader, readFields } from './fields';
import { readIndexSpec } from './index-spec';
import { batchSizeOf } from './indexes';
import { isSamePattern } from './selection';
import { showUuid } from './uuid';

/** Kinds of collections, and options, that only a MongoDB server has. */
export const leftOutCollectionOptions = [
  ...['capped', 'size', 'max', 'validator', 'validationLevel', 'validationAction', 'viewOn', 'pipeline'],
  ...[
    'timeseries',
    'expireAfterSeconds',
    'clusteredIndex',
    'changeStreamPreAndPostImages',
    'encryptedFields',
  ],
  ...['storageEngine', 'indexOptionDefaults', 'flags', 'temp'],
];

const createFields = {
  create: anything,
  autoIndexId: ofNoEffect,
  idIndex: aDocument,
  collation: anything,
  writeConcern: ofNoEffect,
  ...Object.fromEntries(leftOutCollectionOptions.map((name) => [name, anything])),
};

export const create: Command = (body, call) => {
  const name = collectionName(body, call);
  const fields = readFields('create', body, createFields) as Record<string, Value | undefined>;
  const options: Document = new Map();
  for (const [option, value] of Object.entries(fields)) {
    const isDefault = option === 'collation' && value instanceof Map && value.get('locale') === 'simple';
    if (value === undefined || value === false || isDefault || ['create', 'idIndex'].includes(option))
      continue;
    options.set(option, value);
  }
  const { store } = call.server;
  const there = store.find(call.db, name);
  if (there && options.size > 0) {
    throw new ServerError(
      48,
      `namespace '${there.namespace}' already exists, but with different options: ` +
        `{ uuid: UUID("${showUuid(there.uuid)}") }, requested: ${show(options)}`,
    );
  }
  refuseBadName(call.db, name);
  const [leftOutOption] = options.keys();
  if (leftOutOption !== undefined) throw leftOut(`the collection option ${leftOutOption}`);
  if (fields['idIndex'] instanceof Map) readIndexSpec(fields['idIndex']);
  if (!there) store.create(call.db, name, new Map());
  return new Map();
};

export const drop: Command = (body, call) => {
  const name = collectionName(body, call);
  readFields('drop', body, { drop: anything });
  const collection = call.server.store.find(call.db, name);
  // Nothing to drop is no mistake.
  if (!collection) return new Map();
  const nIndexesWas = collection.indexes.length;
  dropCollection(collection, call);
  return document({ nIndexesWas, ns: collection.namespace });
};

function dropCollection(collection: Collection, { server }: Call): void {
  server.cursors.interrupt(collection.namespace, 'collection dropped');
  server.store.drop(collection);
}

export const dropDatabase: Command = (body, call) => {
  readFields('dropDatabase', body, { dropDatabase: anything });
  const collections = call.server.store.ofDatabase(call.db);
  for (const collection of collections) dropCollection(collection, call);
  return document({ dropped: collections.length > 0 ? call.db : undefined });
};

export const renameCollection: Command = (body, call) => {
  refuseOutsideAdmin(call);
  const {
    renameCollection: from,
    to,
    dropTarget,
  } = readFields('renameCollection', body, {
    renameCollection: aString,
    to: aString,
    dropTarget: aBoolean,
  });
  if (from === undefined || to === undefined) {
    throw new ServerError(40414, "BSON field 'renameCollection.to' is missing but a required field");
  }
  const { store } = call.server;
  const source = store.find(...split(from));
  if (!source) throw new ServerError(26, `Source collection ${from} does not exist`);
  if (from === to) throw new ServerError(20, "Can't rename a collection to itself");
  const [db, name] = split(to);
  refuseBadName(db, name);
  const target = store.find(db, name);
  if (target && !dropTarget) throw new ServerError(48, 'target namespace exists');
  if (target) dropCollection(target, call);
  call.server.cursors.interrupt(source.namespace, 'collection renamed');
  store.rename(source, db, name);
  return new Map();
};

function split(namespace: string): [string, string] {
  const dot = namespace.indexOf('.');
  if (dot < 1) throw new ServerError(73, `Invalid namespace specified: ${namespace}`);
  const db = namespace.slice(0, dot);
  return [db, checkedName(namespace.slice(dot + 1), db)];
}

export function refuseOutsideAdmin({ db, name }: Call): void {
  if (db !== 'admin') throw new ServerError(13, `${name} may only be run against the admin database.`);
}

export const listCollections: Command = (body, call) => {
  const { filter, nameOnly, cursor } = readFields('listCollections', body, {
    listCollections: anything,
    filter: aDocument,
    nameOnly: aBoolean,
    authorizedCollections: ofNoEffect,
    cursor: aDocument,
  });
  const matches = listFilter(filter);
  const rows = call.server.store
    .ofDatabase(call.db)
    .map((collection) => describe(collection))
    .filter(matches)
    .map((entry) => (nameOnly ? document({ name: entry.get('name'), type: entry.get('type') }) : entry));
  return cursorReply(call, {
    namespace: `${call.db}.$cmd.listCollections`,
    rows,
    batchSize: batchSizeOf(cursor),
  });
};

function describe({ name, options, uuid }: Collection): Document {
  return new Map<string, Value>([
    ['name', name],
    ['type', 'collection'],
    ['options', options],
    ['info', document({ readOnly: false, uuid: new Binary(uuid, 4) })],
    ['idIndex', idIndexSpec()],
  ]);
}

function listFilter(filter: Document | undefined): (entry: Document) => boolean {
  if (!filter) return () => true;
  const read = readFilter(filter, filterContext({ now: new Date() }));
  return (entry) => read.matches(entry);
}

export const listDatabases: Command = (body, call) => {
  refuseOutsideAdmin(call);
  const { filter, nameOnly } = readFields('listDatabases', body, {
    listDatabases: anything,
    filter: aDocument,
    nameOnly: aBoolean,
    authorizedDatabases: ofNoEffect,
  });
  const { store } = call.server;
  const entries = store
    .databases()
    .map((name) => {
      if (nameOnly) return document({ name });
      const sizeOnDisk = store.ofDatabase(name).reduce((sum, collection) => sum + collection.size(), 0);
      return document({ name, sizeOnDisk: BigInt(sizeOnDisk), empty: false });
    })
    .filter(listFilter(filter));
  if (nameOnly) return document({ databases: entries });
  const total = entries.reduce((sum, entry) => sum + (entry.get('sizeOnDisk') as bigint), 0n);
  return document({ databases: entries, totalSize: total, totalSizeMb: total / 1_048_576n });
};

const leftOutHere: Reader<undefined> = (_, name) => {
  throw leftOut(`the option ${name}`);
};

/** Changes of an index: when it expires, and whether the planner may use it. */
export const collMod: Command = (body, call) => {
  const name = collectionName(body, call);
  const { index } = readFields('collMod', body, {
    collMod: anything,
    index: aDocument,
    validator: leftOutHere,
    validationLevel: leftOutHere,
    validationAction: leftOutHere,
    viewOn: leftOutHere,
    pipeline: leftOutHere,
    expireAfterSeconds: leftOutHere,
    changeStreamPreAndPostImages: leftOutHere,
    timeseries: leftOutHere,
    cappedSize: leftOutHere,
    cappedMax: leftOutHere,
  });
  const { store } = call.server;
  const collection = store.find(call.db, name);
  if (!collection) throw new ServerError(26, `ns does not exist: ${call.db}.${name}`);
  return index ? changeIndex(index, collection, call) : new Map();
};

function changeIndex(change: Document, collection: Collection, { server }: Call): Document {
  const fields = readFields('collMod.index', change, {
    name: aString,
    keyPattern: aDocument,
    expireAfterSeconds: anything,
    hidden: aBoolean,
    unique: leftOutHere,
    prepareUnique: leftOutHere,
  });
  const { name, keyPattern, expireAfterSeconds, hidden } = fields;
  if ((name === undefined) === (keyPattern === undefined)) {
    throw new ServerError(72, 'Must specify either index name or key pattern');
  }
  const index = collection.indexes.find((each) =>
    keyPattern ? isSamePattern(keyPattern, each.spec.get('key') as Document) : each.name === name,
  );
  if (!index) {
    throw new ServerError(27, `cannot find index ${name ?? show(keyPattern)} for ns ${collection.namespace}`);
  }
  if (expireAfterSeconds === undefined && hidden === undefined) {
    throw new ServerError(72, 'no expireAfterSeconds or hidden field');
  }
  if (index.name === '_id_') throw badValue("can't change the _id index");
  const spec = new Map(index.spec);
  const reply: Document = new Map();
  if (expireAfterSeconds !== undefined) {
    const before = spec.get('expireAfterSeconds');
    spec.set('expireAfterSeconds', expireAfterSeconds);
    if (before !== undefined) reply.set('expireAfterSeconds_old', before);
    reply.set('expireAfterSeconds_new', expireAfterSeconds);
  }
  if (hidden !== undefined) {
    reply.set('hidden_old', index.isHidden).set('hidden_new', hidden);
    if (hidden) spec.set('hidden', true);
    else spec.delete('hidden');
  }
  server.store.changeIndex(collection, index, readIndexSpec(spec));
  return reply;
}
