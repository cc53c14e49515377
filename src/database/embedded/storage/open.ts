import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  DatabaseDamaged,
  DatabaseTooNew,
  DirectoryInUse,
  DirectoryUnusable,
  EmbeddedDatabaseError,
  type Owner,
} from './open-errors';
import { Sqlite, sqliteCode, sqliteCodes } from './sqlite';

/** "Rollcall" is nothing to SQLite; this marks the file as ours, so that no other database is taken for one. */
const APPLICATION_ID = 0x726f6c6c;
const FORMAT = 1;
const FILE = 'database.sqlite';
const OWNER = 'owner.json';

/** Files up to this size are read whole and checked at every start; it takes well under a second. */
const CHECKED_WHOLE = 64 * 1024 * 1024;

const schema = `
  CREATE TABLE collections (
    id INTEGER PRIMARY KEY AUTOINCREMENT, db TEXT NOT NULL, name TEXT NOT NULL,
    uuid BLOB NOT NULL, options BLOB NOT NULL, UNIQUE (db, name)
  ) STRICT;
  CREATE TABLE indexes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, spec BLOB NOT NULL, multikey INTEGER NOT NULL
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT};
`;

/**
 * Opens or makes the database file of a directory and keeps every other process out of it until closed.
 * The lock is SQLite's own, on the file, so it ends with the process, however that ends.
 *
 * @throws DirectoryInUse, DatabaseDamaged, DatabaseTooNew, DirectoryUnusable
 */
export function openSqlite(directory: string): Sqlite {
  const file = join(directory, FILE);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    refuseTruncated(file);
  } catch (error) {
    throw explained(error, directory, file);
  }
  let sqlite: Sqlite | undefined;
  try {
    sqlite = new Sqlite(file);
    sqlite.execute('PRAGMA busy_timeout = 0');
    sqlite.execute('PRAGMA locking_mode = EXCLUSIVE');
    sqlite.execute('PRAGMA journal_mode = WAL');
    // FULL: a commit returns after its bytes have reached the disk.
    sqlite.execute('PRAGMA synchronous = FULL');
    sqlite.execute('PRAGMA cache_size = -16000');
    // Takes the lock now, and not at the first write.
    sqlite.execute('BEGIN IMMEDIATE');
    prepareSchema(sqlite, file);
    sqlite.execute('COMMIT');
    refuseDamaged(sqlite, file);
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw explained(error, directory, file);
  }
}

/** Tells other processes who has the directory. Called once the lock is held. */
export function writeOwner(directory: string, uri: string): void {
  const owner: Owner = { pid: process.pid, host: hostname(), since: new Date().toISOString(), uri };
  try {
    writeFileSync(join(directory, OWNER), `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  } catch {
    // The lock holds without it, and on a full disk the database must still open so that its owner can free space.
  }
}

/** Before the lock is let go. */
export function removeOwner(directory: string): void {
  rmSync(join(directory, OWNER), { force: true });
}

function readOwner(directory: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(join(directory, OWNER), 'utf8')) as Owner;
    return typeof owner.pid === 'number' ? owner : undefined;
  } catch {
    return undefined;
  }
}

function prepareSchema(sqlite: Sqlite, file: string): void {
  const id = sqlite.get<{ application_id: number }>('PRAGMA application_id')?.application_id;
  const version = sqlite.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
  const tables = sqlite.get<{ n: number }>('SELECT count(*) AS n FROM sqlite_schema')?.n;
  if (tables === 0) sqlite.execute(schema);
  else if (id !== APPLICATION_ID) throw new DatabaseDamaged(file, 'it is an SQLite file of another program');
  else if (version > FORMAT) throw new DatabaseTooNew(file, version, FORMAT);
}

/**
 * A file shorter than its own header says has lost its end, which SQLite would only notice on the way: unless what is missing may
 * stand in the log beside it, from which a process that died was just bringing the file up to date. SQLite finishes that.
 */
function refuseTruncated(file: string): void {
  if (!existsSync(file)) return;
  const { size } = statSync(file);
  if (size === 0) return;
  const header = Buffer.alloc(100);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, header, 0, 100, 0);
  } finally {
    closeSync(descriptor);
  }
  if (header.toString('latin1', 0, 15) !== 'SQLite format 3') {
    throw new DatabaseDamaged(file, 'it does not begin as an SQLite file does');
  }
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const expected = pageSize * header.readUInt32BE(28);
  if (size < expected && !hasLog(file))
    throw new DatabaseDamaged(file, `it has ${size} bytes and should have ${expected}`);
}

function hasLog(file: string): boolean {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function refuseDamaged(sqlite: Sqlite, file: string): void {
  if (statSync(file).size > CHECKED_WHOLE) return;
  const [row] = sqlite.all<{ quick_check: string }>('PRAGMA quick_check(1)');
  if (row && row.quick_check !== 'ok') {
    throw new DatabaseDamaged(file, row.quick_check.replace(/^\*\*\*.*\*\*\*\s*/, '').replaceAll('\n', '; '));
  }
}

function explained(error: unknown, directory: string, file: string): unknown {
  if (error instanceof EmbeddedDatabaseError) return error;
  const text = error instanceof Error ? error.message : String(error);
  switch (sqliteCode(error)) {
    case sqliteCodes.busy:
      return new DirectoryInUse(directory, readOwner(directory));
    case sqliteCodes.corrupt:
    case sqliteCodes.notADatabase:
      return new DatabaseDamaged(file, text);
    default:
      return new DirectoryUnusable(directory, text);
  }
}
