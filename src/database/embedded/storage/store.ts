import { randomBytes } from 'node:crypto';
import { decodeDocument } from '../bson/decode';
import { encodeDocument } from '../bson/encode';
import type { Document } from '../bson/types';
import { leftOut, ServerError } from '../server-error';
import { WriteCounts } from '../write-counts';
import { Collection } from './collection';
import { defineIndex, type IndexDefinition, idIndexSpec, type ReadPartial } from './index-definition';
import type { Sqlite } from './sqlite';

interface CollectionRow {
  id: number;
  db: string;
  name: string;
  uuid: Uint8Array;
  options: Uint8Array;
}

interface IndexRow {
  id: number;
  collection: number;
  spec: Uint8Array;
  multikey: number;
}

/** Which collections and indexes there are, in memory and in the file, in step. */
export class Store {
  private readonly collections = new Map<string, Collection>();
  private isInTransaction = false;
  /** Counts what makes a read that has paused wrong: dropped and renamed collections, dropped indexes, writes rolled back. */
  private invalidated = 0;

  constructor(
    private readonly sqlite: Sqlite,
    private readonly readPartial: ReadPartial,
    private readonly counts = new WriteCounts(),
  ) {
    this.load();
  }

  /** Starts a transaction unless one is open already. Everything until commit() is kept together or not at all. */
  begin(): void {
    if (this.isInTransaction) return;
    this.sqlite.execute('BEGIN IMMEDIATE');
    this.isInTransaction = true;
  }

  get invalidations(): number {
    return this.invalidated;
  }

  get hasUncommitted(): boolean {
    return this.isInTransaction;
  }

