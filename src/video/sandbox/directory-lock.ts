import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
// The operating system lets go of its lock when the process ends, however it ends; Node has none of its own.
import { DatabaseSync } from '@photostructure/sqlite';

const FILE = 'in-use';

/**
 * Keeps every other sandbox out of a directory, until what it answers with is called or the process ends.
 *
 * @throws Error that says who else is there, where somebody is
 */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const lock = new DatabaseSync(join(directory, FILE));
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!/locked/.test(String(error))) throw error;
    throw new Error(
      `Another sandbox works in ${directory}, and one directory is for one process: end that one, or choose another directory.`,
    );
  }
  return () => lock.close();
}
