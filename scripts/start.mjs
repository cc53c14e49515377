/**
 * `npm start`: builds where the build is not what the sources say, then runs it in this very process, so that signals
 * reach the service and its exit code is the command's.
 */
import { build, isCurrent } from './build.mjs';

if (!isCurrent()) {
  process.stdout.write('building …\n');
  try {
    await build();
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
process.setSourceMapsEnabled(true);
await import('../dist/main.js');
