import { type ChildProcessWithoutNullStreams, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A MongoDB-compatible server that was not written here, and how it is made and started. */
export interface OtherServer {
  readonly name: string;
  readonly folder: string;
  /** The files in the folder that say what is built. */
  readonly sources: readonly string[];
  /** The command that builds into `target`, a folder that is there and empty. */
  build(target: string): readonly [program: string, ...args: string[]];
  /** `directory` is an empty one for its files. */
  start(built: string, directory: string): ChildProcessWithoutNullStreams;
}

export interface RunningServer extends AsyncDisposable {
  readonly uri: string;
}

/** Outside of the tree, and by what it was made from, so that it is built once for each change. */
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'rollcall-tests');

/** With its modules still to be fetched, in milliseconds. A machine that needs longer has no such server. */
const LONGEST_BUILD = 10 * 60_000;

/**
 * Where the server is, built if need be; or why it cannot be had on this machine. It waits for the compiler, because
 * which tests there are has to be known when their file is loaded.
 */
export function buildOtherServer(server: OtherServer): { built: string } | { missing: string } {
  const hash = createHash('sha256');
  for (const source of server.sources) hash.update(readFileSync(join(server.folder, source)));
  const built = join(cache, `${server.name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(built)) return { built };
  const unfinished = `${built}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    const [program, ...args] = server.build(unfinished);
    const { error, status, stdout, stderr } = spawnSync(program, args, {
      cwd: server.folder,
      encoding: 'utf8',
      timeout: LONGEST_BUILD,
    });
    if (error) return { missing: `${program} cannot be run: ${error.message}` };
    const said = `${stdout}${stderr}`.trim().split('\n').at(-1);
    if (status !== 0) return { missing: `${program} could not build it: ${said}` };
    putInPlace(unfinished, built);
    return { built };
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function putInPlace(unfinished: string, built: string): void {
  try {
    renameSync(unfinished, built);
  } catch (error) {
    // Another process was quicker, and its work is as good.
    if (!existsSync(built)) throw error;
  }
}

export async function startOtherServer(server: OtherServer, built: string): Promise<RunningServer> {
  const directory = mkdtempSync(join(tmpdir(), `${server.name}-`));
  const child = server.start(built, directory);
  child.stderr.resume();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const uri = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${server.name} ended with ${code} before it was ready`)));
  });
  return {
    uri,
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
