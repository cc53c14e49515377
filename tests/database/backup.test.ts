import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import mongoose from 'mongoose';
import { openEmbeddedDatabase } from '../../src/database/embedded';

const { BSON, MongoClient } = mongoose.mongo;
const root = resolve(__dirname, '../..');

/** One directory of data for each place, all gone at the end. */
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'backup-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const freshPlace = (): string => join(scratch, randomUUID());

interface Outcome {
  code: number;
  said: string;
}

/** Runs the script as `npm run` does. */
async function backup(
  action: 'export' | 'import',
  args: string[],
  settings: NodeJS.ProcessEnv,
): Promise<Outcome> {
  const script = join(root, 'scripts', 'backup.mjs');
  const env = { PATH: process.env['PATH'], HOME: scratch, ...settings };
  try {
    const { stderr } = await promisify(execFile)(process.execPath, [script, action, ...args], {
      cwd: scratch,
      env,
    });
    return { code: 0, said: stderr };
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    return { code, said: stderr };
  }
}

/** Opens the database of a place, as the service would, for as long as `use` takes. */
async function within<T>(place: string, use: (client: mongoose.mongo.MongoClient) => Promise<T>): Promise<T> {
  const server = await openEmbeddedDatabase({ directory: join(place, 'database') });
  const client = await new MongoClient(server.uri).connect();
  try {
    return await use(client);
  } finally {
    await client.close();
    await server.close();
  }
}

/** Everything that one place holds, byte for byte. */
async function contentsOf(place: string): Promise<unknown> {
  return within(place, async (client) => {
    const found: Record<string, unknown> = {};
    for (const { name: db } of (await client.db().admin().listDatabases()).databases) {
      for (const { name, ...described } of await client.db(db).listCollections().toArray()) {
        const collection = client.db(db).collection(name);
        const documents = await collection.find({}, { raw: true }).sort({ _id: 1 }).toArray();
        found[`${db}.${name}`] = {
          options: 'options' in described ? described.options : undefined,
          indexes: await collection.listIndexes().toArray(),
          documents: documents.map((bytes) => Buffer.from(bytes as unknown as Uint8Array).toString('hex')),
        };
      }
    }
    return found;
  });
}

/** One document with a value of each type that a driver can write. */
const ofEveryType = new Map<string, unknown>([
  ['_id', new BSON.ObjectId()],
  ['double', new BSON.Double(1)],
  ['negativeZero', new BSON.Double(-0)],
  ['notANumber', Number.NaN],
  ['infinite', Number.NEGATIVE_INFINITY],
  ['small', 5e-324],
  ['large', new BSON.Double(1.5e300)],
  ['text', 'a "b" \u2028 \u0000 😀'],
  [
    'document',
    new Map([
      ['10', 1],
      ['9a', 2],
      ['2', 3],
    ]),
  ],
  ['list', [1, [2, null], new Map([['x', []]])]],
  ['binary', new BSON.Binary(Buffer.from([0, 1, 255]), 0x80)],
  ['uuid', new BSON.UUID()],
  ['yes', true],
  ['date', new Date(-1)],
  ['nothing', null],
  ['regex', new BSON.BSONRegExp('^a/"', 'im')],
  ['code', new BSON.Code('return 1')],
  ['scoped', new BSON.Code('return x', { x: 1 })],
  ['symbol', new BSON.BSONSymbol('s')],
  ['int', new BSON.Int32(-2147483648)],
  ['timestamp', new BSON.Timestamp({ t: 4294967295, i: 1 })],
  ['long', BSON.Long.MIN_VALUE],
  ['decimal', BSON.Decimal128.fromString('-1.50E+10')],
  ['decimalZero', BSON.Decimal128.fromString('0E-20')],
  ['decimalInfinity', BSON.Decimal128.fromString('Infinity')],
  ['least', new BSON.MinKey()],
  ['most', new BSON.MaxKey()],
  ['looksLikeADate', new Map([['$date', 'today']])],
]);

async function fill(place: string): Promise<void> {
  await within(place, async (client) => {
    const db = client.db('rollcall');
    await db.command({ insert: 'types', documents: [ofEveryType] });
    await db.createCollection('empty');
    const people = db.collection<{ _id: number; name: string; at: Date }>('people');
    await people.createIndexes([
      { key: { name: 1, at: -1 }, name: 'by name', unique: true },
      { key: { at: 1 }, expireAfterSeconds: 1_000_000_000 },
      { key: { name: 1 }, partialFilterExpression: { name: { $gt: 'm' } }, sparse: false, name: 'part' },
    ]);
    await people.insertMany(
      Array.from({ length: 2_500 }, (_, i) => ({ _id: i, name: `n${i}`, at: new Date(i) })),
    );
    await client.db('elsewhere').collection('notes').insertOne({ text: 'another database' });
  });
}

