/**
 * `npm run sandbox`: the sandbox of 100ms alone, for front ends and for other back ends. Builds where the build is not
 * what the sources say. `npm run sandbox -- --help` lists what can be set.
 */
import { build, isCurrent } from './build.mjs';

if (!isCurrent()) {
  process.stdout.write('building …\n');
  await build();
}
const { runAlone } = await import('../dist/video/sandbox/alone.js');
process.exitCode = await runAlone(process.argv.slice(2));
