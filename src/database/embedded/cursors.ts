import { randomBytes } from 'node:crypto';
import { encodeDocument } from './bson/encode';
import type { Document } from './bson/types';
import { ServerError } from './server-error';
import { LARGEST_DOCUMENT, StoredDocument } from './storage/collection';

/** A cursor that nobody asks for this long is closed. The same as a real server's default, in milliseconds. */
const IDLE_FOR = 10 * 60_000;
/** Each open cursor holds what it has sorted, so there is a limit. */
const MOST_OPEN = 10_000;
const FIRST_BATCH = 101;

/** What a cursor gives: a document made for it, or one as it is stored, whose bytes can be sent unread. */
export type Row = Document | StoredDocument;

export interface CursorOptions {
  namespace: string;
  rows: Iterator<Row>;
  /** The session it belongs to; only that one may go on with it. */
  session?: string | undefined;
  neverTimesOut?: boolean;
  /** How many it gives altogether; 0: all. */
  limit?: number;
}

export class Cursor {
  usedAt = Date.now();
  private ahead: Row | undefined;
  private left: number;
  readonly id: bigint;

  constructor(
    readonly options: CursorOptions,
    id: bigint,
  ) {
    this.id = id;
    this.left = options.limit || Number.POSITIVE_INFINITY;
  }

  /** Up to `most` rows, and no more than fit a message. `isDone`: there are no more. */
  next(most: number): { rows: Row[]; isDone: boolean } {
    const rows: Row[] = [];
    let bytes = 0;
    while (rows.length < most && this.left > 0) {
      const row = this.ahead ?? this.options.rows.next().value;
      this.ahead = undefined;
      if (row === undefined) return { rows, isDone: true };
      bytes += sizeOf(row);
      if (bytes > LARGEST_DOCUMENT && rows.length > 0) {
        this.ahead = row;
        return { rows, isDone: false };
      }
      rows.push(row);
      this.left -= 1;
    }
    return { rows, isDone: this.left === 0 };
  }

  close(): void {
    this.options.rows.return?.();
  }
}

function sizeOf(row: Row): number {
  // Reckoning needs no exactness for small documents, but many fields can be large.
  return row instanceof Map ? encodeDocument(row).length : row.bytes.length;
}

/** The open cursors of all connections. */
export class Cursors {
  private readonly open = new Map<bigint, Cursor>();

  /** The first batch; the cursor stays open where more may follow. */
  start(options: CursorOptions, batchSize = FIRST_BATCH, isSingleBatch = false): { id: bigint; rows: Row[] } {
    const cursor = new Cursor(options, this.freeId());
    const { rows, isDone } = cursor.next(batchSize);
    if (isDone || isSingleBatch) {
      cursor.close();
      return { id: 0n, rows };
    }
    if (this.open.size >= MOST_OPEN) {
      throw new ServerError(
        8,
        `There are ${MOST_OPEN} open cursors; no more can be opened before some are closed`,
      );
    }
    this.open.set(cursor.id, cursor);
    return { id: cursor.id, rows };
  }

  /** @throws ServerError 43 where it is not, or no longer, open. */
  find(id: bigint): Cursor {
    const cursor = this.open.get(id);
    if (!cursor) throw new ServerError(43, `cursor id ${id} not found`);
    cursor.usedAt = Date.now();
    return cursor;
  }

  has(id: bigint): boolean {
    return this.open.has(id);
  }

  close(id: bigint): void {
    this.open.get(id)?.close();
    this.open.delete(id);
  }

  closeWhere(test: (options: CursorOptions) => boolean): void {
    for (const [id, cursor] of this.open) if (test(cursor.options)) this.close(id);
  }

  closeIdle(now = Date.now()): void {
    for (const [id, cursor] of this.open) {
      if (!cursor.options.neverTimesOut && now - cursor.usedAt > IDLE_FOR) this.close(id);
    }
  }

  get count(): number {
    return this.open.size;
  }

  /** Not to be guessed by another client. */
  private freeId(): bigint {
    for (;;) {
      const id = randomBytes(8).readBigInt64LE() & 0x7fff_ffff_ffff_ffffn;
      if (id !== 0n && !this.open.has(id)) return id;
    }
  }
}
