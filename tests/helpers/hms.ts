import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HmsService } from '../../src/video/hms.service';
import { openSandbox, type Sandbox } from '../../src/video/sandbox';
import type { StoppedClock } from './clock';

/**
 * A 100ms for tests, by the test's clock, and a client that does not wait between attempts.
 *
 * @param ask how the client asks, where not by `fetch` itself
 * @param attemptWithin milliseconds; a test in which 100ms always answers gives it longer than a busy machine takes
 */
export async function openTestHms(
  clock: StoppedClock,
  timeScale = 1,
  ask: typeof fetch = fetch,
  attemptWithin = 300,
): Promise<AsyncDisposable & { hms: HmsService; sandbox: Sandbox }> {
  const directory = await mkdtemp(join(tmpdir(), 'sandbox-'));
  const sandbox = await openSandbox({ directory, now: clock.now, timeScale });
  const hms = new HmsService({
    apiUrl: sandbox.apiUrl,
    keys: sandbox.keys,
    now: clock.now,
    fetch: ask,
    pause: async () => undefined,
    attemptWithin,
    breakAfter: 1_000_000,
  });
  const dispose = async () => {
    await sandbox.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { hms, sandbox, [Symbol.asyncDispose]: dispose };
}
