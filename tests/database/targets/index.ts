import mongoose from 'mongoose';
import { openTestDatabase } from '../../helpers/embedded';
import { ferretdb } from './ferretdb';
import { buildOtherServer, startOtherServer } from './other-server';

/** A server that tests ask: a client of the official driver, and a database for these tests alone. */
export interface Target extends AsyncDisposable {
  readonly client: mongoose.mongo.MongoClient;
  readonly db: mongoose.mongo.Db;
}

type TargetName = 'embedded' | 'mongodb' | 'ferretdb';

export interface TargetHere {
  readonly name: TargetName;
  /** Why this machine cannot have it. */
  readonly missing: string | undefined;
  open(): Promise<Target>;
}

export const embedded: TargetHere = { name: 'embedded', missing: undefined, open: () => openTestDatabase() };

/** A real server, where `TEST_MONGO_URI` names one. */
export function realServer(): TargetHere | undefined {
  const uri = process.env['TEST_MONGO_URI'];
  return uri ? { name: 'mongodb', missing: undefined, open: () => connect(uri) } : undefined;
}

/** A server that was not written here, built on the way if it can be. */
export function ferretDb(): TargetHere {
  const result = buildOtherServer(ferretdb);
  const open = async () => {
    if ('missing' in result) throw new Error(result.missing);
    const running = await startOtherServer(ferretdb, result.built);
    return connect(running.uri, running);
  };
  return { name: 'ferretdb', missing: 'missing' in result ? result.missing : undefined, open };
}

async function connect(uri: string, running?: AsyncDisposable): Promise<Target> {
  const client = await new mongoose.mongo.MongoClient(uri, {
    serverSelectionTimeoutMS: 10_000,
    socketTimeoutMS: 10_000,
  }).connect();
  const db = client.db(`conformance_${process.pid}`);
  return {
    client,
    db,
    [Symbol.asyncDispose]: async () => {
      // Whoever is asked may be gone by now.
      if (!running) await db.dropDatabase();
      await client.close();
      await running?.[Symbol.asyncDispose]();
    },
  };
}
