import mongoose from 'mongoose';
import { noEngine, startEngine } from './engine';

const itWithEngine = noEngine ? it.skip : it;

itWithEngine(
  `the engine is MongoDB's own server: it refuses what only a double would accept${noEngine ? ` (skipped: ${noEngine})` : ''}`,
  async () => {
    await using engine = await startEngine();
    const client = await new mongoose.mongo.MongoClient(engine.uri).connect();
    const things = client.db('engine').collection<{ _id: string; n: number }>('things');
    await things.insertOne({ _id: 'a', n: 1 });
    const upsert = things.updateOne({ $expr: { $eq: ['$n', 2] } }, { $set: { n: 3 } }, { upsert: true });
    await expect(upsert).rejects.toMatchObject({ code: 224 });
    expect(await things.find().toArray()).toEqual([{ _id: 'a', n: 1 }]);
    const { versionArray } = await client.db('admin').command({ buildInfo: 1 });
    expect(versionArray[0]).toBeGreaterThanOrEqual(8);
    await client.close();
  },
);
