import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { openEmbeddedDatabase } from '../../src/database/embedded';

export interface OpenDatabase extends AsyncDisposable {
  uri: string;
  directory: string;
  tcpUri: string | undefined;
  /** A client of the official driver. */
  client: mongoose.mongo.MongoClient;
  db: mongoose.mongo.Db;
  /** Closes the server and opens it again on the same directory. */
  reopen(): Promise<OpenDatabase>;
}

/** An embedded database in a directory of its own, with a client. `await using` takes both down. */
export async function openTestDatabase(given?: string, tcpPort?: number): Promise<OpenDatabase> {
  const directory = given ?? (await mkdtemp(join(tmpdir(), 'embedded-')));
  const server = await openEmbeddedDatabase(tcpPort === undefined ? { directory } : { directory, tcpPort });
  const client = await new mongoose.mongo.MongoClient(server.uri).connect();
  const close = async () => {
    await client.close();
    await server.close();
  };
  return {
    uri: server.uri,
    tcpUri: server.tcpUri,
    directory,
    client,
    db: client.db('test'),
    reopen: async () => {
      await close();
      return openTestDatabase(directory);
    },
    [Symbol.asyncDispose]: async () => {
      await close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
