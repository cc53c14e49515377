import mongoose from 'mongoose';
import { openTestDatabase } from '../helpers/embedded';
import { mongoServer } from '../helpers/test-database';
import { noEngine, startEngine } from '../real-mongodb/engine';

/** A server under test: a client of the official driver, and a database for these tests alone. */
export interface Target extends AsyncDisposable {
  readonly client: mongoose.mongo.MongoClient;
  readonly db: mongoose.mongo.Db;
}

export interface TargetHere {
  readonly name: 'the embedded database' | 'a real MongoDB';
  /** Why this machine has none. */
  readonly missing: string | undefined;
  open(): Promise<Target>;
}

export const embedded: TargetHere = {
  name: 'the embedded database',
  missing: undefined,
  open: () => openTestDatabase(),
};

/** The server of `TEST_MONGO_URI`, or the engine where it is installed. */
export const realMongoDb: TargetHere = {
  name: 'a real MongoDB',
  missing: mongoServer ? undefined : noEngine,
  open: openReal,
};

async function openReal(): Promise<Target> {
  const engine = mongoServer ? undefined : await startEngine();
  const client = await new mongoose.mongo.MongoClient(mongoServer ?? (engine?.uri as string), {
    serverSelectionTimeoutMS: 10_000,
    socketTimeoutMS: 30_000,
  }).connect();
  const db = client.db(`conformance_${process.pid}`);
  return {
    client,
    db,
    [Symbol.asyncDispose]: async () => {
      await db.dropDatabase();
      await client.close();
      await engine?.[Symbol.asyncDispose]();
    },
  };
}
