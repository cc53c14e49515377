import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { DatabaseDamaged, DirectoryInUse, openEmbeddedDatabase } from '../../src/database/embedded';
import { openTestDatabase } from '../helpers/embedded';
import { endProcesses, type RunningProcess, startProcess } from '../helpers/running-process';

const program = join(__dirname, '..', 'helpers', 'embedded-process.cjs');
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'durable-'));
});
afterEach(async () => {
  await endProcesses();
  rmSync(directory, { recursive: true, force: true });
});

/** A database with enough in it to have pages of every kind, closed. */
async function filled(): Promise<string> {
  const file = join(directory, 'database.sqlite');
  const { uri, close } = await openEmbeddedDatabase({ directory });
  const client = await new mongoose.mongo.MongoClient(uri).connect();
  const documents = Array.from({ length: 500 }, (_, i) => ({
    _id: i as never,
    text: `document ${i}`.repeat(20),
  }));
  await client.db('test').collection('kept').insertMany(documents);
  await client.close();
  await close();
  return file;
}

/** Lets a process of the database do something, and kills it when it has. */
async function killedAfter(work: (db: mongoose.mongo.Db) => Promise<unknown>): Promise<void> {
  const server = startProcess([process.execPath, program, directory], directory);
  const [, uri = ''] = await server.says(/^open (.*)$/m);
  const client = await new mongoose.mongo.MongoClient(uri).connect();
  await work(client.db('test'));
  // Before its end: a client looks for a server to say goodbye to, for as long as 30 s.
  await client.close();
  server.signal('SIGKILL');
  await server.ended;
}

describe('a file that is not what was written', () => {
  it.each<[string, (file: string) => void]>([
    ['has lost its end', (file) => truncateSync(file, Math.floor(statSync(file).size / 2))],
    ['is overwritten in the middle', (file) => overwrite(file, 3 * 4096, 8 * 4096)],
    ['does not even begin as one', (file) => overwrite(file, 0, 4096)],
    [
      'is some other text',
      (file) => writeFileSync(file, 'a letter to my aunt, of no interest to a database'),
    ],
  ])('because it %s is reported, with what to do, and left as it is', async (_, damage) => {
    const file = await filled();
    damage(file);
    const before = readFileSync(file);
    const opening = openEmbeddedDatabase({ directory });
    await expect(opening).rejects.toThrow(DatabaseDamaged);
    await expect(opening).rejects.toThrow(/is damaged: .*Copy it somewhere safe/);
    await expect(opening).rejects.toThrow(file);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('because it has lost its end is reported, too, where the log of its last process lies beside it', async () => {
    const file = await filled();
    await killedAfter((db) => db.collection('few').insertOne({ text: 'in the log' }));
    truncateSync(file, Math.floor(statSync(file).size / 2));
    await expect(openEmbeddedDatabase({ directory })).rejects.toThrow(DatabaseDamaged);
  });

  // A worker that fails ends right behind its message, and now and then both arrive at once.
  it('is reported every time that it is tried', async () => {
    writeFileSync(join(directory, 'database.sqlite'), 'a letter to my aunt, of no interest to a database');
    for (let attempt = 0; attempt < 25; attempt++) {
      await expect(openEmbeddedDatabase({ directory })).rejects.toThrow(DatabaseDamaged);
    }
  });

  it('but was only cut off within the log of a commit opens with every commit before it', async () => {
    await killedAfter(async (db) => {
      for (let i = 0; i < 20; i++) await db.collection('kept').insertOne({ _id: i as never });
    });
    const log = join(directory, 'database.sqlite-wal');
    truncateSync(log, statSync(log).size - 100);
    await using database = await openTestDatabase(directory);
    expect(await database.db.collection('kept').countDocuments({ _id: { $lt: 19 } as never })).toBe(19);
    expect(await database.db.command({ validate: 'kept' })).toMatchObject({ valid: true });
  });

  it('but was only on the way from the log into the file opens with everything', async () => {
    await killedAfter(async (db) => {
      const kept = db.collection('kept');
      for (let i = 0; i < 20; i++) await kept.insertOne({ _id: i as never, text: 'long'.repeat(5_000) });
    });
    beginCheckpoint(join(directory, 'database.sqlite'));
    await using database = await openTestDatabase(directory);
    expect(await database.db.collection('kept').countDocuments()).toBe(20);
    expect(await database.db.command({ validate: 'kept' })).toMatchObject({ valid: true });
  });
});

/**
 * Does the first step of what SQLite does to bring a file up to its log: the newest first page, which says how many there are,
 * before those that it counts. See "The WAL Format" in sqlite.org/fileformat2.html: 32 bytes, then each page behind 24 of its own.
 */
function beginCheckpoint(file: string): void {
  const log = readFileSync(`${file}-wal`);
  const pageSize = log.readUInt32BE(8);
  const frames: Buffer[] = [];
  for (let at = 32; at + 24 + pageSize <= log.length; at += 24 + pageSize) frames.push(log.subarray(at));
  const first = frames.findLast((frame) => frame.readUInt32BE(0) === 1);
  const bytes = readFileSync(file);
  first?.copy(bytes, 0, 24, 24 + pageSize);
  expect(bytes.readUInt32BE(28) * pageSize).toBeGreaterThan(bytes.length);
  writeFileSync(file, bytes);
}

function overwrite(file: string, from: number, to: number): void {
  const bytes = readFileSync(file);
  bytes.fill(0xa5, from, Math.min(to, bytes.length));
  writeFileSync(file, bytes);
}

it('a second process on the same directory is told which process has it', async () => {
  const first = startProcess([process.execPath, program, directory], directory);
  await first.says(/^open /m);
  const second = startProcess([process.execPath, program, directory], directory);
  await second.says(/^failed DirectoryInUse: .*in use by process \d+/m);
  expect(second.output).toContain(`process ${first.pid}`);
  expect(second.output).toContain(directory);
  await expect(openEmbeddedDatabase({ directory })).rejects.toThrow(DirectoryInUse);
});

it('a directory is free again once its database is closed, or its process is gone', async () => {
  const first = startProcess([process.execPath, program, directory], directory);
  await first.says(/^open /m);
  first.signal('SIGKILL');
  await first.ended;
  const again = await openEmbeddedDatabase({ directory });
  await again.close();
  await (await openEmbeddedDatabase({ directory })).close();
});

describe('the socket', () => {
  it('is for its owner alone, in a directory for its owner alone', async () => {
    const nested = join(directory, 'nested');
    const { uri, close } = await openEmbeddedDatabase({ directory: nested });
    const path = decodeURIComponent(new URL(uri).host || uri.slice('mongodb://'.length));
    expect(path).toBe(join(nested, 'mongodb.sock'));
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(nested).mode & 0o777).toString(8)).toBe('700');
    await close();
  });

  it('lies in a private directory elsewhere where its path would be too long, and is cleared away', async () => {
    const deep = join(directory, ...Array.from({ length: 12 }, () => 'a-folder-name'));
    const { uri, close } = await openEmbeddedDatabase({ directory: deep });
    const path = decodeURIComponent(uri.slice('mongodb://'.length));
    expect(Buffer.byteLength(path)).toBeLessThan(104);
    expect((statSync(join(path, '..')).mode & 0o777).toString(8)).toBe('700');
    const client = await new mongoose.mongo.MongoClient(uri).connect();
    expect(await client.db('test').command({ ping: 1 })).toMatchObject({ ok: 1 });
    await client.close();
    await close();
    expect(() => statSync(path)).toThrow('ENOENT');
  });
});

