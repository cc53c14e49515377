import { join } from 'node:path';
import mongoose from 'mongoose';
import { openEmbeddedDatabase } from '../../src/database/embedded';
import { databaseSettings } from '../helpers/test-database';

export interface StoredEntry {
  readonly roomId: string;
  readonly epoch: string;
  readonly seq: number;
  readonly action: string;
  readonly participant?: { readonly _id: string; readonly userId: string; readonly keys: readonly string[] };
  readonly participantCount: number;
  readonly userPresent?: boolean;
}

export interface StoredRoom {
  readonly roomId: string;
  readonly epoch: string;
  readonly asOfSeq: number;
  readonly participantCount: number;
}

/** What the database holds about rooms. */
export interface StoredState {
  readonly entries: readonly StoredEntry[];
  readonly rooms: readonly StoredRoom[];
  readonly participants: readonly {
    readonly _id: string;
    readonly roomId: string;
    readonly status: string;
  }[];
}

/** Reads what a service that has ended left: in its files, or in its database on the chosen server. */
export async function readStored(dataDir: string): Promise<StoredState> {
  const { MONGO_URI } = databaseSettings(dataDir);
  if (MONGO_URI) return readDatabase(MONGO_URI);
  const database = await openEmbeddedDatabase({ directory: join(dataDir, 'database') });
  try {
    return await readDatabase(database.uri, 'rollcall');
  } finally {
    await database.close();
  }
}

async function readDatabase(uri: string, name?: string): Promise<StoredState> {
  const client = await new mongoose.mongo.MongoClient(uri).connect();
  try {
    return await readState(client.db(name));
  } finally {
    await client.close();
  }
}

export async function readState(db: mongoose.mongo.Db): Promise<StoredState> {
  const all = async (name: string) => db.collection(name).find().toArray();
  return {
    entries: (await all('room_events')) as unknown as StoredEntry[],
    rooms: (await all('rooms')) as unknown as StoredRoom[],
    participants: (await all('participants')) as unknown as StoredState['participants'],
  };
}
