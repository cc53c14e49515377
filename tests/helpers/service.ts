import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OutsideParts, type RunningService, startService } from '../../src/app';
import { readConfig } from '../../src/config';
import { databaseSettings, dropDatabase } from './test-database';

/** Everything a test sets on purpose; the rest is as after `npm start` on a fresh clone. */
export type TestSettings = Readonly<Record<string, string>>;

/** A place where stories are told: its address, and the way to leave it. */
export interface Place extends AsyncDisposable {
  readonly url: string;
  close(): Promise<void>;
}

let openElsewhere: ((settings: TestSettings) => Promise<Place>) | undefined;

/** From now on the stories of this test file are told at another place than on a service in its own process. */
export function tellStoriesAt(open: (settings: TestSettings) => Promise<Place>): void {
  openElsewhere = open;
}

/** Where a story is told that needs no more than an address: `startTestService`, if nothing else was said. */
export function openPlace(settings: TestSettings = {}): Promise<Place> {
  return openElsewhere ? openElsewhere(settings) : startTestService(settings);
}

/**
 * The whole service on a port of the system's choosing, on the embedded database and the sandbox in a directory of
 * its own, or on the database of `TEST_MONGO_URI`. `await using` takes it down and removes the directory.
 */
export async function startTestService(
  settings: TestSettings = {},
  parts: Partial<OutsideParts> = {},
): Promise<RunningService & { directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-'));
  const service = await startIn(directory, settings, parts);
  const dispose = async () => {
    await service.close();
    await dropDatabase(directory);
    await rm(directory, { recursive: true, force: true });
  };
  return { ...service, directory, close: dispose, [Symbol.asyncDispose]: dispose };
}

/** The same on a directory that a test keeps, for stories of stopping and starting again. */
export function startIn(
  directory: string,
  settings: TestSettings = {},
  parts: Partial<OutsideParts> = {},
): Promise<RunningService> {
  const environment = { PORT: '0', DATA_DIR: directory, LOG_LEVEL: 'fatal' };
  return startService(readConfig({ ...environment, ...databaseSettings(directory), ...settings }), parts);
}
