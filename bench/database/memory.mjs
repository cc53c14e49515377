import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import mongoose from 'mongoose';

/**
 * Megabytes of resident memory that the embedded database adds to a process: idle, and after so many writes and reads
 * from another process. The other process is this one, so that no client counts.
 */
export async function extraMemory(directory, documents) {
  const host = fork(fileURLToPath(new URL('./memory-host.mjs', import.meta.url)), [directory]);
  const ask = async (question) => {
    host.send(question);
    const [answer] = await once(host, 'message');
    return answer;
  };
  try {
    const before = await ask('memory');
    const uri = await ask('open');
    const idle = await ask('memory');
    const client = await new mongoose.mongo.MongoClient(uri).connect();
    const collection = client.db('memory').collection('documents');
    for (let i = 0; i < documents; i++) {
      await collection.insertOne({ _id: i, name: 'Ada Lovelace', at: new Date() });
      await collection.findOne({ _id: (i * 7919) % (i + 1) });
    }
    const after = await ask('memory');
    await client.close();
    return { idle: idle - before, afterLoad: after - before, documents };
  } finally {
    host.send('close');
    await once(host, 'exit');
  }
}
