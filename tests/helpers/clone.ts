import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { variables } from '../../src/config/variables';
import { type RunningProcess, startProcess } from './running-process';

const root = join(__dirname, '..', '..');

/** A folder with every file that is committed, or about to be: what a reader gets from `git clone`. */
export function cloneHere(): string {
  const clone = mkdtempSync(join(tmpdir(), 'rollcall-clone-'));
  const committed = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0');
  for (const file of committed.filter(Boolean)) cpSync(join(root, file), join(clone, file));
  return clone;
}

/** Runs commands of the README as a reader would: without any setting of this process, and with those of `env`. */
export function runInClone(
  clone: string,
  commands: string,
  env: Record<string, string> = {},
): RunningProcess {
  const ours =
    /^(npm_(package|lifecycle|command|node|exec|config_(local|prefix|user_agent))|INIT_CWD|NODE_ENV|NODE_OPTIONS|JEST)/;
  const inherited = Object.entries(process.env).filter(([name]) => !ours.test(name) && !(name in variables));
  return startProcess(['bash', '-c', commands], clone, {
    ...(Object.fromEntries(inherited) as Record<string, string>),
    // What the install of this checkout has fetched need not be fetched again.
    npm_config_prefer_offline: 'true',
    ...env,
  });
}
