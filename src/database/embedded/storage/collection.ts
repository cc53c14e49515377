import { decodeDocument } from '../bson/decode';
import { encodeDocument } from '../bson/encode';
import { show } from '../bson/show';
import { sortKey } from '../bson/sort-key';
import { type Document, document, type Value } from '../bson/types';
import { ServerError } from '../server-error';
import type { WriteCount } from '../write-counts';
import type { IndexDefinition } from './index-definition';
import { keysOf } from './index-keys';
import type { Sqlite } from './sqlite';
import { documentStatements, indexStatements } from './statements';

/** A stored document. `rid` is its place in insertion order. Decoded on first use. */
export class StoredDocument {
  private decoded: Document | undefined;
  constructor(
    readonly rid: number,
    readonly bytes: Buffer,
  ) {}

  get value(): Document {
    this.decoded ??= decodeDocument(this.bytes);
    return this.decoded;
  }
}

/** Keys from `from` up to, not including, `to`. */
export interface KeyRange {
  from: Buffer;
  to: Buffer;
}

interface IndexEntry {
  index: IndexDefinition;
  key: Buffer;
}

/** 16 MiB, and the 16 KiB that a real server allows for what its own operators add on the way. */
export const LARGEST_DOCUMENT = 16 * 1024 * 1024;

/**
 * The documents and indexes of one collection. Each document is a row; each index is a table of (key, rid) in key order.
 * Every method is synchronous and leaves documents and indexes in step; the caller owns the transaction around it.
 */
export class Collection {
  private readonly statements = documentStatements(this.id);

  constructor(
    private readonly sqlite: Sqlite,
    readonly id: number,
    readonly db: string,
    readonly name: string,
    readonly uuid: Uint8Array,
    readonly options: Document,
    readonly indexes: IndexDefinition[],
    /** Of written documents; told of a collection that is dropped or renamed as well. */
    readonly writes: WriteCount,
  ) {}

  get namespace(): string {
    return `${this.db}.${this.name}`;
  }

  /** @throws ServerError 11000 before anything is written. */
  insert(doc: Document): void {
    const bytes = encodeDocument(doc);
    if (bytes.length > LARGEST_DOCUMENT) throw tooLarge('object to insert too large', bytes.length);
    const entries = this.entriesOf(doc);
    this.refuseDuplicates(entries, doc, undefined);
    const { lastInsertRowid } = this.sqlite.run(this.statements.add, bytes);
    for (const entry of entries) this.addEntry(entry, lastInsertRowid);
    this.writes.add();
  }

  /** @throws ServerError 11000 before anything is written. */
  replace(stored: StoredDocument, doc: Document): void {
    const bytes = encodeDocument(doc);
    if (bytes.length > LARGEST_DOCUMENT)
      throw tooLarge('Resulting document after update is larger than', bytes.length);
    const before = this.entriesOf(stored.value);
    const after = this.entriesOf(doc);
    const added = without(after, before);
    const removed = without(before, after);
    this.refuseDuplicates(added, doc, stored.rid);
    this.sqlite.run(this.statements.replace, bytes, stored.rid);
    for (const entry of removed) this.removeEntry(entry, stored.rid);
    for (const entry of added) this.addEntry(entry, stored.rid);
    this.writes.add();
  }

  remove(stored: StoredDocument): void {
    for (const entry of this.entriesOf(stored.value)) this.removeEntry(entry, stored.rid);
    this.sqlite.run(this.statements.remove, stored.rid);
    this.writes.add();
  }

  get(rid: number): StoredDocument | undefined {
    const row = this.sqlite.get<{ doc: Uint8Array }>(this.statements.get, rid);
    return row && new StoredDocument(rid, asBuffer(row.doc));
  }

  /** The number of documents, counted in the index of _id: each has one entry there, and the entries are small. */
  count(): number {
    const index = this.indexes.find(({ name }) => name === '_id_') as IndexDefinition;
    return this.sqlite.get<{ n: number }>(`SELECT count(*) AS n FROM index_${index.id}`)?.n ?? 0;
  }

  /** Bytes of all documents. */
  size(): number {
    return this.sqlite.get<{ n: number }>(`SELECT total(length(doc)) AS n FROM documents_${this.id}`)?.n ?? 0;
  }

  /**
   * All documents in insertion order or against it. What is written while the scan is suspended is seen when it lies
   * ahead. Rows are read in pieces of about 4 MB, so that neither a long scan nor a large document fills the memory.
   */
  *scan(direction: 1 | -1): Generator<StoredDocument> {
    const [compare, order] = direction === 1 ? ['>', 'ASC'] : ['<', 'DESC'];
    const sql = `SELECT rid, doc FROM documents_${this.id} WHERE rid ${compare} ? ORDER BY rid ${order} LIMIT ?`;
    let last = direction === 1 ? -1 : Number.MAX_SAFE_INTEGER;
    let limit = 8;
    for (;;) {
      const rows = this.sqlite.all<{ rid: number; doc: Uint8Array }>(sql, last, limit);
      let bytes = 0;
      for (const { rid, doc } of rows) {
        last = rid;
        bytes += doc.length;
        yield new StoredDocument(rid, asBuffer(doc));
      }
      if (rows.length < limit) return;
      limit = Math.max(1, Math.min(500, Math.floor((4 * 1024 * 1024 * rows.length) / Math.max(bytes, 1))));
    }
  }

