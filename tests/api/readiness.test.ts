import { mongo } from 'mongoose';
import { CreateRoomDocument } from '../generated/operations';
import { post } from '../helpers/clients';
import { startTestService } from '../helpers/service';
import { openDatabaseBehindLink } from '../helpers/test-database';

type Findings = Record<string, { status: string; message?: string }>;

async function ask(url: string) {
  const response = await fetch(`${url}/readyz`);
  const text = await response.text();
  const { ready, checks } = JSON.parse(text) as { ready: boolean; checks: Findings };
  return { status: response.status, ready, checks, text };
}

/** Resolves with the answer once it says so of a part. */
async function untilFound(url: string, name: string, status: string) {
  for (;;) {
    const answer = await ask(url);
    if (answer.checks[name]?.status === status) return answer;
  }
}

/** Nobody listens there. */
const NOWHERE = '127.0.0.1:1';

it('is ready without Redis and without 100ms, says of each in words that it is away, and names no host', async () => {
  const hms = `http://${NOWHERE}/v2`;
  await using service = await startTestService({
    ...{ REDIS_URL: `redis://somebody:hunter2@${NOWHERE}`, API_KEY: 'a-key', APP_SECRET: 'a-secret' },
    ...{ HMS_API_URL: hms, HMS_AUTH_URL: hms, RECONCILE_SECONDS: '0' },
  });
  const { url } = service;
  await Promise.all(
    Array.from({ length: 5 }, () => post(url, CreateRoomDocument, { input: { name: 'Stand-up' } })),
  );
  await untilFound(url, '100ms', 'degraded');
  const { status, ready, checks, text } = await untilFound(url, 'redis', 'degraded');
  expect([status, ready]).toEqual([200, true]);
  expect(checks['database']).toEqual({ status: 'ok' });
  expect(checks['redis']?.message).toMatch(/Redis.*poll.*REDIS_URL/);
  expect(service.banner.join('\n')).toMatch(/^ {2}warning +redis: .*REDIS_URL/m);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/^readiness_check\{check="redis"\} 0\.5$/m);
  expect(checks['100ms']?.message).toMatch(/100ms did not answer.*left alone/);
  expect(text).not.toMatch(/127\.0\.0\.1|hunter2|a-secret/);
});

it('is not ready without its database, and alive all the same; says how far behind the inbox is', async () => {
  await using database = await openDatabaseBehindLink();
  await using service = await startTestService({ MONGO_URI: database.uri });
  const { url } = service;
  expect((await ask(url)).checks).toMatchObject({
    database: { status: 'ok' },
    inbox: { status: 'ok' },
    drain: { status: 'ok' },
  });

  const tool = await new mongo.MongoClient(database.uri).connect();
  const [longAgo, never] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 3_600_000)];
  const waiting = {
    ...{ status: 'pending', type: 'x', receivedAt: longAgo, notBefore: never, event: {} },
    failures: 3,
  };
  await tool.db().collection('inbox').insertOne(waiting);
  await tool.close();
  const behind = await untilFound(url, 'inbox', 'degraded');
  expect(behind.status).toBe(200);
  expect(behind.checks['inbox']?.message).toMatch(/^1 webhooks .* for 36\d\d s/);

  database.link.cut();
  const { status, ready, checks, text } = await untilFound(url, 'database', 'failed');
  expect([status, ready]).toEqual([503, false]);
  expect(checks['database']?.message).toMatch(/database does not answer/);
  expect(text).not.toMatch(/127\.0\.0\.1|mongodb/);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
});
