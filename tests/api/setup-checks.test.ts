import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { figures } from '../../src/figures';
import { HmsService } from '../../src/video/hms.service';
import { openSandbox, type Sandbox } from '../../src/video/sandbox';
import { SetupCheck } from '../../src/video/setup-check';
import { startTestService } from '../helpers/service';
import { SampleSession } from '../helpers/webhooks';

type Findings = Record<string, { status: string; message?: string }>;

const WEBHOOK_SECRET = 'a-secret-of-16-or-more';
let directory: string;
let account: Sandbox;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollcall-setup-'));
  account = await openSandbox({ directory, now: () => new Date() });
});
afterAll(async () => {
  await account.close();
  await rm(directory, { recursive: true, force: true });
});

/** A service whose 100ms is the account of this file, as a production service reaches the real one. */
function start(settings: Record<string, string> = {}) {
  const { keys, apiUrl, authUrl } = account;
  const reached = { API_KEY: keys.accessKey, APP_SECRET: keys.secret, HMS_API_URL: apiUrl };
  return startTestService({ ...reached, HMS_AUTH_URL: authUrl, WEBHOOK_SECRET, ...settings });
}

async function checksOf(url: string) {
  const response = await fetch(`${url}/readyz`);
  const { ready, checks } = (await response.json()) as { ready: boolean; checks: Findings };
  return { ready, status: response.status, checks };
}

/** What `/metrics` says of each check of `/readyz`. */
async function gaugesOf(url: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.matchAll(/^readiness_check\{check="([^"]+)"\} (\S+)$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value]) => [name, Number(value)]));
}

/** Expects a finding on `/readyz`, in the banner and in the metrics, on an instance that is ready all the same. */
async function expectDegraded(
  service: { url: string; banner: readonly string[] },
  name: string,
  message: RegExp,
) {
  const { ready, status, checks } = await checksOf(service.url);
  expect([status, ready]).toEqual([200, true]);
  expect(checks[name]).toEqual({ status: 'degraded', message: expect.stringMatching(message) });
  expect(service.banner.filter((line) => line.startsWith(`  warning         ${name}: `))).toEqual([
    expect.stringMatching(message),
  ]);
  expect((await gaugesOf(service.url))[name]).toBe(0.5);
}

const other = (text: string) => [...text].reverse().join('');

it('reports keys that 100ms rejects, names both variables, and stays ready', async () => {
  await using service = await start({ APP_SECRET: other(account.keys.secret) });
  await expectDegraded(service, '100ms', /100ms rejects .*API_KEY.*APP_SECRET.*dashboard/);
  await expectDegraded(service, 'guest role', /^.*not checked yet/i);
});

it('finds nothing wrong with an account whose template has the guest role, once a webhook has arrived', async () => {
  await using service = await start();
  const { url, banner } = service;
  const { checks } = await checksOf(url);
  for (const name of ['100ms', 'template', 'guest role']) expect(checks[name]).toEqual({ status: 'ok' });
  await expectDegraded(service, 'webhooks', /No webhook .*\/webhooks\/100ms.*WEBHOOK_SECRET/);
  expect(banner.filter((line) => line.startsWith('  warning'))).toHaveLength(1);

  const headers = { 'content-type': 'application/json', 'x-webhook-secret': WEBHOOK_SECRET };
  const body = JSON.stringify(new SampleSession('a-room').opened());
  await fetch(`${url}/webhooks/100ms`, { method: 'POST', headers, body });
  for (;;) if ((await checksOf(url)).checks['webhooks']?.status === 'ok') break;
  const gauges = await gaugesOf(url);
  expect(Object.values(gauges)).toEqual(Object.keys(gauges).map(() => 0));
  // Every check has a series, and no check is missing from the table of labels.
  expect(Object.keys(gauges).sort()).toEqual(Object.keys(checks).sort());
  expect([...figures.readiness_check.labels.check]).toEqual(expect.arrayContaining(Object.keys(gauges)));
});

it('reports a template that the account does not have', async () => {
  await using service = await start({ HMS_TEMPLATE_ID: 'f'.repeat(24) });
  await expectDegraded(service, 'template', /HMS_TEMPLATE_ID "f{24}" .*dashboard/);
});

it.each([
  ['the template of HMS_TEMPLATE_ID', true],
  ['every template of the account', false],
])('reports a guest role that %s lacks, with the roles that there are', async (_which, isChosen) => {
  const hms = new HmsService({ ...account });
  const { id } = await hms.templates.create({ name: 'webinar', roles: { host: {}, viewer: {} } });
  await using service = await start({ GUEST_ROLE: 'visitor', ...(isChosen && { HMS_TEMPLATE_ID: id }) });
  await expectDegraded(service, 'guest role', /GUEST_ROLE "visitor" .*host.*viewer/);
});

it('also checks the guest role on the built-in sandbox, which needs no webhook to be set', async () => {
  await using service = await startTestService({ GUEST_ROLE: 'visitor' });
  await expectDegraded(service, 'guest role', /GUEST_ROLE "visitor" .*host, guest/);
  expect(Object.keys((await checksOf(service.url)).checks)).not.toContain('webhooks');
});

it('does not hold up a start while 100ms does not answer', async () => {
  account.control.setApiFaults([{ kind: 'never' }]);
  await using service = await start();
  account.control.setApiFaults([]);
  await expectDegraded(service, 'template', /not checked yet/i);
});

it('checks again by itself, and reports each change once', async () => {
  const hms = new HmsService({ ...account });
  const { id } = await hms.templates.create({ name: 'talk', roles: { host: {} } });
  const changes: [string, string | undefined][] = [];
  let changed = () => {};
  const check = new SetupCheck({
    hms,
    templateId: id,
    guestRole: 'listener',
    pauseMs: { good: 1, bad: 1 },
    onChange: (name, message) => {
      changes.push([name, message]);
      changed();
    },
  });
  await check.start();
  expect(check.findings['guest role']).toMatch(/"listener".*host/);
  const mended = new Promise<void>((resolve) => {
    changed = resolve;
  });
  await hms.templates.putRole({ templateId: id, role: 'listener' }, {});
  await mended;
  await check.close();
  expect(check.findings).toEqual({ keys: undefined, template: undefined, 'guest role': undefined });
  expect(changes).toEqual([
    ['guest role', expect.stringMatching(/listener/)],
    ['guest role', undefined],
  ]);
});
