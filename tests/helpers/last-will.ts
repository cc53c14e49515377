import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/** Reads `+pid` and `-pid`, a line each. At the end of what it is told it kills the groups that are left. */
const executor = `
left=
while read -r line; do
  pid=\${line#?}
  case $line in
    +*) left="$left $pid" ;;
    -*) rest=; for each in $left; do [ "$each" = "$pid" ] || rest="$rest $each"; done; left=$rest ;;
  esac
done
for each in $left; do kill -s KILL -- "-$each"; done
`;

let told: Writable | undefined;
let isOver = false;

/**
 * Has a process end with the test file that started it, and with whatever it started itself, also where a test ran out of time and
 * goes on behind the back of its clean-up, or where the process of the tests is killed: then what is told to the executor, a process of
 * its own, ends. To be called at once after the start; the child must lead a group of its own (`detached`).
 */
export function endWithTheTests(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (isOver) {
    process.kill(-pid, 'SIGKILL');
    throw new Error('The tests of this file are over: nothing is started any more.');
  }
  told ??= startExecutor();
  told.write(`+${pid}\n`);
  // Not its exit: what it started itself may live on, and hold what it says open.
  child.once('close', () => told?.writable && told.write(`-${pid}\n`));
}

function startExecutor(): Writable {
  const { stdin } = spawn('sh', ['-c', executor], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  // It may be killed, too; then there is nobody to be told.
  stdin.on('error', () => undefined);
  return stdin;
}

afterAll(() => {
  isOver = true;
  told?.end();
});
