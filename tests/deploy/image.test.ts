import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dependencies, devDependencies } from '../../package.json';
import { freePort } from '../helpers/free-port';
import { endProcesses, startProcess } from '../helpers/running-process';
import { buildImage, type Image } from './dockerfile';

const isRoot = process.getuid?.() === 0;
const describeAsRoot = isRoot ? describe : describe.skip;

describeAsRoot(
  `the image of the Dockerfile${isRoot ? '' : ' (skipped: only root can become another user)'}`,
  () => {
    let target: string;
    let image: Image;

    beforeAll(() => {
      target = mkdtempSync(join(tmpdir(), 'rollcall-image-'));
      chmodSync(target, 0o755);
      image = buildImage(join(__dirname, '..', '..', 'Dockerfile'), target);
    }, 240_000);

    afterAll(() => rmSync(target, { recursive: true, force: true }));
    afterEach(endProcesses);

    it('holds what the service needs to run, and no source, no test and no compiler of ours', () => {
      const { directory } = image;
      expect(readdirSync(directory).sort()).toEqual(['dist', 'node_modules', 'package.json']);
      const isThere = (name: string) => existsSync(join(directory, 'node_modules', name, 'package.json'));
      expect(Object.keys(dependencies).filter((name) => !isThere(name))).toEqual([]);
      for (const name of ['jest', 'knip', 'fast-check']) {
        expect(devDependencies).toHaveProperty([name]);
        expect(isThere(name)).toBe(false);
      }
    });

    it('runs as a user who may write nowhere but in its data, is healthy, and ends with 0 when it is told to stop', async () => {
      const { directory, root, env: given, user, command, healthCheck } = image;
      expect(user.uid).toBeGreaterThan(0);
      const mayWrite = spawnSync('find', [root, '-writable', '-not', '-type', 'l'], {
        ...user,
        encoding: 'utf8',
      });
      expect(mayWrite.stdout.trim().split('\n')).toEqual([join(root, 'data')]);

      const env = {
        ...given,
        DATA_DIR: join(root, given['DATA_DIR'] ?? ''),
        // Whoever asks for a place for temporary files finds none.
        TMPDIR: join(root, 'no-such-place'),
        HOME: join(root, 'no-such-place'),
        HOST: '127.0.0.1',
        PORT: `${await freePort()}`,
        AUTH_SECRET: 'a secret of 32 bytes, or somewhat more',
      };
      const { PATH } = process.env;
      const isHealthy = () => {
        const [program, ...args] = healthCheck;
        return spawnSync(program, args, { cwd: directory, env: { PATH, ...env }, ...user }).status;
      };
      expect(isHealthy()).toBe(1);
      const service = startProcess(command, directory, env, user);
      await service.url();
      expect(isHealthy()).toBe(0);
      service.signal('SIGTERM');
      expect(await service.ended).toBe(0);
      expect(service.output).not.toMatch(/EACCES|EROFS|no-such-place/);
    });
  },
);
