import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { endProcesses, type RunningProcess, startProcess } from '../helpers/running-process';

type Client = mongoose.mongo.MongoClient;

/** 10 here; `npm run chaos:database` asks for more. */
const KILLS = Number(process.env['DATABASE_KILLS'] ?? 10);
const WRITERS = 8;
/** Acknowledged writes before a kill, at most. */
const MOST_BEFORE_KILL = 150;

const program = join(__dirname, '..', 'helpers', 'embedded-process.cjs');
const clients: Client[] = [];
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'killed-'));
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await endProcesses();
  await rm(directory, { recursive: true });
});

function start(): RunningProcess {
  return startProcess([process.execPath, program, directory], directory);
}

async function connectTo(server: RunningProcess): Promise<Client> {
  const [, uri = ''] = await server.says(/^open (.*)$/m);
  // A write whose answer is lost must not be sent again behind the back of the test.
  const options = { retryWrites: false, retryReads: false, maxPoolSize: WRITERS };
  const client = await new mongoose.mongo.MongoClient(uri, options).connect();
  clients.push(client);
  return client;
}

/** What was acknowledged, over all kills, and what may or may not have been done when the server died. */
class Ledger {
  readonly inserted = new Set<number>();
  readonly deleted = new Set<number>();
  readonly increments = { acknowledged: 0, sent: 0 };
  acknowledged = 0;
  private next = 0;

  /** One write after another until the server is gone. */
  async write(client: Client, afterEach: () => void): Promise<void> {
    const collection = client.db('test').collection<{ _id: number }>('written');
    const counters = client.db('test').collection<{ _id: string; n: number }>('counters');
    try {
      for (;;) {
        const id = this.next++;
        await collection.insertOne({ _id: id, ...payloadOf(id) });
        this.inserted.add(id);
        this.done(afterEach);
        this.increments.sent += 1;
        await counters.updateOne({ _id: 'all' }, { $inc: { n: 1 } }, { upsert: true });
        this.increments.acknowledged += 1;
        this.done(afterEach);
        if (id % 5 !== 0) continue;
        this.inserted.delete(id);
        await collection.deleteOne({ _id: id });
        this.deleted.add(id);
        this.done(afterEach);
      }
    } catch (error) {
      // Only a server that is there can say no; every other error is one of the connection.
      if (error instanceof mongoose.mongo.MongoServerError) throw error;
    }
  }

  private done(afterEach: () => void): void {
    this.acknowledged += 1;
    afterEach();
  }

  /** Everything that was acknowledged and is not as acknowledged. */
  async lostIn(client: Client): Promise<string[]> {
    const lost: string[] = [];
    const there = new Map<number, unknown>();
    for await (const { _id, ...rest } of client.db('test').collection<{ _id: number }>('written').find()) {
      there.set(_id, rest);
    }
    for (const id of this.inserted) if (!there.has(id)) lost.push(`insert ${id}`);
    for (const id of this.deleted) if (there.has(id)) lost.push(`delete ${id}`);
    for (const [id, rest] of there) {
      if (JSON.stringify(rest) !== JSON.stringify(payloadOf(id))) lost.push(`content of ${id}`);
    }
    const counter = await client.db('test').collection('counters').findOne();
    const n = (counter?.['n'] as number | undefined) ?? 0;
    if (n < this.increments.acknowledged || n > this.increments.sent) {
      lost.push(`counter ${n}, acknowledged ${this.increments.acknowledged}, sent ${this.increments.sent}`);
    }
    return lost;
  }
}

/** Of many sizes, so that some writes fill pages of their own. */
function payloadOf(id: number) {
  return { room: `room ${id % 7}`, seq: id, text: 'x'.repeat((id * 997) % 9_000) };
}

/** Ends the server without a word at a moment between two acknowledged writes, or within a commit. */
async function killUnderLoad(server: RunningProcess, client: Client, ledger: Ledger): Promise<void> {
  let left = 1 + Math.floor(Math.random() * MOST_BEFORE_KILL);
  const kill = () => server.signal('SIGKILL');
  const countDown = () => {
    left -= 1;
    // Answers come when a commit is over, so some kills wait a moment and hit the next one.
    if (left === 0) setTimeout(kill, Math.random() * 4);
  };
  await Promise.all(Array.from({ length: WRITERS }, () => ledger.write(client, countDown)));
  await server.ended;
  await client.close();
}

it(
  `loses none of the acknowledged writes in ${KILLS} kills under load`,
  async () => {
    const ledger = new Ledger();
    for (let kill = 0; kill < KILLS; kill++) {
      // Every tenth dies while it is still opening the database.
      if (kill % 10 === 9) {
        const young = start();
        setTimeout(() => young.signal('SIGKILL'), Math.random() * 400);
        await young.ended;
      }
      const server = start();
      const client = await connectTo(server);
      if (kill === 0)
        await client.db('test').collection('written').createIndex({ room: 1, seq: 1 }, { unique: true });
      expect(await ledger.lostIn(client)).toEqual([]);
      await killUnderLoad(server, client, ledger);
    }
    const server = start();
    const client = await connectTo(server);
    expect(await ledger.lostIn(client)).toEqual([]);
    for (const name of ['written', 'counters']) {
      const { valid, errors } = await client.db('test').command({ validate: name });
      expect({ name, valid, errors }).toEqual({ name, valid: true, errors: [] });
    }
    expect(ledger.acknowledged).toBeGreaterThan(KILLS);
    await client.close();
    process.stdout.write(`${KILLS} kills, ${ledger.acknowledged} acknowledged writes, 0 lost\n`);
  },
  60_000 + KILLS * 10_000,
);
