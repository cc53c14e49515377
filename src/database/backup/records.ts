import { decodeDocument } from '../embedded/bson/decode';
import { encodeDocument } from '../embedded/bson/encode';
import type { Document } from '../embedded/bson/types';
import { readEjson } from './ejson-read';
import { writeEjson } from './ejson-write';
import { BadJson, type Json, readJson } from './json';

/**
 * What a line of a backup can be. The first is the header; then comes each collection, followed by its documents; the
 * last says how many there were, and the hash of all bytes before it.
 */
export type BackupRecord =
  | { kind: 'header'; version: number }
  | { kind: 'collection'; collection: CollectionRecord }
  | { kind: 'document'; document: Document }
  | { kind: 'end'; documents: number; sha256: string };

export interface CollectionRecord {
  /** Undefined: the database that imports the backup. */
  db: string | undefined;
  name: string;
  /** What the collection was made with. */
  options: Document;
  /** All but the one on `_id`, as createIndexes takes them. */
  indexes: Document[];
}

const VERSION = 1;

export const header = `{"rollcallBackup":${VERSION}}\n`;

export function collectionLine({ db, name, options, indexes }: CollectionRecord): string {
  const where = db === undefined ? '' : `"db":${JSON.stringify(db)},`;
  const all = indexes.map(ejsonOf).join(',');
  return `{"collection":${JSON.stringify(name)},${where}"options":${ejsonOf(options)},"indexes":[${all}]}\n`;
}

export function documentLine(document: Document): string {
  const ejson = writeEjson(document);
  if (ejson !== undefined) return `{"document":${ejson}}\n`;
  // Fields with names like `$date` cannot be told from a date: then the bytes themselves are kept.
  return `{"bson":"${encodeDocument(document).toString('base64')}"}\n`;
}

export function endLine(documents: number, sha256: string): string {
  return `{"end":{"documents":${documents},"sha256":"${sha256}"}}\n`;
}

function ejsonOf(document: Document): string {
  return writeEjson(document) ?? `{"bson":"${encodeDocument(document).toString('base64')}"}`;
}

/** @throws BadJson */
export function readRecord(line: string): BackupRecord {
  const json = readJson(line);
  if (!(json instanceof Map)) throw new BadJson('an object was expected');
  if (json.has('document')) return { kind: 'document', document: readEjson(json.get('document') as Json) };
  if (json.has('bson')) return { kind: 'document', document: readBson(json.get('bson') as Json) };
  if (json.has('collection')) return { kind: 'collection', collection: readCollection(json) };
  if (json.has('end')) return readEnd(json.get('end') as Json);
  const version = json.get('rollcallBackup');
  if (typeof version === 'number') return { kind: 'header', version };
  throw new BadJson('it must be a header, collection, document or end');
}

export function isKnownVersion(version: number): boolean {
  return version === VERSION;
}

function readBson(json: Json): Document {
  if (typeof json !== 'string') throw new BadJson('bson was expected as a string');
  return decodeDocument(Buffer.from(json, 'base64'));
}

function readDocument(json: Json | undefined): Document {
  if (json instanceof Map && json.size === 1 && json.has('bson')) return readBson(json.get('bson') as Json);
  return readEjson(json ?? new Map());
}

function readCollection(json: Map<string, Json>): CollectionRecord {
  const [name, db, indexes] = [json.get('collection'), json.get('db'), json.get('indexes')];
  if (typeof name !== 'string' || (db !== undefined && typeof db !== 'string') || !Array.isArray(indexes)) {
    throw new BadJson('a bad collection');
  }
  return { db, name, options: readDocument(json.get('options')), indexes: indexes.map(readDocument) };
}

function readEnd(json: Json): BackupRecord {
  const documents = json instanceof Map ? json.get('documents') : undefined;
  const sha256 = json instanceof Map ? json.get('sha256') : undefined;
  if (typeof documents !== 'number' || typeof sha256 !== 'string') throw new BadJson('a bad end');
  return { kind: 'end', documents, sha256 };
}
