import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { BadBson } from '../embedded/bson/decode';
import { BackupError } from './backup-error';
import { BadJson } from './json';
import { type Line, readLines } from './lines';
import { type BackupRecord, isKnownVersion, readRecord } from './records';

/** A file that is a whole backup. */
export interface CheckedBackup {
  documents: number;
  /** The databases that collections of the backup belong to; undefined stands for the service's own. */
  databases: ReadonlySet<string | undefined>;
}

const ofTheServer = new Set(['admin', 'config', 'local']);

/**
 * Reads a whole backup and makes sure that it is one, to its last byte.
 *
 * @throws BackupError that names the line where it is not.
 */
export async function checkBackup(file: string): Promise<CheckedBackup> {
  const hash = createHash('sha256');
  const databases = new Set<string | undefined>();
  let documents = 0;
  let expected: 'header' | 'collection' | 'anything' | 'nothing' = 'header';
  let number = 0;
  for await (const line of readLines(createReadStream(file, { highWaterMark: 1024 * 1024 }))) {
    number = line.number;
    const record = recordOf(file, line);
    const isFirst = record.kind === 'header';
    const fits = isFirst
      ? expected === 'header'
      : record.kind === 'document'
        ? expected === 'anything'
        : expected !== 'header';
    if (!fits || expected === 'nothing') throw at(file, number, `a ${record.kind} is not expected here`);
    if (record.kind === 'end') {
      if (record.documents !== documents) {
        throw at(file, number, `${record.documents} documents were written, and ${documents} are there`);
      }
      if (record.sha256 !== hash.digest('hex'))
        throw at(file, number, 'the lines before it are not what was written');
      expected = 'nothing';
      continue;
    }
    hash.update(line.bytes).update('\n');
    if (record.kind === 'document') documents += 1;
    if (record.kind === 'collection') {
      const { db } = record.collection;
      if (db !== undefined && ofTheServer.has(db))
        throw at(file, number, `the database "${db}" is the server's own`);
      databases.add(db);
    }
    expected = isFirst ? 'collection' : 'anything';
  }
  if (expected !== 'nothing') throw at(file, number + 1, 'the file ends before its end line: it is torn');
  return { documents, databases };
}

/** Reads one line. @throws BackupError */
export function recordOf(file: string, { number, bytes, isWhole }: Line): BackupRecord {
  if (!isWhole) throw at(file, number, 'the line was not written to its end: the file is torn');
  let record: BackupRecord;
  try {
    record = readRecord(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof BadJson || error instanceof BadBson || error instanceof RangeError) {
      throw at(file, number, error.message);
    }
    throw error;
  }
  if (record.kind === 'header' && !isKnownVersion(record.version)) {
    throw at(file, number, `format ${record.version} is of a later version of Rollcall`);
  }
  return record;
}

function at(file: string, number: number, finding: string): BackupError {
  return new BackupError(`${file}, line ${number}: ${finding}. Nothing was imported.`);
}
