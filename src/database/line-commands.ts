import { type Collection, mongo } from 'mongoose';
import { type Commands, driverCommands, type Question } from './commands';
import type { Carried, Line } from './line';

/** What goes over the line at once, in documents and bytes: far less than the server takes. The driver cuts up what is more. */
const MOST = 10_000;
const MOST_BYTES = 16_000_000;
/** Updates that the database makes without a pause: what is inserted meanwhile, and waited for, comes before the next of them. */
const PIECE = 64;
/** An acknowledged write is on disk, as with the driver's. */
const durable = { writeConcern: { w: 'majority', j: true } };

/** Where in a command a document was refused, and why. */
interface WriteError {
  readonly index: number;
  readonly code: number;
  readonly errmsg: string;
}

/** Some of a command's documents were refused. The members are called as the driver calls them. */
class WriteRefused extends Error {
  override readonly name = 'WriteRefused';
  readonly code: number;
  constructor(readonly writeErrors: readonly [WriteError, ...WriteError[]]) {
    super(writeErrors[0].errmsg);
    this.code = writeErrors[0].code;
  }
}

/** The same commands as the driver's, to the embedded database, at a quarter of its cost. */
export class LineCommands implements Commands {
  constructor(private readonly line: Line) {}

  async insert(into: Collection, documents: readonly object[]): Promise<void> {
    const encoded = encode(documents);
    if (!encoded) return driverCommands.insert(into, documents);
    const command = { insert: into.collectionName, ordered: true, ...durable };
    await this.command(into, command, { field: 'documents', documents: encoded });
  }

  async find<T>(among: Collection, { filter, ...options }: Question): Promise<T[]> {
    const { collectionName: collection } = among;
    const found: T[] = [];
    let command: object = { find: collection, filter, ...options, batchSize: MOST };
    for (;;) {
      const { cursor } = await this.command(among, command);
      for (const document of cursor.firstBatch ?? cursor.nextBatch) found.push(document);
      const id = mongo.BSON.Long.fromValue(cursor.id);
      if (id.isZero()) return found;
      command = { getMore: id, collection, batchSize: MOST };
    }
  }

  async update(of: Collection, updates: Parameters<Commands['update']>[1]): ReturnType<Commands['update']> {
    const encoded = encode(updates.map(({ filter, update, upsert }) => ({ q: filter, u: update, upsert })));
    if (!encoded) return driverCommands.update(of, updates);
    const command = { update: of.collectionName, ordered: false, ...durable };
    const done = { matchedCount: 0, modifiedCount: 0 };
    let refused: WriteRefused | undefined;
    for (let at = 0; at < encoded.length; at += PIECE) {
      try {
        const piece = { field: 'updates', documents: encoded.slice(at, at + PIECE) };
        const reply = await this.command(of, command, piece);
        done.matchedCount += reply['n'] - (reply['upserted']?.length ?? 0);
        done.modifiedCount += reply['nModified'];
      } catch (error) {
        if (!(error instanceof WriteRefused)) throw error;
        refused ??= error;
      }
    }
    if (refused) throw refused;
    return done;
  }

  private async command(
    { conn }: Collection,
    command: object,
    carried?: Carried,
  ): Promise<mongo.BSON.Document> {
    const reply = await this.line.command({ ...command, $db: conn.name }, carried);
    if (reply['ok'] !== 1) throw new mongo.MongoServerError(reply);
    if (reply['writeErrors']) throw new WriteRefused(reply['writeErrors']);
    return reply;
  }
}

/** As the driver does with `ignoreUndefined`; undefined where it is too much. */
function encode(documents: readonly object[]): Uint8Array[] | undefined {
  if (documents.length === 0 || documents.length > MOST) return undefined;
  const encoded: Uint8Array[] = [];
  let bytes = 0;
  for (const document of documents) {
    const one = mongo.BSON.serialize(document, { ignoreUndefined: true });
    bytes += one.length;
    if (bytes > MOST_BYTES) return undefined;
    encoded.push(one);
  }
  return encoded;
}
