/** `npm run check:audit`: no package that runs in production has a known advisory of high or critical severity. */
import { spawnSync } from 'node:child_process';

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', timeout: 60_000 });
const counts = countsOf(stdout);
if (!counts) {
  process.stdout.write('audit skipped: the registry did not answer with advisories\n');
} else if (counts.high + counts.critical > 0) {
  process.stderr.write(
    `${counts.high} high and ${counts.critical} critical advisories: see npm audit --omit=dev\n`,
  );
  process.exit(1);
}

function countsOf(text) {
  try {
    return JSON.parse(text).metadata?.vulnerabilities;
  } catch {
    return undefined;
  }
}
