import { join } from 'node:path';
import { mongo } from 'mongoose';
import { withoutCredentials } from '../connect';
import { DirectoryInUse, openEmbeddedDatabase } from '../embedded';
import { BackupError } from './backup-error';

/** Where the documents are: the two settings of the service that say so. */
export interface PlaceSettings {
  mongoUri?: string | undefined;
  dataDir: string;
}

/** A server that is ready for a backup. */
export interface Place {
  client: mongo.MongoClient;
  /** The service's own database on that server. */
  database: string;
  /** Every database on the server is the service's, as in an embedded one. */
  isOwn: boolean;
  /** Where it is, for people. */
  name: string;
  close(): Promise<void>;
}

/** How long a server may take to answer, in milliseconds. */
const ANSWER_WITHIN = 10_000;

/**
 * Connects to the server of the settings, or opens the embedded database of their directory.
 *
 * @param tolerate what to do about a directory that a running process has: with `running`, go through that process.
 * @throws BackupError, and what opening an embedded database throws.
 */
export async function openPlace(settings: PlaceSettings, tolerate?: 'running'): Promise<Place> {
  if (settings.mongoUri !== undefined) return openServer(settings.mongoUri);
  const directory = join(settings.dataDir, 'database');
  try {
    const embedded = await openEmbeddedDatabase({ directory });
    return await connected(embedded.uri, directory, () => embedded.close());
  } catch (error) {
    if (!(error instanceof DirectoryInUse)) throw error;
    const uri = error.owner?.uri;
    if (tolerate !== 'running' || uri === undefined) throw error;
    return connected(uri, `${directory}, through process ${error.owner?.pid}, which has it open`);
  }
}

async function openServer(uri: string): Promise<Place> {
  const place = await connected(uri, withoutCredentials(uri));
  const named = place.client.options.dbName;
  // As connectDatabase() does: where the address names no database, `rollcall` is used.
  const isNamed = /^mongodb(\+srv)?:\/\/[^/]+\/[^?]/.test(uri);
  return { ...place, database: isNamed ? named : place.database, isOwn: false };
}

async function connected(uri: string, name: string, andThen?: () => Promise<void>): Promise<Place> {
  const client = new mongo.MongoClient(uri, { serverSelectionTimeoutMS: ANSWER_WITHIN });
  const close = async (): Promise<void> => {
    await client.close();
    await andThen?.();
  };
  try {
    await client.connect();
  } catch (error) {
    await close();
    throw new BackupError(`No database answered at ${name}: ${withoutCredentials(String(error))}`);
  }
  return { client, database: 'rollcall', isOwn: true, name, close };
}
