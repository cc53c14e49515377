import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'rollcall-tests');
/** As `install.mjs` leaves it. */
const program = join(cache, 'mongodb-engine-0.1.1', 'start');

/** What to run where the engine is missing. Undefined: it is installed. */
export const noEngine = existsSync(program) ? undefined : 'node tests/real-mongodb/install.mjs';

export interface RunningEngine extends AsyncDisposable {
  /** `mongodb://127.0.0.1:port`, without a database name. */
  readonly uri: string;
}

/** A real MongoDB on an empty directory of its own. Rejects with its output where it ends before it listens. */
export async function startEngine(): Promise<RunningEngine> {
  if (noEngine) throw new Error(`The MongoDB engine is not installed. Run: ${noEngine}`);
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-mongodb-'));
  const child = spawn(program, [directory], { stdio: 'pipe' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4_000);
  });
  const uri = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`The engine ended with ${code}:\n${complaints}`)));
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
