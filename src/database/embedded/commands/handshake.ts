import { type Document, document, type Value } from '../bson/types';
import { LARGEST_MESSAGE } from '../protocol/frames';
import { ServerError } from '../server-error';
import { LARGEST_DOCUMENT } from '../storage/collection';
import type { Command } from './command';
import { anything, ofNoEffect, readFields } from './fields';

/** The MongoDB version whose behaviour this server has. */
export const VERSION = '7.0.0';
/** The wire version of MongoDB 7.0. */
const WIRE_VERSION = 21;
const MOST_IN_BATCH = 100_000;
/** Unused sessions end after this many minutes, as MongoDB's do. */
export const SESSION_MINUTES = 30;

function describe(primary: 'isWritablePrimary' | 'ismaster', body: Document, connectionId: number): Document {
  // The one command whose unknown fields are no mistake: newer drivers announce themselves in it.
  const helloOk = body.get('helloOk') === true;
  if (body.get('loadBalanced') === true)
    throw new ServerError(72, 'This server is not behind a load balancer');
  const reply: Document = new Map<string, Value>([[primary, true]]);
  if (helloOk) reply.set('helloOk', true);
  const rest = document({
    maxBsonObjectSize: LARGEST_DOCUMENT,
    maxMessageSizeBytes: LARGEST_MESSAGE,
    maxWriteBatchSize: MOST_IN_BATCH,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: SESSION_MINUTES,
    connectionId,
    minWireVersion: 0,
    maxWireVersion: WIRE_VERSION,
    readOnly: false,
  });
  for (const [name, value] of rest) reply.set(name, value);
  return reply;
}

/** The first thing that a client asks. */
export const hello: Command = (body, { client }) => describe('isWritablePrimary', body, client.id);

/** The same under its old name, which drivers still use first. */
export const isMaster: Command = (body, { client }) => describe('ismaster', body, client.id);

export const ping: Command = (body) => {
  readFields('ping', body, { ping: anything });
  return new Map();
};

export const buildInfo: Command = (body) => {
  readFields('buildInfo', body, { buildInfo: anything, buildinfo: anything });
  return document({
    version: VERSION,
    versionArray: [...VERSION.split('.').map(Number), 0],
    gitVersion: 'embedded',
    modules: ['embedded'],
    allocator: 'system',
    javascriptEngine: 'none',
    storageEngines: ['sqlite'],
    sysInfo: 'deprecated',
    bits: 64,
    debug: false,
    maxBsonObjectSize: LARGEST_DOCUMENT,
  });
};

export const connectionStatus: Command = (body) => {
  readFields('connectionStatus', body, { connectionStatus: anything, showPrivileges: ofNoEffect });
  return document({
    authInfo: document({ authenticatedUsers: [], authenticatedUserRoles: [] }),
  });
};

export const whatsmyuri: Command = (body, { client }) => {
  readFields('whatsmyuri', body, { whatsmyuri: anything });
  return document({ you: client.address });
};
