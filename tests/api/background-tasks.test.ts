import { mongo } from 'mongoose';
import { openTestDatabase } from '../helpers/rooms';
import { startTestService } from '../helpers/service';

interface Answer {
  readonly ready: boolean;
  readonly checks: Record<string, { status: string; message?: string }>;
}

async function readiness(url: string): Promise<Answer & { status: number }> {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, ...((await response.json()) as Answer) };
}

/** Resolves with the answer of `/readyz` once it has this status, with a message that fits, for the background tasks. */
async function untilBackground(url: string, status: string, message = /^/) {
  for (;;) {
    const answer = await readiness(url);
    const found = answer.checks['background tasks'];
    if (found?.status === status && message.test(found.message ?? '')) return answer;
  }
}

async function failingTasks(url: string): Promise<string[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...text.matchAll(/^upkeep_task_failing\{task="(.*)"\} 1$/gm)].map(([, task]) => task ?? '').sort();
}

it('are reported where the database refuses them, in the banner and the metrics, and make an instance not ready', async () => {
  await using database = await openTestDatabase();
  const client = await new mongo.MongoClient(database.uri).connect();
  const settings = client.db().collection<{ _id: string; fence?: unknown }>('settings');
  // Taking the lease adds 1 to the fence, which the database refuses for a string.
  await settings.insertOne({ _id: 'upkeep lease', fence: 'not a number' });
  await using service = await startTestService({ MONGO_URI: database.uri, RECONCILE_SECONDS: '0' });
  const { url, banner } = service;
  expect(banner.join('\n')).toMatch(/^ {2}warning {9}background tasks: .*upkeep lease \(MongoServerError/m);

  const failed = await untilBackground(url, 'failed', /overdue presences/);
  expect([failed.status, failed.ready]).toEqual([503, false]);
  expect(failed.checks['background tasks']?.message).toMatch(/overdue presences.*MongoServerError.*Check/s);
  expect(failed.checks['background tasks']?.message).not.toMatch(/127\.0\.0\.1|mongodb:|\.sock/);
  // The database refuses others with it.
  expect(await failingTasks(url)).toContain('overdue presences');

  await settings.deleteOne({ _id: 'upkeep lease' });
  expect((await untilBackground(url, 'ok')).ready).toBe(true);
  expect(await failingTasks(url)).toEqual([]);
  await client.close();
});

it('are reported where 100ms makes them fail, and leave an instance ready', async () => {
  const hms = 'http://127.0.0.1:1/v2';
  await using service = await startTestService({
    ...{ API_KEY: 'a-key', APP_SECRET: 'a-secret', HMS_API_URL: hms, HMS_AUTH_URL: hms },
    ...{ RECONCILE_SECONDS: '1' },
  });
  const { url, banner } = service;
  expect(banner.join('\n')).not.toMatch(/background tasks/);
  const { status, ready, checks } = await untilBackground(url, 'degraded');
  expect([status, ready]).toEqual([200, true]);
  expect(checks['background tasks']?.message).toMatch(/reconcile.*UPSTREAM_UNAVAILABLE.*log/);
  expect(checks['background tasks']?.message).not.toMatch(/127\.0\.0\.1|a-secret/);
  expect(await failingTasks(url)).toEqual(['reconcile']);
});
