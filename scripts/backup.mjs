/**
 * `npm run db:export -- FILE` and `npm run db:import -- FILE`: everything that the service keeps, as one file. Builds
 * where the build is not what the sources say.
 */
import { existsSync } from 'node:fs';
import { build, isCurrent } from './build.mjs';

const [action, ...args] = process.argv.slice(2);
if (!isCurrent()) {
  process.stderr.write('building …\n');
  await build();
}
// As the service does: what is in the environment already goes before the file.
if (existsSync('.env')) process.loadEnvFile('.env');
const { backup } = await import('../dist/database/backup/index.js');
process.exitCode = await backup(action, args, process.env);
