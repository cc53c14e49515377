import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const FILE = 'journal.jsonl';
/** In milliseconds: how long a disk that takes nothing is left alone before it is tried again. */
const TRIED_AGAIN_AFTER = 1_000;

interface Line {
  readonly in: string;
  readonly id: string;
  /** Absent: the document was deleted. */
  readonly is?: unknown;
}

/** The file of the sandbox holds something else than its documents. The message names it, and says what to do. */
class UnreadableJournal extends Error {
  override readonly name = 'UnreadableJournal';

  constructor(path: string, line: number) {
    super(
      `The sandbox cannot read ${path}: line ${line} is not one of its documents. Put back a copy of the file, or move it away ` +
        'to start with an empty sandbox.',
    );
  }
}

/**
 * What the sandbox knows, as documents in named collections: in memory, and as one line per change in a file. A line
 * is with the operating system when `put` returns, so a `kill -9` of the process loses nothing and leaves at most one
 * line cut in two, which the next start drops. A power failure may lose the last moments; nothing here is precious.
 *
 * If the disk rejects a line, the state in memory continues and `isKept` is false until everything has been rewritten.
 */
export class Journal {
  private readonly documents = new Map<string, Map<string, unknown>>();
  private readonly path: string;
  private file: number | undefined;
  /** When the disk last refused; undefined while all is written. */
  private refusedAt: number | undefined;

  /**
   * @param report receives the first error of a disk that rejects writes
   * @throws UnreadableJournal where the file holds something else
   */
  constructor(
    directory: string,
    private readonly report: (error: unknown) => void,
  ) {
    mkdirSync(directory, { recursive: true });
    this.path = join(directory, FILE);
    for (const { in: name, id, is } of readLines(this.path)) {
      if (is === undefined) this.collection(name).delete(id);
      else this.collection(name).set(id, is);
    }
    this.writeCompacted();
    this.file = openSync(this.path, 'a', 0o600);
  }

  /** In the order in which the documents were first put. */
  collection(name: string): Map<string, unknown> {
    const found = this.documents.get(name) ?? new Map<string, unknown>();
    this.documents.set(name, found);
    return found;
  }

  put(name: string, id: string, is: unknown): void {
    this.collection(name).set(id, is);
    this.append({ in: name, id, is });
  }

  delete(name: string, id: string): void {
    this.collection(name).delete(id);
    this.append({ in: name, id });
  }

  /** Whether everything is in the file. Where it was not, and the disk takes it again, it is now. */
  isKept(): boolean {
    if (this.refusedAt !== undefined && this.file !== undefined) this.writeAnew();
    return this.refusedAt === undefined;
  }

  /** What still happens after this is forgotten, as with a process that is killed. */
  close(): void {
    this.isKept();
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private append(line: Line): void {
    if (this.file === undefined || !this.isKept()) return;
    try {
      appendFileSync(this.file, lineOf(line));
    } catch (error) {
      // Half of the line may be there: nothing may follow it.
      this.refusedAt = performance.now();
      this.report(error);
    }
  }

  /** Every change that the file lacks is in memory. */
  private writeAnew(): void {
    if (performance.now() < (this.refusedAt ?? 0) + TRIED_AGAIN_AFTER) return;
    try {
      this.writeCompacted();
      const before = this.file;
      this.file = openSync(this.path, 'a', 0o600);
      if (before !== undefined) closeSync(before);
      this.refusedAt = undefined;
    } catch {
      this.refusedAt = performance.now();
    }
  }

  /** One line for each document that there is, beside the old file and then in its place. */
  private writeCompacted(): void {
    const lines = [...this.documents].flatMap(([name, documents]) =>
      [...documents].map(([id, is]) => lineOf({ in: name, id, is })),
    );
    try {
      writeFileSync(`${this.path}.new`, lines.join(''), { mode: 0o600 });
      renameSync(`${this.path}.new`, this.path);
    } catch (error) {
      rmSync(`${this.path}.new`, { force: true });
      throw error;
    }
  }
}

function lineOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

function readLines(path: string): Line[] {
  const whole = textOf(path).split('\n').slice(0, -1);
  return whole.map((text, at) => {
    const line = parsed(text);
    if (!isLine(line)) throw new UnreadableJournal(path, at + 1);
    return line;
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null || !('in' in value) || !('id' in value)) return false;
  return typeof value.in === 'string' && typeof value.id === 'string';
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
