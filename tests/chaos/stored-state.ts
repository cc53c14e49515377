import { join } from 'node:path';
import mongoose from 'mongoose';
import { openEmbeddedDatabase } from '../../src/database/embedded';

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

/** Reads the files of a service that has ended. */
export async function readFiles(dataDir: string): Promise<StoredState> {
  const database = await openEmbeddedDatabase({ directory: join(dataDir, 'database') });
  const client = await new mongoose.mongo.MongoClient(database.uri).connect();
  try {
    return await readState(client.db('rollcall'));
  } finally {
    await client.close();
    await database.close();
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