  /** Returns once everything since begin() is on disk. On an error nothing of it is kept. */
  commit(): void {
    if (!this.isInTransaction) return;
    try {
      this.sqlite.execute('COMMIT');
      this.isInTransaction = false;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  rollback(): void {
    if (!this.isInTransaction) return;
    this.isInTransaction = false;
    this.invalidated += 1;
    try {
      this.sqlite.execute('ROLLBACK');
    } catch {
      // A full disk or an I/O error has rolled back already, and there is no transaction left to end.
    }
    this.collections.clear();
    this.load();
  }

  /** Does all of a piece of work or nothing of it, independently of other work in the same transaction. */
  atomically(work: () => void): void {
    this.begin();
    this.sqlite.execute('SAVEPOINT piece');
    try {
      work();
    } catch (error) {
      this.sqlite.execute('ROLLBACK TO piece');
      this.invalidated += 1;
      this.collections.clear();
      this.load();
      throw error;
    } finally {
      this.sqlite.execute('RELEASE piece');
    }
  }

  find(db: string, name: string): Collection | undefined {
    return this.collections.get(`${db}.${name}`);
  }

  ofDatabase(db: string): Collection[] {
    return [...this.collections.values()].filter((collection) => collection.db === db);
  }

  databases(): string[] {
    return [...new Set([...this.collections.values()].map((collection) => collection.db))].sort();
  }

  all(): Iterable<Collection> {
    return this.collections.values();
  }

  /** The collection, made on the way if it is not there. */
  ensure(db: string, name: string): Collection {
    return this.find(db, name) ?? this.create(db, name, new Map());
  }

  create(db: string, name: string, options: Document): Collection {
    refuseBadName(db, name);
    this.begin();
    const uuid = randomBytes(16);
    uuid[6] = ((uuid[6] as number) & 0x0f) | 0x40;
    uuid[8] = ((uuid[8] as number) & 0x3f) | 0x80;
    const { lastInsertRowid: id } = this.sqlite.run(
      'INSERT INTO collections (db, name, uuid, options) VALUES (?, ?, ?, ?)',
      db,
      name,
      uuid,
      encodeDocument(options),
    );
    this.sqlite.execute(
      `CREATE TABLE documents_${id} (rid INTEGER PRIMARY KEY AUTOINCREMENT, doc BLOB NOT NULL) STRICT`,
    );
    const collection = this.collection({ id, db, name, uuid }, options, []);
    this.collections.set(collection.namespace, collection);
    this.createIndex(collection, idIndexSpec());
    return collection;
  }

  drop(collection: Collection): void {
    this.begin();
    for (const index of [...collection.indexes]) this.dropIndex(collection, index);
    this.dropTable(`documents_${collection.id}`);
    this.sqlite.run('DELETE FROM collections WHERE id = ?', collection.id);
    this.collections.delete(collection.namespace);
    collection.writes.add();
  }

  /** Gives a collection another name, and another database if asked. The new name must be free. */
  rename(collection: Collection, db: string, name: string): Collection {
    refuseBadName(db, name);
    this.begin();
    this.invalidated += 1;
    this.sqlite.run('UPDATE collections SET db = ?, name = ? WHERE id = ?', db, name, collection.id);
    this.collections.delete(collection.namespace);
    collection.writes.add();
    const { id, uuid, options, indexes } = collection;
    const renamed = this.collection({ id, db, name, uuid }, options, indexes);
    renamed.writes.add();
    this.collections.set(renamed.namespace, renamed);
    return renamed;
  }

  /** Makes and fills an index whose specification has been checked. */
  createIndex(collection: Collection, spec: Document): void {
    this.begin();
    const { lastInsertRowid: id } = this.sqlite.run(
      'INSERT INTO indexes (collection, spec, multikey) VALUES (?, ?, 0)',
      collection.id,
      encodeDocument(spec),
    );
    const index = defineIndex(id, spec, 0, this.readPartial);
    // One document has a key once, so a unique index needs no rid in its order.
    const order = index.isUnique ? 'key' : 'key, rid';
    this.sqlite.execute(
      `CREATE TABLE index_${id} (key BLOB NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (${order})) STRICT, WITHOUT ROWID`,
    );
    try {
      collection.buildIndex(index);
    } catch (error) {
      if (error instanceof ServerError) this.dropIndex(collection, index);
      throw error;
    }
    collection.indexes.push(index);
  }

  dropIndex(collection: Collection, index: IndexDefinition): void {
    this.begin();
    this.dropTable(`index_${index.id}`);
    this.sqlite.run('DELETE FROM indexes WHERE id = ?', index.id);
    const at = collection.indexes.indexOf(index);
    if (at >= 0) collection.indexes.splice(at, 1);
  }

  /** Replaces the specification of an index by one with the same key. */
  changeIndex(collection: Collection, index: IndexDefinition, spec: Document): void {
    this.begin();
    this.sqlite.run('UPDATE indexes SET spec = ? WHERE id = ?', encodeDocument(spec), index.id);
    const changed = defineIndex(index.id, spec, index.multikey, this.readPartial);
    collection.indexes[collection.indexes.indexOf(index)] = changed;
  }

  private dropTable(table: string): void {
    this.invalidated += 1;
    this.sqlite.forget(table);
    this.sqlite.execute(`DROP TABLE ${table}`);
  }

  private collection(
    { id, db, name, uuid }: Omit<CollectionRow, 'options'>,
    options: Document,
    indexes: IndexDefinition[],
  ): Collection {
    const writes = this.counts.of(`${db}.${name}`);
    return new Collection(this.sqlite, id, db, name, uuid, options, indexes, writes);
  }

  private load(): void {
    const indexRows = this.sqlite.all<IndexRow>('SELECT * FROM indexes ORDER BY id');
    for (const row of this.sqlite.all<CollectionRow>('SELECT * FROM collections ORDER BY id')) {
      const indexes = indexRows
        .filter((index) => index.collection === row.id)
        .map(({ id, spec, multikey }) =>
          defineIndex(id, decodeDocument(Buffer.from(spec)), multikey, this.readPartial),
        );
      const options = decodeDocument(Buffer.from(row.options));
      const collection = this.collection(row, options, indexes);
      this.collections.set(collection.namespace, collection);
    }
  }
}

/** @throws ServerError 73 for a name that no collection can have. */
export function refuseBadName(db: string, name: string): void {
  const namespace = `${db}.${name}`;
  if (name.startsWith('system.')) {
    if (name === 'system.js' || name === 'system.views') throw leftOut(`the collection ${name}`, 73);
    throw new ServerError(73, `Invalid system namespace: ${namespace}`);
  }
  if (name.includes('$') || name.includes('\0') || name.startsWith('.') || name.endsWith('.')) {
    throw new ServerError(73, `Invalid collection name: ${name}`);
  }
  if (Buffer.byteLength(namespace) > 255) {
    throw new ServerError(73, `Fully qualified namespace is too long. Namespace: ${namespace} Max: 255`);
  }
}
