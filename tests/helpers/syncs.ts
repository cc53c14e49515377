import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Whether this machine can trace the system calls of a process. */
export const hasStrace =
  spawnSync('strace', ['-qq', '-o', '/dev/null', process.execPath, '--version']).status === 0;

/** For the end of a title. */
export const whyNoStrace = hasStrace ? '' : ' (skipped: apt-get install strace)';

/** A command that also notes in a file each call with which the process, or one of its threads, syncs a file. */
export function tracedSyncs(traceFile: string, command: readonly string[]): [string, ...string[]] {
  // With -y each call names the file that it syncs. strace writes a call down before the thread continues.
  return ['strace', '-f', '-y', '-qq', '-e', 'trace=fsync,fdatasync', '-o', traceFile, ...command];
}

/** How often a file whose name ends like this has been synced so far. */
export function syncsOf(traceFile: string, nameEnd: string): number {
  if (!existsSync(traceFile)) return 0;
  const lines = readFileSync(traceFile, 'utf8').split('\n');
  return lines.filter((line) => /\bf(data)?sync\(/.test(line) && line.includes(`${nameEnd}>`)).length;
}
