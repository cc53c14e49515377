import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import mongoose from 'mongoose';
import { type OpenDatabase, openTestDatabase } from '../helpers/embedded';

const { BSON } = mongoose.mongo;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;

let database: OpenDatabase;
const sockets: Socket[] = [];

beforeAll(async () => {
  database = await openTestDatabase();
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => database[Symbol.asyncDispose]());

/** A client that says exactly what a test wants it to say. */
class RawClient {
  private received = Buffer.alloc(0);
  private isClosed = false;
  private wake: () => void = () => undefined;

  constructor(private readonly socket: Socket) {
    socket.on('data', (piece) => {
      this.received = Buffer.concat([this.received, piece as Buffer]);
      this.wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** The next whole reply; 'closed' where the server hangs up instead. */
  async reply(): Promise<{ responseTo: number; code: number; body: Record<string, unknown> } | 'closed'> {
    for (;;) {
      const length = this.received.length >= 4 ? this.received.readInt32LE(0) : Number.POSITIVE_INFINITY;
      if (this.received.length >= length) {
        const bytes = this.received.subarray(0, length);
        this.received = this.received.subarray(length);
        const code = bytes.readInt32LE(12);
        const body = BSON.deserialize(bytes.subarray(code === OP_MSG ? 21 : 36));
        return { responseTo: bytes.readInt32LE(8), code, body };
      }
      if (this.isClosed) return 'closed';
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

async function rawClient(): Promise<RawClient> {
  const socket = connect(decodeURIComponent(database.uri.slice('mongodb://'.length)));
  sockets.push(socket);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return new RawClient(socket);
}

let lastId = 0;

function frame(code: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(16 + payload.length, 0);
  header.writeInt32LE(++lastId, 4);
  header.writeInt32LE(code, 12);
  return Buffer.concat([header, payload]);
}

function message(sections: Buffer[], flags = 0): Buffer {
  const bits = Buffer.alloc(4);
  bits.writeUInt32LE(flags);
  return frame(OP_MSG, Buffer.concat([bits, ...sections]));
}

const body = (command: object) => Buffer.concat([Buffer.from([0]), BSON.serialize(command)]);

function sequence(name: string, documents: object[]): Buffer {
  const content = Buffer.concat([Buffer.from(`${name}\0`), ...documents.map((each) => BSON.serialize(each))]);
  const start = Buffer.alloc(5);
  start[0] = 1;
  start.writeInt32LE(content.length + 4, 1);
  return Buffer.concat([start, content]);
}

const ping = () => message([body({ ping: 1, $db: 'admin' })]);

async function expectAlive(): Promise<void> {
  expect(await database.client.db('admin').command({ ping: 1 })).toMatchObject({ ok: 1 });
}

describe('a message', () => {
  it('is answered with its id, also when it comes byte by byte, or many in one piece', async () => {
    const client = await rawClient();
    const one = ping();
    for (const byte of one) client.send(Buffer.from([byte]));
    expect(await client.reply()).toMatchObject({ responseTo: one.readInt32LE(4), body: { ok: 1 } });
    const many = Array.from({ length: 50 }, ping);
    client.send(Buffer.concat(many));
    for (const each of many) expect(await client.reply()).toMatchObject({ responseTo: each.readInt32LE(4) });
  });

  it('may carry its documents as a sequence, before or behind the body', async () => {
    const client = await rawClient();
    const command = body({ insert: 'sequences', $db: 'test' });
    client.send(message([sequence('documents', [{ _id: 1 }, { _id: 2 }]), command]));
    expect(await client.reply()).toMatchObject({ body: { n: 2, ok: 1 } });
    client.send(message([command, sequence('documents', [{ _id: 3 }])]));
    expect(await client.reply()).toMatchObject({ body: { n: 1, ok: 1 } });
    expect(await database.db.collection('sequences').countDocuments()).toBe(3);
  });

  it('with a checksum is taken when it is right, and ends the connection when it is not', async () => {
    const client = await rawClient();
    const right = withChecksum(message([body({ ping: 1, $db: 'admin' })], CHECKSUM_PRESENT));
    client.send(right);
    expect(await client.reply()).toMatchObject({ body: { ok: 1 } });
    const wrong = Buffer.from(right);
    wrong[wrong.length - 1] = (wrong[wrong.length - 1] as number) ^ 1;
    client.send(wrong);
    expect(await client.reply()).toBe('closed');
    await expectAlive();
  });

  it('that wants no answer gets none, and is done all the same', async () => {
    const client = await rawClient();
    client.send(message([body({ insert: 'quiet', documents: [{ _id: 1 }], $db: 'test' })], MORE_TO_COME));
    const next = ping();
    client.send(next);
    expect(await client.reply()).toMatchObject({ responseTo: next.readInt32LE(4) });
    expect(await database.db.collection('quiet').countDocuments()).toBe(1);
  });

  it.each<[string, () => Buffer]>([
    ['shorter than its header', () => Buffer.from([15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['longer than was agreed', () => Buffer.from([0, 0, 0, 0x7f, 0, 0, 0, 0])],
    ['of a negative length', () => Buffer.from([0, 0, 0, 0xff])],
    ['of another kind', () => frame(2010, Buffer.alloc(20))],
    ['that is compressed', () => frame(2012, Buffer.alloc(20))],
    ['without a body', () => message([])],
    ['with two bodies', () => message([body({ ping: 1, $db: 'admin' }), body({ ping: 1, $db: 'admin' })])],
    [
      'with an unknown kind of section',
      () => message([Buffer.concat([Buffer.from([2]), BSON.serialize({})])]),
    ],
    ['with a flag that must be understood', () => message([body({ ping: 1, $db: 'admin' })], 8)],
    ['with a section longer than itself', () => message([Buffer.from([0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0])])],
    ['that is HTTP', () => Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ])('%s ends its connection, and no other', async (_, bytes) => {
    const client = await rawClient();
    client.send(bytes());
    expect(await client.reply()).toBe('closed');
    await expectAlive();
  });

  it('whose document is no BSON is answered with InvalidBSON, and the next one is heard', async () => {
    const client = await rawClient();
    const document = Buffer.from(BSON.serialize({ ping: 1, $db: 'admin' }));
    document[4] = 0x55;
    client.send(message([Buffer.concat([Buffer.from([0]), document])]));
    expect(await client.reply()).toMatchObject({ body: { ok: 0, code: 22, codeName: 'InvalidBSON' } });
    client.send(ping());
    expect(await client.reply()).toMatchObject({ body: { ok: 1 } });
  });

  it('of random bytes, or a good one with some bytes changed, never ends the server', async () => {
    const good = message([
      body({ find: 'c', filter: { a: { $in: [1, 'x', null] } }, sort: { a: 1 }, $db: 'test' }),
      sequence('more', [{ a: 1 }, { b: [1, 2] }]),
    ]);
    const changed = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
      .map((changes) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      });
    const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(fc.oneof(changed, random), async (bytes) => {
        const client = await rawClient();
        client.send(bytes);
        sockets.pop()?.end();
        await expectAlive();
      }),
      { numRuns: 200 },
    );
  });
});

describe('the handshake', () => {
  it('is also understood in the legacy form, and answered in it', async () => {
    const client = await rawClient();
    const name = Buffer.from('admin.$cmd\0');
    client.send(
      frame(
        OP_QUERY,
        Buffer.concat([
          Buffer.alloc(4),
          name,
          Buffer.alloc(4),
          Buffer.from([255, 255, 255, 255]),
          BSON.serialize({ ismaster: 1, helloOk: true }),
        ]),
      ),
    );
    expect(await client.reply()).toMatchObject({ code: 1, body: { ismaster: true, helloOk: true, ok: 1 } });
  });
});

/** CRC-32C, bit by bit: slow, short, and written apart from the server's. */
function withChecksum(bytes: Buffer): Buffer {
  const all = Buffer.concat([bytes, Buffer.alloc(4)]);
  all.writeInt32LE(all.length, 0);
  let rest = 0xffffffff;
  for (const byte of all.subarray(0, -4)) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1;
  }
  all.writeUInt32LE((rest ^ 0xffffffff) >>> 0, all.length - 4);
  return all;
}
