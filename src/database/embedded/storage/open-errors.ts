/** Where the process that holds a directory says who it is. */
export interface Owner {
  pid: number;
  host: string;
  /** ISO 8601. */
  since: string;
  /** How to talk to it. */
  uri?: string;
}

/** Why an embedded database could not be opened. The files are as they were. */
export class EmbeddedDatabaseError extends Error {
  override readonly name: string = 'EmbeddedDatabaseError';
}

/** Another process has the directory open. */
export class DirectoryInUse extends EmbeddedDatabaseError {
  override readonly name = 'DirectoryInUse';
  constructor(
    readonly directory: string,
    readonly owner: Owner | undefined,
  ) {
    const who = owner
      ? `process ${owner.pid} on ${owner.host}, since ${owner.since}`
      : 'another process (it has not said which)';
    super(
      `The database in ${directory} is in use by ${who}. Stop that process, or choose another directory.`,
    );
  }
}

/** The file is not what was written into it. Nothing was changed. */
export class DatabaseDamaged extends EmbeddedDatabaseError {
  override readonly name = 'DatabaseDamaged';
  constructor(
    readonly file: string,
    finding: string,
  ) {
    super(
      `The database file ${file} is damaged: ${finding}. It was left as it is. ` +
        'Copy it somewhere safe, together with the -wal file beside it, then put a backup in its place, ' +
        'or save what can be read with: sqlite3 FILE .recover',
    );
  }
}

/** The directory cannot hold a database: not writable, not a directory, no space. */
export class DirectoryUnusable extends EmbeddedDatabaseError {
  override readonly name = 'DirectoryUnusable';
  constructor(
    readonly directory: string,
    finding: string,
  ) {
    super(
      `The database directory ${directory} cannot be used: ${finding}. ` +
        'Give the process a directory that it may write to.',
    );
  }
}

/** The file was written by a later version of this code. */
export class DatabaseTooNew extends EmbeddedDatabaseError {
  override readonly name = 'DatabaseTooNew';
  constructor(file: string, found: number, known: number) {
    super(
      `The database file ${file} has format ${found}; this version knows formats up to ${known}. Use the later version.`,
    );
  }
}

const classes = [DirectoryInUse, DatabaseDamaged, DirectoryUnusable, DatabaseTooNew];

/** An error as one thread can send it to another, where classes are lost. */
export interface PackedError {
  name: string;
  message: string;
  stack: string | undefined;
  fields: Record<string, unknown>;
}

export function packError(error: unknown): PackedError {
  if (!(error instanceof Error))
    return { name: 'Error', message: String(error), stack: undefined, fields: {} };
  const { name, message, stack } = error;
  return { name, message, stack, fields: { ...error } };
}

/** The error of another thread, with its class. */
export function unpackError({ name, message, stack, fields }: PackedError): Error {
  const error = new Error(message);
  const itsClass = classes.find((each) => each.name === name);
  if (itsClass) Object.setPrototypeOf(error, itsClass.prototype);
  if (stack !== undefined) error.stack = stack;
  return Object.assign(error, fields);
}
