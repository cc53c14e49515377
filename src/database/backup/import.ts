import { createReadStream } from 'node:fs';
import type { mongo } from 'mongoose';
import type { Document } from '../embedded/bson/types';
import { BackupError } from './backup-error';
import { checkBackup, recordOf } from './check';
import { documentToDriver } from './driver-values';
import { readLines } from './lines';
import type { Place } from './place';
import type { Progress, StartProgress } from './progress';
import type { CollectionRecord } from './records';

export interface Imported {
  collections: number;
  documents: number;
}

/** A batch is sent when it has so many documents, or bytes of text: a server takes 48 MB at once. */
const MOST_DOCUMENTS = 1_000;
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Brings a backup into a place: first the file is checked from end to end, then each collection is made with its
 * indexes and filled.
 *
 * @param replace drop what the databases of the backup hold, instead of refusing a place that holds documents.
 * @throws BackupError before anything was changed, for a bad file or a place that is not empty; or on the way, saying
 * how far it came.
 */
export async function importFrom(
  file: string,
  place: Place,
  replace: boolean,
  startProgress: StartProgress,
): Promise<Imported> {
  const { documents, databases } = await checkBackup(file);
  for (const name of databases) await makeRoom(place.client.db(name ?? place.database), replace);
  const progress = startProgress('importing', documents);
  const filling = new Filling(place, progress);
  for await (const line of readLines(createReadStream(file, { highWaterMark: 1024 * 1024 }))) {
    const record = recordOf(file, line);
    try {
      if (record.kind === 'collection') await filling.begin(record.collection);
      else if (record.kind === 'document') await filling.add(record.document, line.bytes.length);
      else if (record.kind === 'end') await filling.flush();
    } catch (error) {
      throw new BackupError(
        `${file}, line ${line.number} or shortly before: ${(error as Error).message}. ` +
          `${filling.imported.documents} documents were imported; after the cause is gone, import again with --replace.`,
      );
    }
  }
  progress.end();
  return filling.imported;
}

async function makeRoom(db: mongo.Db, replace: boolean): Promise<void> {
  if (replace) {
    await db.dropDatabase();
    return;
  }
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    if (name.startsWith('system.') || !(await db.collection(name).findOne({}, { projection: { _id: 1 } })))
      continue;
    throw new BackupError(
      `The database "${db.databaseName}" is not empty: ${name} has documents. Nothing was imported. ` +
        'Choose an empty place, or add --replace to delete what is there first.',
    );
  }
}

/** Fills one collection after the other, in batches. */
class Filling {
  readonly imported: Imported = { collections: 0, documents: 0 };
  private batch: Map<string, unknown>[] = [];
  private bytes = 0;
  private db: mongo.Db | undefined;
  private name = '';

  constructor(
    private readonly place: Place,
    private readonly progress: Progress,
  ) {}

  async begin({ db, name, options, indexes }: CollectionRecord): Promise<void> {
    await this.flush();
    this.db = this.place.client.db(db ?? this.place.database);
    this.name = name;
    this.imported.collections += 1;
    const there = await this.db.listCollections({ name }, { nameOnly: true }).hasNext();
    // Of the options, the id is the server's own.
    const wanted = [...documentToDriver(options)].filter(([option]) => option !== 'uuid');
    if (!there) await this.db.command({ create: name, ...Object.fromEntries(wanted) });
    if (indexes.length > 0) await this.createIndexes(this.db, indexes);
  }

  async add(document: Document, bytes: number): Promise<void> {
    this.batch.push(documentToDriver(document));
    this.bytes += bytes;
    if (this.batch.length >= MOST_DOCUMENTS || this.bytes >= MOST_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    if (!this.db || this.batch.length === 0) return;
    const documents = this.batch;
    this.batch = [];
    this.bytes = 0;
    const reply = await this.db.command({
      insert: this.name,
      documents,
      writeConcern: { w: 'majority', j: true },
    });
    const [problem] = reply['writeErrors'] ?? [];
    this.imported.documents += reply['n'];
    if (problem) throw new Error(problem.errmsg);
    this.progress.at(this.imported.documents);
  }

  private async createIndexes(db: mongo.Db, indexes: readonly Document[]): Promise<void> {
    await db.command({ createIndexes: this.name, indexes: indexes.map(documentToDriver) });
  }
}
