import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** What every system allows for the path of a Unix socket, in bytes: 104 with the final zero on macOS, 108 on Linux. */
const LONGEST_PATH = 103;

const NAME = 'mongodb.sock';

/** Where the socket lies, and how to clear that place up. */
export interface SocketPlace {
  path: string;
  remove(): void;
}

/**
 * In the directory of the database, where it can be found; but in a private directory elsewhere when the path would be
 * too long, or when others may enter the directory: a process that can open the socket has full access.
 */
export function placeForSocket(directory: string): SocketPlace {
  const path = join(resolve(directory), NAME);
  const isPrivate = process.platform === 'win32' || (statSync(directory).mode & 0o077) === 0;
  if (isPrivate && fits(path)) return { path, remove: () => rmSync(path, { force: true }) };
  const parent = fits(join(tmpdir(), 'mongodb-XXXXXX', NAME)) ? tmpdir() : '/tmp';
  const elsewhere = mkdtempSync(join(parent, 'mongodb-'));
  return { path: join(elsewhere, NAME), remove: () => rmSync(elsewhere, { recursive: true, force: true }) };
}

const fits = (path: string): boolean => Buffer.byteLength(path) <= LONGEST_PATH;