describe('a backup', () => {
  let source: string;
  let file: string;
  beforeAll(async () => {
    source = freshPlace();
    file = join(scratch, 'backup.ejson');
    await fill(source);
    const { code, said } = await backup('export', [file], { DATA_DIR: source });
    expect({ code, said }).toEqual({
      code: 0,
      said: expect.stringContaining('Exported 2502 documents of 4 collections'),
    });
    expect(said).toContain('exporting 50% (1251 of 2502 documents)');
  });

  it('brings every type, every index and every database into another directory, byte for byte', async () => {
    const target = freshPlace();
    const { code, said } = await backup('import', [file], { DATA_DIR: target });
    expect({ code, said }).toEqual({
      code: 0,
      said: expect.stringContaining('Imported 2502 documents of 4 collections'),
    });
    const before = (await contentsOf(source)) as Record<string, unknown>;
    expect(Object.keys(before).sort()).toEqual([
      'elsewhere.notes',
      'rollcall.empty',
      'rollcall.people',
      'rollcall.types',
    ]);
    expect(await contentsOf(target)).toEqual(before);
  });

  it('is lines of canonical extended JSON that anybody can read', async () => {
    const lines = (await readFile(file, 'utf8')).split('\n');
    expect(JSON.parse(lines[0] ?? '')).toEqual({ rollcallBackup: 1 });
    const person = lines.find((line) => line.includes('"n17"')) ?? '';
    expect(BSON.EJSON.parse(person, { relaxed: false })).toEqual({
      document: { _id: new BSON.Int32(17), name: 'n17', at: new Date(17) },
    });
  });

  it('moves into a server that MONGO_URI names, and back from it into the database of that name', async () => {
    const server = await openEmbeddedDatabase({ directory: freshPlace() });
    try {
      const uri = server.uri.replace(/\/?$/, '/moved');
      expect(await backup('import', [file], { MONGO_URI: uri })).toMatchObject({ code: 0 });
      const again = join(scratch, 'from-server.ejson');
      expect(await backup('export', [again], { MONGO_URI: uri })).toMatchObject({ code: 0 });
      const target = freshPlace();
      expect(await backup('import', [again], { DATA_DIR: target })).toMatchObject({ code: 0 });
      const { 'elsewhere.notes': _, ...own } = (await contentsOf(source)) as Record<string, unknown>;
      expect(await contentsOf(target)).toEqual(own);
    } finally {
      await server.close();
    }
  });

  it('is not imported over documents, unless told to replace them', async () => {
    const target = freshPlace();
    await within(target, (client) => client.db('rollcall').collection('precious').insertOne({ kept: true }));
    const refused = await backup('import', [file], { DATA_DIR: target });
    expect(refused).toEqual({
      code: 1,
      said: expect.stringContaining('"rollcall" is not empty: precious has documents'),
    });
    expect(Object.keys((await contentsOf(target)) as object)).toEqual(['rollcall.precious']);
    expect(await backup('import', ['--replace', file], { DATA_DIR: target })).toMatchObject({ code: 0 });
    expect(await contentsOf(target)).toEqual(await contentsOf(source));
  });

  it('is not written over a file that exists', async () => {
    const { code, said } = await backup('export', [file], { DATA_DIR: source });
    expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining('exists already') });
  });

  describe('that is damaged is refused with its line, and nothing is changed', () => {
    const damages: [string, (text: string) => string, string][] = [
      ['cut in the middle of a line', (text) => text.slice(0, text.indexOf('"n17"') + 3), 'line '],
      [
        'cut at the end of a line',
        (text) => text.slice(0, text.indexOf('\n', text.indexOf('"n17"')) + 1),
        'it is torn',
      ],
      [
        'without a document in the middle',
        (text) => text.replace(/^.*"n17".*\n/m, ''),
        '2502 documents were written, and 2501',
      ],
      ['with another letter in a document', (text) => text.replace('"n17"', '"n18"'), 'not what was written'],
      [
        'with a number out of range',
        (text) => text.replace('{"$numberInt":"17"}', '{"$numberInt":"17000000000"}'),
        'a bad $numberInt',
      ],
      [
        'of another program',
        () => '{"_id":{"$oid":"000000000000000000000000"}}\n',
        'line 1: it must be a header',
      ],
      ['empty', () => '', 'line 1: the file ends'],
      ['of a later version', () => '{"rollcallBackup":2}\n', 'line 1: format 2'],
    ];
    it.each(damages)('when it is %s', async (_, damage, finding) => {
      const text = await readFile(file, 'utf8');
      const damaged = damage(text);
      expect(damaged).not.toBe(text);
      const torn = join(scratch, `${randomUUID()}.ejson`);
      await writeFile(torn, damaged);
      const target = freshPlace();
      const { code, said } = await backup('import', [torn], { DATA_DIR: target });
      expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining(finding) });
      expect(said).toMatch(/, line \d+: .* Nothing was imported\./);
      expect(await contentsOf(target)).toEqual({});
    });
  });

  it('is made through the process that has the directory, which an import does not touch', async () => {
    await within(source, async () => {
      const through = join(scratch, 'through.ejson');
      const exported = await backup('export', [through], { DATA_DIR: source });
      expect(exported).toEqual({ code: 0, said: expect.stringContaining(`through process ${process.pid}`) });
      expect(await readFile(through, 'utf8')).toBe(await readFile(file, 'utf8'));
      const refused = await backup('import', ['--replace', file], { DATA_DIR: source });
      expect(refused).toEqual({ code: 1, said: expect.stringContaining(`in use by process ${process.pid}`) });
    });
  });

  it('says how it is used', async () => {
    expect(await backup('import', ['--force', file], {})).toEqual({
      code: 1,
      said: 'Usage: npm run db:import -- [--replace] FILE\n',
    });
  });
});
