/**
 * Compiles src/ to dist/, unless dist/ is already what src/ says. What was compiled is remembered as a hash in
 * dist/.built-from, so that neither file times nor branch switches can deceive it. The new build replaces the old one
 * whole: nothing of a deleted source file stays behind.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const stamp = 'built-from';

/** A hash of everything that decides what the build looks like. */
function fingerprint() {
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of [...sources, join(root, 'tsconfig.json'), join(root, 'package-lock.json')]) {
    const text = readFileSync(file);
    hash.update(`${file.slice(root.length)}\0${text.length}\0`).update(text);
  }
  return hash.digest('hex');
}

/** Whether dist/ was compiled from what src/ holds now. */
export function isCurrent() {
  try {
    return readFileSync(join(dist, stamp), 'utf8') === fingerprint();
  } catch {
    return false;
  }
}

/** Makes the next start build again, for a caller that is about to write into dist/ in another way. */
export function forgetBuild() {
  rmSync(join(dist, stamp), { force: true });
}

/** Compiles, and puts the result in the place of dist/. Rejects when the compiler found mistakes; dist/ is as before then. */
export async function build() {
  // A source that changes while the compiler reads it leaves a stamp that no longer fits, and the next start builds again.
  const from = fingerprint();
  const fresh = join(root, `dist.${process.pid}`);
  const stale = join(root, `dist.${process.pid}.old`);
  try {
    await compile(fresh);
    writeFileSync(join(fresh, stamp), from);
    replaceDist(fresh, stale);
  } finally {
    for (const leftover of [fresh, stale]) rmSync(leftover, { recursive: true, force: true });
  }
}

/** Puts `fresh` in the place of dist/, also where another build does the same at this moment: then the later one stays. */
function replaceDist(fresh, stale) {
  for (;;) {
    try {
      if (existsSync(dist)) renameSync(dist, stale);
      renameSync(fresh, dist);
      return;
    } catch (error) {
      // The other build has moved dist/ away, or put its own there, between our two steps.
      if (!existsSync(fresh) || !['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
      rmSync(stale, { recursive: true, force: true });
    }
  }
}

/** The compiler that this project installs, not another one on the PATH. */
export function compilerPath() {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  return join(dirname(manifest), 'bin', 'tsc');
}

/** Without the types of its dependencies the compiler prints hundreds of errors that hide their one cause. */
function requireDevelopmentDependencies() {
  try {
    createRequire(import.meta.url).resolve('@types/node/package.json');
  } catch {
    throw new Error('Development dependencies are missing: run npm ci --include=dev');
  }
}

async function compile(outDir) {
  requireDevelopmentDependencies();
  const compiler = spawn(process.execPath, [compilerPath(), '--project', root, '--outDir', outDir], {
    cwd: root,
    stdio: 'inherit',
  });
  const code = await new Promise((resolveExit, reject) => {
    compiler.once('error', reject).once('exit', resolveExit);
  });
  if (code !== 0)
    throw new Error('The build failed: see the lines above. The last good build, if any, is untouched.');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build().catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
