import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ServerOptions } from './server';
import { unpackError } from './storage/open-errors';
import type { FromWorker } from './worker';
import { WriteCounts } from './write-counts';

export { DatabaseDamaged, DirectoryInUse } from './storage/open-errors';

export interface EmbeddedDatabase {
  /** For any MongoDB client. It names a Unix socket, so it is of use on this machine only. */
  readonly uri: string;
  /** Where that socket lies. */
  readonly socketPath: string;
  /** The same server on 127.0.0.1, where a port was asked for. */
  readonly tcpUri: string | undefined;
  /** A count that moves with every document of a collection that is written, by any client. See `WriteCounts`. */
  countWrites(database: string, collection: string): () => number;
  /** Resolves when everything is on disk and the directory is free for another process. Safe to call again. */
  close(): Promise<void>;
}

/**
 * Almost all that a command makes is garbage when it ends. V8 would let 48 MB of that gather before it looks; with 4 the
 * process stays 25 MB smaller under load, and no command takes longer.
 */
const resourceLimits = { maxYoungGenerationSizeMb: 4 };

/**
 * Starts a MongoDB server on the database of a directory, in a thread of its own.
 * What a client was told is written stays written, however this process ends.
 *
 * @throws DirectoryInUse, DatabaseDamaged, DatabaseTooNew, DirectoryUnusable
 */
export async function openEmbeddedDatabase(
  options: Omit<ServerOptions, 'counts'>,
): Promise<EmbeddedDatabase> {
  const writes = new WriteCounts();
  const workerData: ServerOptions = { ...options, counts: writes.memory };
  const worker = new Worker(join(__dirname, 'worker.js'), { workerData, resourceLimits });
  // Asked for now, because a worker that fails ends right behind its message.
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const [first] = (await once(worker, 'message')) as [FromWorker];
  if (first.kind !== 'open') {
    await ended;
    throw first.kind === 'failed'
      ? unpackError(first.error)
      : new Error('The embedded database closed at once.');
  }
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    worker.postMessage('close');
    await ended;
  };
  return {
    uri: first.uri,
    socketPath: decodeURIComponent(first.uri.slice('mongodb://'.length)),
    tcpUri: first.tcpUri,
    countWrites: (database, collection) => {
      const count = writes.of(`${database}.${collection}`);
      return () => count.value;
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
