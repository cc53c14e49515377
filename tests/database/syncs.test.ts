import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { endProcesses, startProcess } from '../helpers/running-process';
import { hasStrace, syncsOf, tracedSyncs, whyNoStrace } from '../helpers/syncs';

const program = join(__dirname, '..', 'helpers', 'embedded-process.cjs');
const WRITES_AT_ONCE = 64;
let directory: string;
let client: mongoose.mongo.MongoClient;

/** How often the log of the database, which a commit is written to, has been synced so far. */
const logSyncs = () => syncsOf(join(directory, 'syncs.trace'), '/database.sqlite-wal');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'synced-'));
});
afterEach(async () => {
  await client?.close();
  await endProcesses();
  await rm(directory, { recursive: true });
});

/** A collection of an embedded database whose syncs are counted. */
async function openTraced(): Promise<mongoose.mongo.Collection<{ _id: number; n?: number }>> {
  const command = tracedSyncs(join(directory, 'syncs.trace'), [process.execPath, program, directory]);
  const server = startProcess(command, directory);
  const [, uri = ''] = await server.says(/^open (.*)$/m);
  client = await new mongoose.mongo.MongoClient(uri, { maxPoolSize: WRITES_AT_ONCE }).connect();
  const collection = client.db('test').collection<{ _id: number; n?: number }>('written');
  await collection.insertOne({ _id: -1 });
  return collection;
}

const onStrace = hasStrace ? describe : describe.skip;

// A killed process leaves what it wrote to the system; only what was synced is there after a power cut.
onStrace(`the log of the embedded database${whyNoStrace}`, () => {
  it('is synced before each write is acknowledged', async () => {
    const collection = await openTraced();
    const writes: Record<string, () => Promise<unknown>> = {
      insert: () => collection.insertOne({ _id: 1 }),
      update: () => collection.updateOne({ _id: 1 }, { $set: { n: 1 } }),
      upsert: () => collection.updateOne({ _id: 2 }, { $set: { n: 1 } }, { upsert: true }),
      'find and update': () => collection.findOneAndUpdate({ _id: 2 }, { $inc: { n: 1 } }),
      delete: () => collection.deleteOne({ _id: 1 }),
      'insert with j: false': () => collection.insertOne({ _id: 3 }, { writeConcern: { j: false } }),
    };
    const unsynced: string[] = [];
    for (const [name, write] of Object.entries(writes)) {
      const before = logSyncs();
      await write();
      if (logSyncs() === before) unsynced.push(name);
    }
    expect(unsynced).toEqual([]);
  });

  it('is synced once for writes that are committed together', async () => {
    const collection = await openTraced();
    const ids = Array.from({ length: WRITES_AT_ONCE }, (_, id) => id);
    // Opens the connections first, so that the writes are sent together.
    await Promise.all(ids.map((_id) => collection.findOne({ _id })));
    const before = logSyncs();
    await Promise.all(ids.map((_id) => collection.insertOne({ _id })));
    const syncs = logSyncs() - before;
    expect(syncs).toBeGreaterThan(0);
    expect(syncs).toBeLessThan(WRITES_AT_ONCE);
  });

  it('is not synced for reads', async () => {
    const collection = await openTraced();
    const before = logSyncs();
    expect(await collection.find().toArray()).toHaveLength(1);
    expect(logSyncs()).toBe(before);
  });
});
