import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { mongo } from 'mongoose';
import { decodeDocument } from '../embedded/bson/decode';
import type { Document, Value } from '../embedded/bson/types';
import { BackupError } from './backup-error';
import type { Place } from './place';
import type { StartProgress } from './progress';
import { type CollectionRecord, collectionLine, documentLine, endLine, header } from './records';

/** What was written. */
export interface Exported {
  collections: number;
  documents: number;
}

/** Enough for few writes, little enough to hold. In characters. */
const WRITE_AT = 1024 * 1024;

/**
 * Writes every collection of a place into a new file, in lines of canonical extended JSON. The file has its name only
 * once it is whole and on disk. Writes that happen meanwhile are in it or not; each document is in it whole.
 *
 * @throws BackupError where the file exists, and for a collection that cannot be kept as documents.
 */
export async function exportTo(file: string, place: Place, startProgress: StartProgress): Promise<Exported> {
  if (existsSync(file))
    throw new BackupError(`${file} exists already. Choose another name; nothing was written.`);
  const unfinished = `${file}.${process.pid}.unfinished`;
  // A backup holds everything that the database does, so only its owner may read it.
  const handle = await open(unfinished, 'wx', 0o600);
  try {
    const exported = await writeAll(new HashedFile(handle), place, startProgress);
    await handle.sync();
    await handle.close();
    await rename(unfinished, file);
    return exported;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function writeAll(file: HashedFile, place: Place, startProgress: StartProgress): Promise<Exported> {
  const collections = await collectionsOf(place);
  const total = await countAll(collections);
  const progress = startProgress('exporting', total);
  let documents = 0;
  await file.write(header);
  for (const { record, source } of collections) {
    await file.write(collectionLine(record));
    for await (const bytes of source.find({}, { raw: true })) {
      await file.write(documentLine(decodeDocument(asBuffer(bytes))));
      documents += 1;
      progress.at(documents);
    }
  }
  await file.finish(documents);
  progress.end();
  return { collections: collections.length, documents };
}

interface Source {
  record: CollectionRecord;
  source: mongo.Collection;
}

async function collectionsOf({ client, database, isOwn }: Place): Promise<Source[]> {
  const names = isOwn ? await databaseNames(client) : [database];
  const found: Source[] = [];
  for (const name of names) {
    const db = client.db(name);
    for await (const bytes of db.listCollections({}, { raw: true } as mongo.ListCollectionsOptions)) {
      const described = decodeDocument(asBuffer(bytes));
      const collection = described.get('name') as string;
      // What a server keeps for itself comes back with its own.
      if (collection.startsWith('system.')) continue;
      refuseOthers(`${name}.${collection}`, described.get('type'));
      const source = db.collection(collection);
      const record = {
        db: name === database ? undefined : name,
        name: collection,
        options: (described.get('options') as Document | undefined) ?? new Map(),
        indexes: await indexesOf(source),
      };
      found.push({ record, source });
    }
  }
  return found;
}

async function databaseNames(client: mongo.MongoClient): Promise<string[]> {
  const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
  return databases.map(({ name }) => name).filter((name) => !['admin', 'config', 'local'].includes(name));
}

function refuseOthers(name: string, type: Value | undefined): void {
  if (type === undefined || type === 'collection') return;
  throw new BackupError(
    `${name} is a ${type}, which this backup cannot keep. Use mongodump for this database.`,
  );
}

async function indexesOf(source: mongo.Collection): Promise<Document[]> {
  const indexes: Document[] = [];
  for await (const bytes of source.listIndexes({ raw: true } as mongo.ListIndexesOptions)) {
    const index = decodeDocument(asBuffer(bytes));
    index.delete('ns');
    if (index.get('name') !== '_id_') indexes.push(index);
  }
  return indexes;
}

async function countAll(collections: readonly Source[]): Promise<number> {
  let total = 0;
  for (const { source } of collections) total += await source.estimatedDocumentCount();
  return total;
}

/** With `raw`, a cursor gives the bytes of each document. */
function asBuffer(bytes: unknown): Buffer {
  const { buffer, byteOffset, byteLength } = bytes as Uint8Array;
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Writes in large pieces, and ends with the hash of all that it wrote. */
class HashedFile {
  private readonly hash = createHash('sha256');
  private pending = '';

  constructor(private readonly handle: FileHandle) {}

  async write(text: string): Promise<void> {
    this.pending += text;
    if (this.pending.length >= WRITE_AT) await this.flush();
  }

  async finish(documents: number): Promise<void> {
    await this.flush();
    await this.handle.write(endLine(documents, this.hash.digest('hex')));
  }

  private async flush(): Promise<void> {
    const bytes = Buffer.from(this.pending);
    this.pending = '';
    this.hash.update(bytes);
    for (let at = 0; at < bytes.length; ) at += (await this.handle.write(bytes, at)).bytesWritten;
  }
}
