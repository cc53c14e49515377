import { randomBytes } from 'node:crypto';
import { encodeDocument } from './bson/encode';
import type { Document } from './bson/types';
import type { Steps } from './commands/steps';
import { ServerError } from './server-error';
import { LARGEST_DOCUMENT, StoredDocument } from './storage/collection';

/** How long an unused cursor stays open, in milliseconds: MongoDB's default. */
const IDLE_FOR = 10 * 60_000;
/** Each open cursor holds what it has sorted, so there is a limit. */
const MOST_OPEN = 10_000;
const FIRST_BATCH = 101;

/** What a cursor gives: a document made for it, or one as it is stored, whose bytes can be sent unread. */
export type Row = Document | StoredDocument;

export interface CursorOptions {
  namespace: string;
  /** Undefined between them means that the read may pause. */
  rows: Iterator<Row | undefined>;
  /** The session it belongs to; only that one may go on with it. */
  session?: string | undefined;
  /** What its client allows it. */
  time?: { resume(): void; pause(): void };
  neverTimesOut?: boolean;
  /** How many it gives altogether; 0: all. */
  limit?: number;
}

class Cursor {
  usedAt = Date.now();
  private ahead: Uint8Array | undefined;
  private left: number;
  /** Why it cannot continue: its next batch is this error. */
  private failure: ServerError | undefined;

  constructor(readonly options: CursorOptions) {
    this.left = options.limit || Number.POSITIVE_INFINITY;
  }

  /** Up to `most` documents, and no more than fit a message. `isDone`: there are no more. */
  *next(most: number): Steps<Batch> {
    this.options.time?.resume();
    try {
      return yield* this.take(most);
    } finally {
      this.options.time?.pause();
    }
  }

  private *take(most: number): Steps<Batch> {
    if (this.failure) throw this.failure;
    const documents: Uint8Array[] = [];
    let bytes = 0;
    while (documents.length < most && this.left > 0) {
      const next = this.ahead ?? this.encoded();
      this.ahead = undefined;
      if (next === 'end') return { documents, isDone: true };
      if (next === undefined) {
        yield;
        continue;
      }
      bytes += next.length;
      if (bytes > LARGEST_DOCUMENT && documents.length > 0) {
        this.ahead = next;
        return { documents, isDone: false };
      }
      documents.push(next);
      this.left -= 1;
    }
    return { documents, isDone: this.left === 0 };
  }

  /** Undefined until there is one. */
  private encoded(): Uint8Array | 'end' | undefined {
    const { value: row, done } = this.options.rows.next();
    if (done) return 'end';
    if (!(row instanceof Map)) return row?.bytes;
    const bytes = encodeDocument(row);
    if (bytes.length <= LARGEST_DOCUMENT) return bytes;
    throw new ServerError(10334, `Size ${bytes.length} exceeds maximum ${LARGEST_DOCUMENT}`);
  }

  close(): void {
    this.options.rows.return?.();
  }

  fail(failure: ServerError): void {
    this.close();
    this.failure = failure;
  }
}

/** Encoded documents, and whether they are the last. */
interface Batch {
  documents: Uint8Array[];
  isDone: boolean;
}

/** What goes into the reply. `id` is 0 where the cursor is closed. */
export interface Fetched {
  id: bigint;
  documents: Uint8Array[];
}

/** The open cursors of all connections. */
export class Cursors {
  private readonly open = new Map<bigint, Cursor>();

  /** The first batch; the cursor stays open where more may follow. */
  *start(options: CursorOptions, batchSize = FIRST_BATCH, isSingleBatch = false): Steps<Fetched> {
    const cursor = new Cursor(options);
    const { documents, isDone } = yield* cursor.next(batchSize);
    if (isDone || isSingleBatch) {
      cursor.close();
      return { id: 0n, documents };
    }
    if (this.open.size >= MOST_OPEN) {
      cursor.close();
      throw new ServerError(
        8,
        `There are ${MOST_OPEN} open cursors; no more can be opened before some are closed`,
      );
    }
    const id = this.freeId();
    this.open.set(id, cursor);
    return { id, documents };
  }

  /** The next batch. A cursor that fails is closed. */
  *next(id: bigint, most: number): Steps<Fetched> {
    const cursor = this.find(id);
    cursor.usedAt = Date.now();
    try {
      const { documents, isDone } = yield* cursor.next(most);
      // It may have been closed during a pause, and has then not given all that it had.
      this.find(id);
      if (!isDone) return { id, documents };
      this.close(id);
      return { id: 0n, documents };
    } catch (error) {
      this.close(id);
      throw error;
    }
  }

  /** @throws ServerError 43 where it is not, or no longer, open. */
  optionsOf(id: bigint): CursorOptions {
    return this.find(id).options;
  }

  private find(id: bigint): Cursor {
    const cursor = this.open.get(id);
    if (!cursor) throw new ServerError(43, `cursor id ${id} not found`);
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

  /** Ends the cursors of a collection that is changed under them. Their next batch is the error 175, as MongoDB's is. */
  interrupt(namespace: string, why: string): void {
    for (const cursor of this.open.values()) {
      if (cursor.options.namespace === namespace) cursor.fail(new ServerError(175, why));
    }
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
