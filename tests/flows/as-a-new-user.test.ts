import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcesses, startProcess } from '../helpers/running-process';

const root = join(__dirname, '..', '..');
afterEach(endProcesses);

describe('examples/watch.mjs', () => {
  const watch = (...args: string[]) => startProcess([process.execPath, 'examples/watch.mjs', ...args], root);

  it.each([[[]], [['http://127.0.0.1:3000']], [['not-an-address', 'a-room']]])(
    'with %j says how it is used, and ends with 2',
    async (args) => {
      const example = watch(...args);
      expect(await example.ended).toBe(2);
      expect(example.output).toMatch(/^usage: node examples\/watch\.mjs http:\S+ ROOM_ID$/m);
      expect(example.output).not.toContain('Error');
    },
  );

  it('says what it waits for while the server cannot be reached', async () => {
    const example = watch('http://127.0.0.1:1', 'a-room');
    await example.says(/^waiting for http:\/\/127\.0\.0\.1:1/m);
  });
});

it('a build without the development dependencies says how to install them, instead of hundreds of type errors', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-build-'));
  for (const name of ['scripts', 'src', 'tsconfig.json', 'package.json', 'package-lock.json'])
    cpSync(join(root, name), join(directory, name), { recursive: true });
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(join(root, 'node_modules', 'typescript'), join(directory, 'node_modules', 'typescript'));
  const build = startProcess([process.execPath, 'scripts/build.mjs'], directory);
  expect(await build.ended).toBe(1);
  expect(build.output.trim()).toBe('Development dependencies are missing: run npm ci --include=dev');
  rmSync(directory, { recursive: true });
});
