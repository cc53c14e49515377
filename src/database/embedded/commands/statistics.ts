import { arch, cpus, hostname, platform, totalmem } from 'node:os';
import { Binary, type Document, Double, document, type Value } from '../bson/types';
import { leftOut, ServerError } from '../server-error';
import { refuseOutsideAdmin } from './collections';
import { type Command, collectionName } from './command';
import { aBoolean, anything, aWholeNumber, ofNoEffect, readFields } from './fields';
import { VERSION } from './handshake';

export const serverStatus: Command = (body, { server }) => {
  // What to leave out of the reply can be named in any number of ways; none of it changes anything.
  if (body.size > 50) throw new ServerError(9, 'too many sections');
  const uptime = (Date.now() - server.startedAt) / 1_000;
  const { rss, heapUsed } = process.memoryUsage();
  return document({
    host: hostname(),
    version: VERSION,
    process: 'embedded',
    pid: BigInt(process.pid),
    uptime: new Double(Math.floor(uptime)),
    uptimeMillis: BigInt(Math.floor(uptime * 1_000)),
    localTime: new Date(),
    connections: document({ current: server.connections.current, totalCreated: server.connections.total }),
    mem: document({
      bits: 64,
      resident: Math.round(rss / 1_048_576),
      heap: Math.round(heapUsed / 1_048_576),
    }),
    metrics: document({
      cursor: document({ open: document({ total: BigInt(server.cursors.count) }) }),
      ttl: document({ deletedDocuments: BigInt(server.ttl.deleted), passes: BigInt(server.ttl.passes) }),
    }),
    storageEngine: document({ name: 'sqlite', persistent: true, supportsCommittedReads: true }),
  });
};

export const hostInfo: Command = (body) => {
  readFields('hostInfo', body, { hostInfo: anything });
  return document({
    system: document({
      currentTime: new Date(),
      hostname: hostname(),
      cpuAddrSize: 64,
      memSizeMB: BigInt(Math.round(totalmem() / 1_048_576)),
      numCores: cpus().length,
      cpuArch: arch(),
    }),
    os: document({ type: platform() }),
    extra: new Map(),
  });
};

/** A scaled size: bytes divided by what the client asked for. */
const scaled = (bytes: number, scale = 1): Value => new Double(Math.floor(bytes / scale));

export const dbStats: Command = (body, call) => {
  const { scale } = readFields('dbStats', body, {
    dbStats: anything,
    dbstats: anything,
    scale: aWholeNumber,
    freeStorage: ofNoEffect,
  });
  const collections = call.server.store.ofDatabase(call.db);
  const objects = collections.reduce((sum, collection) => sum + collection.count(), 0);
  const size = collections.reduce((sum, collection) => sum + collection.size(), 0);
  return document({
    db: call.db,
    collections: collections.length,
    views: 0,
    objects,
    avgObjSize: new Double(objects === 0 ? 0 : size / objects),
    dataSize: scaled(size, scale),
    storageSize: scaled(size, scale),
    indexes: collections.reduce((sum, { indexes }) => sum + indexes.length, 0),
    scaleFactor: new Double(scale ?? 1),
  });
};

export const collStats: Command = (body, call) => {
  const name = collectionName(body, call);
  const { scale } = readFields('collStats', body, {
    collStats: anything,
    collstats: anything,
    scale: aWholeNumber,
  });
  const collection = call.server.store.find(call.db, name);
  const count = collection?.count() ?? 0;
  const size = collection?.size() ?? 0;
  return document({
    ns: `${call.db}.${name}`,
    size: scaled(size, scale),
    count,
    avgObjSize: count === 0 ? undefined : new Double(size / count),
    storageSize: scaled(size, scale),
    capped: false,
    nindexes: collection?.indexes.length ?? 0,
    uuid: collection && new Binary(collection.uuid, 4),
    scaleFactor: scale ?? 1,
  });
};

/** Reads every document and looks every one up in every index. */
export const validate: Command = (body, call) => {
  const name = collectionName(body, call);
  readFields('validate', body, {
    validate: anything,
    full: ofNoEffect,
    metadata: ofNoEffect,
    checkBSONConformance: ofNoEffect,
    background: ofNoEffect,
    repair: (value) => {
      if (value === true) throw leftOut('validate with repair');
      return undefined;
    },
  });
  const collection = call.server.store.find(call.db, name);
  if (!collection) throw new ServerError(26, `Collection '${call.db}.${name}' does not exist to validate.`);
  const { documents, entries, errors } = collection.validate();
  return document({
    ns: collection.namespace,
    nInvalidDocuments: 0,
    nrecords: documents,
    nIndexes: collection.indexes.length,
    keysPerIndex: new Map<string, Value>(entries),
    valid: errors.length === 0,
    errors,
    warnings: [],
  });
};

const parameters = ['ttlMonitorEnabled', 'ttlMonitorSleepSecs'];

export const getParameter: Command = (body, call) => {
  refuseOutsideAdmin(call);
  const known: Document = document({
    ttlMonitorEnabled: call.server.ttl.isEnabled,
    ttlMonitorSleepSecs: call.server.ttl.sleepSeconds,
  });
  if (body.get('getParameter') === '*') return known;
  const wanted = [...known].filter(([name]) => body.has(name));
  if (wanted.length === 0) throw new ServerError(72, 'no option found to get');
  return new Map(wanted);
};

export const setParameter: Command = (body, call) => {
  refuseOutsideAdmin(call);
  const fields = readFields('setParameter', body, {
    setParameter: anything,
    ttlMonitorEnabled: aBoolean,
    ttlMonitorSleepSecs: aWholeNumber,
  });
  const { ttl } = call.server;
  if (!parameters.some((name) => body.has(name))) throw new ServerError(72, 'no option found to set');
  if (fields.ttlMonitorSleepSecs !== undefined) {
    if (fields.ttlMonitorSleepSecs < 1) throw new ServerError(2, 'ttlMonitorSleepSecs must be at least 1');
    ttl.sleepSeconds = fields.ttlMonitorSleepSecs;
    ttl.start();
  }
  if (fields.ttlMonitorEnabled !== undefined) ttl.isEnabled = fields.ttlMonitorEnabled;
  return new Map();
};
