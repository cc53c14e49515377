import { type Collection, mongo } from 'mongoose';
import type { Line } from './line';
import { driverWrites, type Writes } from './writes';

/** What goes over the line at once, in documents and bytes: far less than the server takes. The driver cuts up what is more. */
const MOST = 10_000;
const MOST_BYTES = 16_000_000;
/** Updates that the database makes without a pause: what is inserted meanwhile, and waited for, comes before the next of them. */
const PIECE = 64;

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
export class LineWrites implements Writes {
  constructor(private readonly line: Line) {}

  async insert(into: Collection, documents: readonly object[]): Promise<void> {
    const encoded = encode(documents);
    if (!encoded) return driverWrites.insert(into, documents);
    await this.command(into, { insert: into.collectionName, ordered: true }, 'documents', encoded);
  }

  async update(of: Collection, updates: Parameters<Writes['update']>[1]): ReturnType<Writes['update']> {
    const encoded = encode(updates.map(({ filter, update, upsert }) => ({ q: filter, u: update, upsert })));
    if (!encoded) return driverWrites.update(of, updates);
    const command = { update: of.collectionName, ordered: false };
    const done = { matchedCount: 0, modifiedCount: 0 };
    let refused: WriteRefused | undefined;
    for (let at = 0; at < encoded.length; at += PIECE) {
      try {
        const reply = await this.command(of, command, 'updates', encoded.slice(at, at + PIECE));
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
    field: string,
    documents: readonly Uint8Array[],
  ): Promise<mongo.BSON.Document> {
    const body = { ...command, writeConcern: { w: 'majority', j: true }, $db: conn.name };
    const reply = await this.line.command(body, { field, documents });
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
