import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** How a container of the image is run. */
export interface Image {
  /** Where its root directory is, here. */
  readonly root: string;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly command: readonly [string, ...string[]];
  readonly healthCheck: readonly [string, ...string[]];
}

interface Stage {
  readonly root: string;
  directory: string;
  readonly env: Record<string, string>;
  user: { uid: number; gid: number };
  command?: [string, ...string[]];
  healthCheck?: [string, ...string[]];
}

/**
 * Builds the last stage of a Dockerfile without a container engine: each stage is a folder in `target`, and what the file says
 * is done in it, to the letter, but that absolute paths begin there and that programs are those of this machine. Knows the
 * instructions that our file uses, and throws at any other.
 */
export function buildImage(dockerfile: string, target: string): Image {
  const context = resolve(dockerfile, '..');
  const stages: Stage[] = [];
  const names = new Map<string, Stage>();
  for (const [instruction, text] of instructionsOf(readFileSync(dockerfile, 'utf8'))) {
    if (instruction === 'ARG') continue;
    if (instruction === 'FROM') {
      const root = join(target, `stage-${stages.length}`);
      mkdirSync(root, { recursive: true });
      const begun: Stage = { root, directory: root, env: {}, user: { uid: 0, gid: 0 } };
      const [, name] = / AS (\S+)$/i.exec(text) ?? [];
      if (name) names.set(name, begun);
      stages.push(begun);
      continue;
    }
    const stage = stages.at(-1);
    if (!stage) throw new Error(`${instruction} comes before the first FROM`);
    carryOut(instruction, text, stage, (from) => names.get(from)?.root ?? '', context);
  }
  const { root, directory, env, user, command, healthCheck } = stages.at(-1) ?? {};
  if (!root || !directory || !env || !user || !command || !healthCheck) {
    throw new Error(`${dockerfile} lacks a stage, a CMD or a HEALTHCHECK`);
  }
  return { root, directory, env, user, command, healthCheck };
}

function instructionsOf(text: string): [instruction: string, text: string][] {
  return text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1).trim()]);
}

function carryOut(
  instruction: string,
  text: string,
  stage: Stage,
  rootOf: (name: string) => string,
  context: string,
): void {
  switch (instruction) {
    case 'WORKDIR':
      stage.directory = join(stage.root, text);
      mkdirSync(stage.directory, { recursive: true });
      return;
    case 'ENV':
      for (const [, name = '', value = ''] of text.matchAll(/(\w+)=(\S+)/g)) stage.env[name] = value;
      return;
    case 'COPY':
      copy(text, stage, rootOf, context);
      return;
    case 'RUN':
      run(text, stage);
      return;
    case 'USER': {
      const [uid = 0, gid = 0] = text.split(':').map(Number);
      stage.user = { uid, gid };
      return;
    }
    case 'CMD':
      stage.command = JSON.parse(text);
      return;
    case 'HEALTHCHECK':
      stage.healthCheck = JSON.parse(text.slice(text.indexOf('CMD ') + 4));
      return;
    case 'VOLUME':
    case 'EXPOSE':
      return;
    default:
      throw new Error(`Not known here: ${instruction} ${text}`);
  }
}

function copy(text: string, stage: Stage, rootOf: (name: string) => string, context: string): void {
  const [, from, paths = ''] = /^(?:--from=(\S+) )?(.*)$/.exec(text) ?? [];
  const parts = paths.split(' ');
  const to = join(stage.directory, parts.pop() ?? '');
  for (const part of parts) {
    if (from === undefined && isIgnored(context, part)) throw new Error(`.dockerignore leaves out ${part}`);
    const source = from === undefined ? join(context, part) : join(rootOf(from), part);
    if (!existsSync(source)) throw new Error(`There is no ${part} to copy`);
    const isInto = paths.endsWith('/') && !(parts.length === 1 && basename(to) === basename(part));
    cpSync(source, isInto ? join(to, basename(part)) : to, { recursive: true, verbatimSymlinks: true });
  }
}

/** Ours leaves out everything but the names that it lists. */
function isIgnored(context: string, path: string): boolean {
  const lines = readFileSync(join(context, '.dockerignore'), 'utf8').split('\n');
  return !lines.includes(`!${path.replace(/\/$/, '')}`);
}

function run(text: string, { root, directory, env }: Stage): void {
  const { PATH = '', HOME = '' } = process.env;
  const command = text.replace(/(?<=\s)\/(?=\w)/g, `${root}/`);
  const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', command], {
    cwd: directory,
    // What was downloaded before need not be downloaded again.
    env: { PATH, HOME, npm_config_prefer_offline: 'true', ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`RUN ${text}\n${stdout}${stderr}`);
}
