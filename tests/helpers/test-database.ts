import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { openEmbeddedDatabase } from '../../src/database/embedded';
import { type Link, openLink } from './link';

/** The MongoDB server of `TEST_MONGO_URI`, without a slash at the end. Undefined: tests use the embedded database. */
export const mongoServer: string | undefined =
  process.env['TEST_MONGO_URI']?.replace(/\/+$/, '') || undefined;

/** `it` for what the embedded database alone has, such as its counters of writes. Skipped on a server, as its title says. */
export const itEmbedded = (title: string, test: () => Promise<void>): void =>
  (mongoServer ? it.skip : it)(`${title} (embedded database only)`, test);

const nameOf = (directory: string) => directory.replace(/\W/g, '').slice(-32);

/**
 * What a service or process is given so that it keeps its data in a database of its own: nothing for the embedded one,
 * which is in its `DATA_DIR`; an address on the chosen server otherwise. The same directory names the same database.
 */
export function databaseSettings(directory: string): { MONGO_URI?: string } {
  return mongoServer ? { MONGO_URI: `${mongoServer}/${nameOf(directory)}` } : {};
}

/** Takes away what `databaseSettings` named, so that a long run does not fill the server. */
export async function dropDatabase(directory: string): Promise<void> {
  const { MONGO_URI } = databaseSettings(directory);
  if (MONGO_URI) await drop(MONGO_URI);
}

async function drop(uri: string): Promise<void> {
  const client = await new mongoose.mongo.MongoClient(uri).connect();
  await client.db().dropDatabase();
  await client.close();
}

export interface SharedDatabase extends AsyncDisposable {
  /** For any number of processes. Names the database. */
  readonly uri: string;
}

/** A database for several processes at once, reached through a port of 127.0.0.1. */
export async function openSharedDatabase(): Promise<SharedDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-database-'));
  if (mongoServer)
    return openOnServer(`${mongoServer}/${nameOf(directory)}?directConnection=true`, directory);
  const database = await openEmbeddedDatabase({ directory, tcpPort: 0 });
  return {
    uri: `mongodb://${new URL(database.tcpUri ?? '').host}/rollcall?directConnection=true`,
    [Symbol.asyncDispose]: async () => {
      await database.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function openOnServer(uri: string, directory: string): SharedDatabase {
  return {
    uri,
    [Symbol.asyncDispose]: async () => {
      await drop(uri);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The same behind a link that the test can cut. */
export async function openDatabaseBehindLink(): Promise<SharedDatabase & { readonly link: Link }> {
  const database = await openSharedDatabase();
  const address = new URL(database.uri);
  const link = await openLink({ port: Number(address.port) });
  address.port = `${link.port}`;
  return {
    link,
    uri: address.href,
    [Symbol.asyncDispose]: async () => {
      await link[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
