import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..');
let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'rollcall-layers-'));
  copyFileSync(join(root, '.dependency-cruiser.cjs'), join(project, '.dependency-cruiser.cjs'));
  writeFileSync(join(project, 'package.json'), '{}');
});

afterEach(() => rmSync(project, { recursive: true }));

/** The names of the rules that a little project of these files breaks. */
function brokenBy(files: Record<string, string>): string[] {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  const depcruise = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const run = spawnSync(process.execPath, [depcruise, 'src', '--output-type', 'json'], {
    cwd: project,
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  const { violations } = JSON.parse(run.stdout).summary as { violations: { rule: { name: string } }[] };
  return [...new Set(violations.map(({ rule }) => rule.name))];
}

it.each([
  ['rooms-know-no-door', 'src/rooms/room.ts', 'src/api/door.ts'],
  ['video-is-a-leaf', 'src/video/client.ts', 'src/rooms/room.ts'],
  ['events-is-a-leaf', 'src/events/bus.ts', 'src/video/client.ts'],
  ['database-is-a-leaf', 'src/database/connect.ts', 'src/events/bus.ts'],
  ['embedded-stands-alone', 'src/database/embedded/server.ts', 'src/errors.ts'],
  ['doors-speak-to-rooms', 'src/api/door.ts', 'src/events/memory-bus.ts'],
  ['observability-is-a-leaf', 'src/observability/logger.ts', 'src/rooms/room.ts'],
  ['config-and-errors-are-ground', 'src/config.ts', 'src/rooms/room.ts'],
  ['config-is-entered-by-its-front-door', 'src/rooms/room.ts', 'src/config/variables.ts'],
  ['only-main-starts-the-app', 'src/api/door.ts', 'src/app.ts'],
])('%s: notices when %s imports %s', (rule, from, to) => {
  const path = `${'../'.repeat(from.split('/').length - 2) || './'}${to.replace(/^src\//, '').replace(/\.ts$/, '')}`;
  expect(brokenBy({ [from]: `import '${path}';\n`, [to]: 'export {};\n' })).toContain(rule);
});

it('notices a cycle that only types make', () => {
  const files = {
    'src/rooms/a.ts': "import type { B } from './b';\nexport type A = B | 1;\n",
    'src/rooms/b.ts': "import type { A } from './a';\nexport type B = A | 2;\n",
  };
  expect(brokenBy(files)).toEqual(['no-cycles']);
});

it('notices a package that package.json does not name', () => {
  const files = {
    'src/rooms/room.ts': "import 'stowaway';\n",
    'node_modules/stowaway/package.json': '{ "name": "stowaway", "main": "index.js" }',
    'node_modules/stowaway/index.js': '',
  };
  expect(brokenBy(files)).toEqual(['imports-only-declared-packages']);
});

it('lets a door use rooms, rooms use the leaves, and everybody use config and errors', () => {
  const use = (...paths: string[]) => paths.map((path) => `import '${path}';\n`).join('');
  const files = {
    'src/errors.ts': 'export {};\n',
    'src/config.ts': 'export {};\n',
    'src/database/connect.ts': 'export {};\n',
    'src/video/client.ts': use('../errors', '../config'),
    'src/rooms/room.ts': use('../video/client', '../errors'),
    'src/api/door.ts': use('../rooms/room', '../config', '../database/connect'),
    'src/app.ts': use('./api/door', './rooms/room', './video/client', './config'),
    'src/main.ts': use('./app', './config'),
  };
  expect(brokenBy(files)).toEqual([]);
});
