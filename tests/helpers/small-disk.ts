import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, of a few MB, that a test can fill up. */
export interface SmallDisk extends Disposable {
  readonly directory: string;
  /** Takes what is free, to the last byte. */
  fill(): void;
  /** Frees what `fill` took. */
  free(): void;
}

/** @throws where this process may not mount, as anybody but root */
export function openSmallDisk(megabytes: number): SmallDisk {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', directory], {
      stdio: 'pipe',
    });
  } catch (error) {
    rmdirSync(directory);
    throw error;
  }
  const filler = join(directory, 'filler');
  return {
    directory,
    fill: () => {
      const file = openSync(filler, 'a');
      for (const size of [65_536, 4_096, 1]) writeUntilFull(file, Buffer.alloc(size));
      closeSync(file);
    },
    free: () => rmSync(filler, { force: true }),
    [Symbol.dispose]: () => {
      execFileSync('umount', ['--lazy', directory]);
      rmdirSync(directory);
    },
  };
}

function writeUntilFull(file: number, piece: Buffer): void {
  try {
    for (;;) writeSync(file, piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

/** Whether this process may mount. */
export const canMount = ((): boolean => {
  try {
    openSmallDisk(1)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
})();
