/**
 * `npm run dev`: the compiler watches src/, Node watches dist/ and starts the service again after each change.
 * Two plain watchers, because the loaders that compile while loading either drop the decorators' type metadata or refuse
 * TypeScript 7 (docs/internals/decisions/0005-versions.md).
 */
import { spawn } from 'node:child_process';
import { build, compilerPath, forgetBuild, isCurrent } from './build.mjs';

// Without a build there would be nothing to run until the compiler's first pass is through.
if (!isCurrent()) await build().catch((error) => process.stderr.write(`${error.message}\n`));
forgetBuild();

const watchers = [
  [compilerPath(), '--project', '.', '--watch', '--preserveWatchOutput'],
  ['--watch', '--watch-preserve-output', '--enable-source-maps', 'dist/main.js'],
].map((args) => spawn(process.execPath, args, { stdio: 'inherit' }));

const stop = () => {
  for (const watcher of watchers) watcher.kill('SIGTERM');
};
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
for (const watcher of watchers) watcher.once('exit', stop);
