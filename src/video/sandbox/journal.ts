import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const FILE = 'journal.jsonl';

interface Line {
  readonly in: string;
  readonly id: string;
  /** Absent: the document was deleted. */
  readonly is?: unknown;
}

/**
 * What the sandbox knows, as documents in named collections: in memory, and as one line per change in a file. A line
 * is with the operating system when `put` returns, so a `kill -9` of the process loses nothing and leaves at most one
 * line cut in two, which the next start drops. A power failure may lose the last moments; nothing here is precious.
 */
export class Journal {
  private readonly documents = new Map<string, Map<string, unknown>>();
  private file: number | undefined;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    const path = join(directory, FILE);
    for (const { in: name, id, is } of readLines(path)) {
      if (is === undefined) this.collection(name).delete(id);
      else this.collection(name).set(id, is);
    }
    this.writeCompacted(path);
    this.file = openSync(path, 'a', 0o600);
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

  /** What still happens after this is forgotten, as with a process that is killed. */
  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private append(line: Line): void {
    if (this.file !== undefined) appendFileSync(this.file, lineOf(line));
  }

  /** One line for each document that there is, beside the old file and then in its place. */
  private writeCompacted(path: string): void {
    const lines = [...this.documents].flatMap(([name, documents]) =>
      [...documents].map(([id, is]) => lineOf({ in: name, id, is })),
    );
    writeFileSync(`${path}.new`, lines.join(''), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}

function lineOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

function readLines(path: string): Line[] {
  const whole = textOf(path).split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as Line);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
