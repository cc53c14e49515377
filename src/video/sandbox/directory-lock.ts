import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
// The operating system lets go of its lock when the process ends, however it ends; Node has none of its own.
import { DatabaseSync } from '@photostructure/sqlite';

const FILE = 'in-use';

/**
 * Keeps every other sandbox out of a directory, until what it answers with is called or the process ends.
 *
 * @throws Error if another process uses the directory, or if it cannot be used
 */
export function lockDirectory(directory: string): () => void {
  try {
    mkdirSync(directory, { recursive: true });
    const lock = new DatabaseSync(join(directory, FILE));
    take(lock);
    return () => lock.close();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      /locked/.test(message)
        ? `Another sandbox works in ${directory}, and one directory is for one process: end that one, or choose another directory.`
        : `The sandbox cannot use the directory ${directory}: ${message}`,
      { cause: error },
    );
  }
}

function take(lock: InstanceType<typeof DatabaseSync>): void {
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw error;
  }
}