  /** The rids of an index between two keys, in key order or against it. The same rid can come more than once. */
  *scanIndex(index: IndexDefinition, range: KeyRange, direction: 1 | -1): Generator<number> {
    const { forwards, backwards } = indexStatements(index.id);
    const [{ first, next }, bound] = direction === 1 ? [forwards, range.to] : [backwards, range.from];
    // The first alone: most reads need no more than one.
    let last = this.sqlite.get<{ key: Uint8Array; rid: number }>(first, range.from, range.to);
    if (last) yield last.rid;
    for (let limit = 4; last; limit = Math.min(1_000, limit * 8)) {
      const rows: { key: Uint8Array; rid: number }[] = this.sqlite.all(
        next,
        last.key,
        last.rid,
        bound,
        limit,
      );
      for (const row of rows) yield row.rid;
      last = rows.length < limit ? undefined : rows.at(-1);
    }
  }

  /** How many entries a range has, counted up to `limit`. */
  countIndex(index: IndexDefinition, range: KeyRange, limit: number): number {
    const inner = `SELECT 1 FROM index_${index.id} WHERE key >= ? AND key < ? LIMIT ?`;
    return (
      this.sqlite.get<{ n: number }>(`SELECT count(*) AS n FROM (${inner})`, range.from, range.to, limit)
        ?.n ?? 0
    );
  }

  /** Fills the table of an index that was just defined. @throws ServerError 11000 where documents break a unique index. */
  buildIndex(index: IndexDefinition): void {
    for (const stored of this.scan(1)) {
      const entries = this.entriesOf(stored.value, [index]);
      this.refuseDuplicates(entries, stored.value, undefined);
      for (const entry of entries) this.addEntry(entry, stored.rid);
    }
  }

  /** Reads every document and looks for it in every index, and counts what the indexes hold. Changes nothing. */
  validate(): { documents: number; entries: [string, number][]; errors: string[] } {
    let documents = 0;
    const expected = new Map<IndexDefinition, number>(this.indexes.map((index) => [index, 0]));
    const errors: string[] = [];
    for (const stored of this.scan(1)) {
      documents += 1;
      for (const { index, key } of this.entriesOf(stored.value)) {
        expected.set(index, (expected.get(index) ?? 0) + 1);
        const row = this.sqlite.get(
          `SELECT 1 FROM index_${index.id} WHERE key = ? AND rid = ?`,
          key,
          stored.rid,
        );
        if (!row && errors.length < 100) errors.push(`index ${index.name} lacks the document ${stored.rid}`);
      }
    }
    const entries = this.indexes.map((index): [string, number] => {
      const n = this.sqlite.get<{ n: number }>(`SELECT count(*) AS n FROM index_${index.id}`)?.n ?? 0;
      if (n !== expected.get(index))
        errors.push(`index ${index.name} has ${n} entries instead of ${expected.get(index)}`);
      return [index.name, n];
    });
    return { documents, entries, errors };
  }

  private entriesOf(doc: Document, indexes: readonly IndexDefinition[] = this.indexes): IndexEntry[] {
    const entries: IndexEntry[] = [];
    for (const index of indexes) {
      if (index.partial && !index.partial.matches(doc)) continue;
      const { keys, arrays, isPresent } = keysOf(doc, index.paths);
      if (index.isSparse && !isPresent) continue;
      if ((index.multikey | arrays) !== index.multikey) this.markMultikey(index, arrays);
      if (keys.length === 1) {
        entries.push({ index, key: sortKey(keys[0] as Value[], index.directions) });
        continue;
      }
      const seen = new Set<string>();
      for (const values of keys) {
        const key = sortKey(values, index.directions);
        const text = key.toString('latin1');
        if (seen.has(text)) continue;
        seen.add(text);
        entries.push({ index, key });
      }
    }
    return entries;
  }

  private markMultikey(index: IndexDefinition, arrays: number): void {
    index.multikey |= arrays;
    this.sqlite.run('UPDATE indexes SET multikey = ? WHERE id = ?', index.multikey, index.id);
  }

  private refuseDuplicates(entries: readonly IndexEntry[], doc: Document, ownRid: number | undefined): void {
    for (const { index, key } of entries) {
      if (!index.isUnique) continue;
      const row = this.sqlite.get<{ rid: number }>(indexStatements(index.id).holder, key);
      if (row && row.rid !== ownRid) throw this.duplicateKey(index, key, doc);
    }
  }

  private duplicateKey(index: IndexDefinition, key: Buffer, doc: Document): ServerError {
    const values = keysOf(doc, index.paths).keys.find((k) => sortKey(k, index.directions).equals(key)) ?? [];
    const keyValue: Document = new Map(index.fields.map((field, i) => [field, values[i] ?? null]));
    return new ServerError(
      11000,
      `E11000 duplicate key error collection: ${this.namespace} index: ${index.name} dup key: ${show(keyValue)}`,
      document({ keyPattern: index.spec.get('key'), keyValue }),
    );
  }

  private addEntry({ index, key }: IndexEntry, rid: number): void {
    this.sqlite.run(indexStatements(index.id).add, key, rid);
  }

  private removeEntry({ index, key }: IndexEntry, rid: number): void {
    this.sqlite.run(indexStatements(index.id).remove, key, rid);
  }
}

function without(entries: readonly IndexEntry[], others: readonly IndexEntry[]): IndexEntry[] {
  return entries.filter((entry) => !others.some((o) => o.index === entry.index && o.key.equals(entry.key)));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tooLarge(what: string, size: number): ServerError {
  return what.startsWith('object')
    ? new ServerError(10334, `${what}. size in bytes: ${size}, max size: ${LARGEST_DOCUMENT}`)
    : new ServerError(10334, `${what} ${LARGEST_DOCUMENT}`);
}
