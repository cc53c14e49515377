import { type Document, document, type Value } from '../bson/types';
import { ServerError } from '../server-error';

const MOST_IN_BATCH = 100_000;

/** The errors of a batch of writes, by their place in it. */
export class WriteBatch {
  private readonly errors: Document[] = [];

  /** Does each write; after one that fails, an ordered batch stops and an unordered one continues. */
  run<T>(writes: readonly T[], isOrdered: boolean, write: (each: T, index: number) => void): void {
    if (writes.length === 0 || writes.length > MOST_IN_BATCH) {
      throw new ServerError(
        16,
        `Write batch sizes must be between 1 and ${MOST_IN_BATCH}. Got ${writes.length} operations.`,
      );
    }
    for (const [index, each] of writes.entries()) {
      try {
        write(each, index);
      } catch (error) {
        if (!(error instanceof ServerError)) throw error;
        this.errors.push(entryOf(index, error));
        if (isOrdered) return;
      }
    }
  }

  /** The fields of the reply, with the errors where there are any. */
  reply(n: number, more: Readonly<Record<string, Value | undefined>> = {}): Document {
    return document({ n, ...more, writeErrors: this.errors.length > 0 ? this.errors : undefined });
  }
}

function entryOf(index: number, error: ServerError): Document {
  return new Map<string, Value>([
    ['index', index],
    ['code', error.code],
    ['errmsg', error.message],
    ...error.details,
  ]);
}