describe('a disk that is full', () => {
  /** A program on a disk of 6 MB, which only it can see, 2 MB of it taken. Undefined where this system lets us make none. */
  function startOnSmallDisk(): RunningProcess | undefined {
    const take = `dd if=/dev/zero of='${directory}/ballast' bs=1024 count=2048 status=none`;
    const mount = `mount -t tmpfs -o size=6m,mode=700 none '${directory}' && ${take}`;
    try {
      execFileSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', mount], {
        stdio: 'ignore',
      });
    } catch {
      return undefined;
    }
    const run = `${mount} && exec '${process.execPath}' '${program}' '${directory}'`;
    return startProcess(['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', run], tmpdir());
  }

  /** A program that may write no file above 2 MB: fails at the same places, with another error of the system. */
  function startWithSmallFiles(): RunningProcess {
    const run = `ulimit -f 4000 && exec '${process.execPath}' '${program}' '${directory}'`;
    return startProcess(['sh', '-c', run], directory);
  }

  /** Stores until the disk is full, and answers with how many documents were taken. */
  async function fill(kept: mongoose.mongo.Collection<Kept>): Promise<number> {
    for (let stored = 0; ; stored++) {
      try {
        await kept.insertOne({ _id: stored, text });
      } catch (error) {
        expect(error).toMatchObject({ name: 'MongoServerError' });
        expect([14031, 96]).toContain((error as mongoose.mongo.MongoServerError).code);
        return stored;
      }
    }
  }

  it('gives an error on the write that no longer fits, and keeps what was there', async () => {
    const small = startOnSmallDisk();
    const server = small ?? startWithSmallFiles();
    const [, inside = ''] = await server.says(/^open (.*)$/m);
    // Its socket lies on a disk that only it can see, but can be reached through the process.
    const root = small ? `/proc/${server.pid}/root` : '';
    const socket = `${root}${decodeURIComponent(inside.slice('mongodb://'.length))}`;
    const client = await new mongoose.mongo.MongoClient(`mongodb://${encodeURIComponent(socket)}`).connect();
    try {
      const kept = client.db('test').collection<Kept>('kept');
      const stored = await fill(kept);
      expect(stored).toBeGreaterThan(10);
      const found = await kept.find().toArray();
      expect(found.map(({ _id }) => _id)).toEqual(Array.from({ length: stored }, (_, i) => i));
      expect(found.every((each) => each.text === text)).toBe(true);
      expect(await client.db('test').command({ validate: 'kept' })).toMatchObject({ valid: true });
      if (!small) return;
      rmSync(join(root, directory, 'ballast'));
      await kept.insertOne({ _id: stored, text });
      expect(await kept.countDocuments()).toBe(stored + 1);
    } finally {
      await client.close();
    }
  });
});

interface Kept {
  _id: number;
  text: string;
}
const text = 'x'.repeat(50_000);
