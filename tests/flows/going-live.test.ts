import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cloneHere, runInClone } from '../helpers/clone';
import { freePort } from '../helpers/free-port';
import { blocksUnder } from '../helpers/readme';
import { endProcesses, startProcess } from '../helpers/running-process';
import { streamDoors } from '../helpers/stream-doors';
import { noEngine, startEngine } from '../real-mongodb/engine';

// Two installs and a compile, on a machine that is busy with other tests.
jest.setTimeout(600_000);

let clone: string;
beforeAll(() => {
  clone = cloneHere();
});
afterEach(endProcesses);
afterAll(() => rmSync(clone, { recursive: true, force: true }));

const sandboxProgram = join(__dirname, '..', '..', 'scripts', 'sandbox.mjs');

/** The stand-alone sandbox in the place of 100ms, with the webhook that the reader enters in the dashboard. */
async function startSandbox(webhook: string, secret: string) {
  const options = ['--port', '0', '--directory', join(clone, 'sandbox')];
  const dashboard = ['--webhook', webhook, '--header', `x-webhook-secret: ${secret}`];
  const sandbox = startProcess([process.execPath, sandboxProgram, ...options, ...dashboard], clone);
  await sandbox.says(/^ready$/m);
  const printed = async (name: string) =>
    (await sandbox.says(new RegExp(`^ +${name} +(\\S+)$`, 'm')))[1] ?? '';
  return {
    control: await printed('control'),
    env: {
      API_KEY: await printed('access key'),
      APP_SECRET: await printed('app secret'),
      HMS_API_URL: await printed('API'),
      HMS_AUTH_URL: await printed('auth'),
    },
  };
}

(noEngine ? it.skip : it)(
  `docs/going-live.md, line by line, gives a service that works on MongoDB${noEngine ? ` (skipped: ${noEngine})` : ''}`,
  async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const secrets = {
      AUTH_SECRET: randomBytes(32),
      WEBHOOK_SECRET: randomBytes(32),
      SERVICE_KEYS: randomBytes(32),
    };
    const secret = (name: keyof typeof secrets) => secrets[name].toString('hex');
    await using engine = await startEngine();
    const sandbox = await startSandbox(`${url}/webhooks/100ms`, secret('WEBHOOK_SECRET'));

    const [settings, build, start, tryIt] = blocksUnder(
      'docs/going-live.md',
      'From the sandbox to production',
    );
    const { HMS_API_URL, HMS_AUTH_URL, ...keys } = sandbox.env;
    /** What this reader has in the place of the examples; the rest of the file stays as it is. */
    const own: Record<string, string> = {
      ...{ ...keys, HOST: '127.0.0.1', PORT: `${port}`, MONGO_URI: `${engine.uri}/rollcall` },
      ...Object.fromEntries(Object.keys(secrets).map((name) => [name, secret(name as keyof typeof secrets)])),
    };
    const filledIn = settings?.text.replace(
      /^(\w+)=(.*)$/gm,
      (_, name, value) => `${name}=${own[name] ?? value}`,
    );
    for (const name of Object.keys(own)) expect(filledIn).toContain(`${name}=${own[name]}`);
    writeFileSync(join(clone, '.env'), filledIn ?? '');

    const building = runInClone(clone, build?.text ?? '', { NODE_ENV: 'production' });
    const status = await building.ended;
    expect(building.output).not.toMatch(/error TS/);
    expect(status).toBe(0);

    const service = runInClone(clone, `exec ${start?.text}`, { HMS_API_URL, HMS_AUTH_URL });
    await service.says(/^ready$/m);
    // The first start knows of no webhook yet, and says so; nothing else is to be mended.
    const warnings = service.output.split('\n').filter((line) => /warning/i.test(line));
    expect(warnings.filter((line) => !line.includes('No webhook from 100ms has arrived yet'))).toEqual([]);

    const reader = runInClone(clone, tryIt?.text.replaceAll('https://rollcall.example.com', url) ?? '');
    expect(await reader.ended).toBe(0);
    expect(reader.output).toMatch(/"ready":true/);
    const [, roomId = ''] = /"id":"(\w{24})"/.exec(reader.output) ?? [];

    const watcher = streamDoors['graphql-ws']?.(url, `Bearer ${secret('SERVICE_KEYS')}`, roomId);
    await watcher?.told.first((told) => told === 'SNAPSHOT');
    await fetch(`${sandbox.control}/peers`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ room_id: roomId, user_id: 'bo', role: 'guest' }),
    });
    await watcher?.told.first((told) => told === 'bo');
    watcher?.stop();
    service.signal('SIGTERM');
    expect(await service.ended).toBe(0);
  },
);
