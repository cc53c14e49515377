import mongoose, { type Connection, type ConnectOptions } from 'mongoose';
import type { Meter } from '../figures';

/** How long a start waits for a database before it gives up, in milliseconds. */
const START_WITHIN = 10_000;

const options: ConnectOptions = {
  // Without a server an operation fails at once and can be answered, instead of waiting in a buffer.
  bufferCommands: false,
  autoCreate: false,
  // Indexes are made and verified at the start, by ./indexes.ts, where a failure can be seen.
  autoIndex: false,
  serverSelectionTimeoutMS: 3_000,
  waitQueueTimeoutMS: 2_000,
  socketTimeoutMS: 30_000,
  maxPoolSize: 20,
  // A member that is undefined is a member that is not there, never null.
  ignoreUndefined: true,
  // An acknowledged write is on disk. `timeoutMS` is left alone: see CVE-2026-119179 for what it did to the pool.
  writeConcern: { w: 'majority', journal: true },
};

/** The database did not answer in time. The message names no credentials. */
class DatabaseUnreachable extends Error {
  override readonly name = 'DatabaseUnreachable';
}

/**
 * Connects to a MongoDB server, real or embedded. Where `uri` names no database, `rollcall` is used.
 *
 * @throws DatabaseUnreachable when nothing answers within 10 s.
 */
export async function connectDatabase(uri: string): Promise<Connection> {
  const giveUpAt = performance.now() + START_WITHIN;
  const database = /^mongodb(\+srv)?:\/\/[^/]+\/[^?]/.test(uri) ? {} : { dbName: 'rollcall' };
  for (;;) {
    const connection = mongoose.createConnection();
    const left = Math.max(1, giveUpAt - performance.now());
    try {
      const patience = Math.min(options.serverSelectionTimeoutMS ?? left, left);
      await connection.openUri(uri, { ...options, ...database, serverSelectionTimeoutMS: patience });
      return connection;
    } catch (error) {
      await connection.destroy().catch(() => undefined);
      if (!isUnavailable(error) || performance.now() >= giveUpAt) {
        throw new DatabaseUnreachable(unreachable(uri, error));
      }
    }
  }
}

function unreachable(uri: string, error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return (
    `No database answered within ${START_WITHIN / 1_000} s at ${withoutCredentials(uri)}: ${withoutCredentials(said)}. ` +
    'Is MONGO_URI right, and is the server up? Without MONGO_URI the embedded database is used.'
  );
}

/** The same text with the user and password of every address in it taken out. */
export function withoutCredentials(text: string): string {
  return text.replace(/(?<=\w:\/\/)[^/\s@]*@/g, '');
}

/** Measures for how long commands have a connection, and how many have one; what the driver tells of its pool costs next to nothing. */
export function measureDatabase(connection: Connection, meter: Meter): void {
  const since = new Map<unknown, number>();
  const client = connection.getClient();
  client.on('connectionCheckedOut', ({ connectionId }) => since.set(connectionId, performance.now()));
  client.on('connectionCheckedIn', ({ connectionId }) => {
    const began = since.get(connectionId);
    since.delete(connectionId);
    if (began === undefined) return;
    meter.observe('database_command_duration_seconds', (performance.now() - began) / 1_000);
  });
  client.on('connectionClosed', ({ connectionId }) => since.delete(connectionId));
  meter.read('database_connections', () => since.size);
}

/**
 * The read concern for what a failover must not take back: `majority` on a replica set or a sharded cluster. Undefined on a
 * single server, which has no failover.
 */
export async function durableReadConcern(connection: Connection): Promise<'majority' | undefined> {
  const server = await connection.db?.command({ hello: 1 });
  const isReplicated = server?.['setName'] !== undefined || server?.['msg'] === 'isdbgrid';
  return isReplicated ? 'majority' : undefined;
}

/** Resolves when the server answers a ping. */
export async function pingDatabase(connection: Connection): Promise<void> {
  await connection.db?.command({ ping: 1, maxTimeMS: 1_000 });
  if (connection.readyState !== mongoose.ConnectionStates.connected) throw new Error('not connected');
}

const unavailableNames = new Set([
  'LineBroken',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongooseServerSelectionError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoClientClosedError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoWaitQueueTimeoutError',
  'PoolClearedOnNetworkError',
]);

/** MongoDB's OutOfDiskSpace, and the code of the embedded database for a file that it cannot write. */
const OUT_OF_DISK_SPACE = 14031;
const OPERATION_FAILED = 96;

/** Whether the server stores nothing just now: its disk is full, or refuses to be written. */
export function isWriteRefused(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  if (error.code === OUT_OF_DISK_SPACE) return true;
  return error.code === OPERATION_FAILED && error.message.includes('cannot be written');
}

/** Whether an error means that the database is away for now, and not that the request was wrong. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (unavailableNames.has(error.name) || isWriteRefused(error)) return true;
  return error.name === 'MongooseError' && error.message.includes('initial connection');
}

/** Whether an error comes from the database or from the way to it: it is away, refused the command, or has no space. */
export function isDatabaseError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isOfDatabase =
    isUnavailable(error) || error instanceof mongoose.mongo.MongoError || error.name === 'WriteRefused';
  return isOfDatabase || isDatabaseError(error.cause);
}

/** Whether the database ended a command because it took longer than its `maxTimeMS`. */
export function isTimeLimitExceeded(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 50;
}

/** Whether an error says that a unique index refused a document. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 11000;
}
