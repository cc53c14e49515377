import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Collection } from 'mongoose';
import { driverCommands } from '../../src/database/commands';
import { connectDatabase, isDuplicateKey, isUnavailable } from '../../src/database/connect';
import { type EmbeddedDatabase, openEmbeddedDatabase } from '../../src/database/embedded';
import { Line } from '../../src/database/line';
import { LineCommands } from '../../src/database/line-commands';
import { silentMeter } from '../../src/figures';

let directory: string;
let database: EmbeddedDatabase;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'line-'));
  database = await openEmbeddedDatabase({ directory });
});

afterEach(async () => {
  await database.close();
  await rm(directory, { recursive: true, force: true });
});

/** A line to the database, and a collection as the driver sees it. */
async function opened() {
  const connection = await connectDatabase(database.uri);
  const line = new Line(database.socketPath, silentMeter);
  const things = connection.collection('things') as unknown as Collection;
  const stored = async () => (await things.find().toArray()).map(({ _id, ...rest }) => ({ _id, ...rest }));
  const close = async () => {
    await line.close();
    await connection.close();
  };
  return { commands: new LineCommands(line), things, stored, [Symbol.asyncDispose]: close };
}

const failure = (doing: Promise<unknown>) =>
  doing.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('what is inserted over the line', () => {
  it('is what the driver would have stored, in its order, without undefined members', async () => {
    await using there = await opened();
    const at = new Date(1.7e12);
    await there.commands.insert(there.things, [
      { _id: 'b', at, of: { n: 1, gone: undefined }, list: [true, null, 1.5] },
      { _id: 'a', gone: undefined },
    ]);
    expect(await there.stored()).toEqual([
      { _id: 'b', at, of: { n: 1 }, list: [true, null, 1.5] },
      { _id: 'a' },
    ]);
  });

  it('is stored up to the first that is refused, and the error says which that is', async () => {
    await using there = await opened();
    const error = await failure(
      there.commands.insert(there.things, [{ _id: 1 }, { _id: 2 }, { _id: 1 }, { _id: 3 }]),
    );
    expect(isDuplicateKey(error)).toBe(true);
    expect(error).toMatchObject({ writeErrors: [{ index: 2, code: 11000 }] });
    expect(await there.stored()).toEqual([{ _id: 1 }, { _id: 2 }]);
  });

  it('may be more than fits into one message', async () => {
    await using there = await opened();
    const text = 'x'.repeat(6_000_000);
    await there.commands.insert(
      there.things,
      Array.from({ length: 10 }, (_, _id) => ({ _id, text })),
    );
    expect(await there.things.countDocuments({})).toBe(10);
  });

  it('is told to each of many who wait for it', async () => {
    await using there = await opened();
    const errors = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        failure(there.commands.insert(there.things, [{ _id: n >> 1 }])).then((error) => error !== undefined),
      ),
    );
    expect(errors).toEqual(Array.from({ length: 200 }, (_, n) => n % 2 === 1));
  });
});

describe('what is found over the line', () => {
  it('is what the driver finds, in its order, also where it is more than one reply holds', async () => {
    await using there = await opened();
    const text = 'x'.repeat(3_000_000);
    const at = new Date(1.7e12);
    await there.commands.insert(
      there.things,
      Array.from({ length: 12 }, (_, _id) => ({ _id, text, at, n: -_id, even: _id % 2 === 0 })),
    );
    const question = { filter: { _id: { $gt: 0 } }, projection: { text: 1, at: 1 }, sort: { n: 1 } } as const;
    const found = await there.commands.find(there.things, question);
    expect(found).toEqual(await driverCommands.find(there.things, question));
    expect(found).toEqual(Array.from({ length: 11 }, (_, n) => ({ _id: 11 - n, text, at })));
  });
});

describe('what is updated over the line', () => {
  it('counts what was found and what was changed, and makes what is to be made', async () => {
    await using there = await opened();
    await there.commands.insert(there.things, [
      { _id: 1, n: 1 },
      { _id: 2, n: 2 },
    ]);
    const done = await there.commands.update(there.things, [
      { filter: { _id: 1 }, update: { $set: { n: 10, gone: undefined } } },
      { filter: { _id: 2 }, update: { $set: { n: 2 } } },
      { filter: { _id: 3 }, update: { $set: { n: 3 } }, upsert: true },
      { filter: { _id: 4 }, update: { $set: { n: 4 } } },
    ]);
    expect(done).toEqual({ matchedCount: 2, modifiedCount: 1 });
    expect(await there.stored()).toEqual([
      { _id: 1, n: 10 },
      { _id: 2, n: 2 },
      { _id: 3, n: 3 },
    ]);
  });

  it('goes on behind one that is refused, and says so', async () => {
    await using there = await opened();
    await there.commands.insert(there.things, [{ _id: 1, n: 5 }]);
    const stale = { filter: { _id: 1, n: { $lt: 3 } }, update: { $set: { n: 3 } }, upsert: true };
    const other = { filter: { _id: 2 }, update: { $set: { n: 1 } }, upsert: true };
    const error = await failure(there.commands.update(there.things, [stale, other]));
    expect(isDuplicateKey(error)).toBe(true);
    expect(await there.stored()).toEqual([
      { _id: 1, n: 5 },
      { _id: 2, n: 1 },
    ]);
  });

  it('may be many, of which each is made, and counted, though some are refused', async () => {
    await using there = await opened();
    const make = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => ({
        filter: { _id: from + n },
        update: { $set: { n } },
        upsert: true,
      }));
    expect(await there.commands.update(there.things, make(0, 200))).toEqual({
      matchedCount: 0,
      modifiedCount: 0,
    });
    expect(await there.commands.update(there.things, make(100, 150))).toEqual({
      matchedCount: 100,
      modifiedCount: 100,
    });
    const refused = [{ filter: { _id: 7, n: -1 }, update: { $set: { n: 0 } }, upsert: true }];
    const error = await failure(there.commands.update(there.things, [...refused, ...make(300, 150)]));
    expect(isDuplicateKey(error)).toBe(true);
    expect(await there.things.countDocuments({})).toBe(400);
  });

  it('is refused as a whole in the words of the server', async () => {
    await using there = await opened();
    const error = await failure(
      there.commands.update(there.things, [{ filter: { _id: 1 }, update: 1 as never }]),
    );
    expect(error).toMatchObject({ name: expect.stringMatching(/MongoServerError|WriteRefused/) });
    expect(isUnavailable(error)).toBe(false);
  });
});

describe('a database that is away', () => {
  it('is told from one that refuses, and found again when it is back', async () => {
    await using there = await opened();
    await there.commands.insert(there.things, [{ _id: 1 }]);
    await database.close();
    expect(isUnavailable(await failure(there.commands.insert(there.things, [{ _id: 2 }])))).toBe(true);
    database = await openEmbeddedDatabase({ directory });
    await there.commands.insert(there.things, [{ _id: 3 }]);
    expect(await there.stored()).toEqual([{ _id: 1 }, { _id: 3 }]);
  });

  it('is not waited for without end', async () => {
    const path = join(directory, 'silent.sock');
    const silent = createServer((socket) => socket.resume()).listen(path);
    const line = new Line(path, silentMeter, 20);
    const error = await failure(line.command({ ping: 1, $db: 'test' }));
    expect(isUnavailable(error)).toBe(true);
    await line.close();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('is asked nothing once the line is closed', async () => {
    await using there = await opened();
    await there[Symbol.asyncDispose]();
    expect(isUnavailable(await failure(there.commands.insert(there.things, [{ _id: 1 }])))).toBe(true);
  });
});
