import { hasRedis, openRedis } from './redis';
import { startProcess } from './running-process';

// Not a test: what ../processes-end.test.ts runs, and sees fail.

it('a test that starts processes, runs out of time, and goes on starting some', async () => {
  const child = startProcess(['sh', '-c', 'sleep 1000 & echo also $!; wait'], '/');
  const [, grandchild] = await child.says(/^also (\d+)$/m);
  process.stderr.write(`started ${child.pid} ${grandchild}\n`);
  if (hasRedis) process.stderr.write(`redis ${(await openRedis()).port}\n`);
  await new Promise((resolve) => setTimeout(resolve, Number(process.env['GOES_ON_AFTER'])));
  for (;;) {
    const late = startProcess(['sleep', '1000'], '/');
    process.stderr.write(`late ${late.pid}\n`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}, 1_000);
