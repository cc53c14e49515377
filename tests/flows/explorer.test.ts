import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { hasChromium, openBrowser, type Witnessed, whyNoChromium, witness } from '../helpers/chromium';
import { Explorer } from '../helpers/explorer';
import { authSecret, loginOf, serviceKey } from '../helpers/logins';
import { endProcesses, startProcess } from '../helpers/running-process';
import { startTestService } from '../helpers/service';
import { databaseSettings } from '../helpers/test-database';

/** The browser compiles megabytes of script for each page. */
jest.setTimeout(90_000);

type TestService = Awaited<ReturnType<typeof startTestService>>;

const main = join(__dirname, '..', '..', 'dist', 'main.js');

let browser: Browser;
let open: TestService;
let guarded: TestService;
let context: BrowserContext;
let page: Page;
let seen: Witnessed;

beforeAll(async () => {
  if (!hasChromium) return;
  browser = await openBrowser();
  open = await startTestService();
  guarded = await startTestService({ AUTH_SECRET: authSecret, SERVICE_KEYS: serviceKey });
});
afterAll(async () => {
  await browser?.close();
  await endProcesses();
  await open?.close();
  await guarded?.close();
});
beforeEach(async () => {
  if (!hasChromium) return;
  context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  page = await context.newPage();
});
afterEach(() => context?.close());

const bearer = (login: string) => JSON.stringify({ Authorization: `Bearer ${login}` });

async function openExplorer({ url }: { url: string }): Promise<Explorer> {
  seen = witness(page, new URL(url).host);
  return Explorer.open(page, url);
}

/** A room of ana's, made as her application would. */
async function createRoom({ url }: { url: string }, login?: string): Promise<string> {
  const response = await fetch(`${url}/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(login && { authorization: `Bearer ${login}` }) },
    body: JSON.stringify({ name: 'Morning standup' }),
  });
  const { id } = (await response.json()) as { id: string };
  return id;
}

const watch = (roomId: string) =>
  `subscription { participantUpdates(roomId: "${roomId}", snapshot: true) { action participantCount } }`;
const joinOf = (roomId: string) =>
  `mutation { joinRoom(input: { roomId: "${roomId}", userId: "ana" }) { status } }`;

async function send({ url }: { url: string }, query: string, login?: string): Promise<void> {
  await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(login && { authorization: `Bearer ${login}` }) },
    body: JSON.stringify({ query }),
  });
}

(hasChromium ? describe : describe.skip)(`the local explorer, in a browser${whyNoChromium}`, () => {
  it('runs its first query after a start with no settings, and prints no stack trace and no error anywhere', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rollcall-explorer-'));
    const program = startProcess([process.execPath, main], directory, {
      PORT: '0',
      ...databaseSettings(directory),
    });
    const url = await program.url();
    await createRoom({ url });
    const explorer = await openExplorer({ url });
    const query = await explorer.query();
    expect(query).toMatch(/subscription/);
    expect(query).not.toMatch(/Headers tab|Welcome to/);
    await explorer.press();
    const response = await explorer.says('"rooms": [', '"Morning standup"');
    expect(response).not.toMatch(/stack/);
    await explorer.documents('Room');
    expect(await explorer.notice.count()).toBe(0);
    expect(seen).toEqual({ errors: [], hosts: [] });
    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.output).not.toMatch(/^ +at |"level":[456]0/m);
    rmSync(directory, { recursive: true, force: true });
  });

  it('reports a query that cannot be read without a stack trace', async () => {
    const explorer = await openExplorer(open);
    await explorer.enterQuery('# nothing but a comment');
    await explorer.press();
    expect(await explorer.says('"message":', 'Syntax Error')).not.toMatch(/"stack"|https?:/);
  });

  it('asks for a login where one is needed, and says where to enter it', async () => {
    const explorer = await openExplorer(guarded);
    await expect(explorer.notice.textContent()).resolves.toMatch(/login.*Headers/s);
    expect(await explorer.query()).toMatch(/Headers tab/);
    await explorer.says('"message":', 'Headers tab', 'Authorization');
    await explorer.press();
    await explorer.says('"message":', 'Headers tab', 'Authorization');
    await explorer.rests();
    expect(seen).toEqual({ errors: [], hosts: [] });
  });

  it('queries and subscribes with the login of the headers tab, and loads the documentation once it is there', async () => {
    const login = loginOf('ana');
    const roomId = await createRoom(guarded, login);
    const explorer = await openExplorer(guarded);
    await explorer.enterHeaders(bearer(login));
    await explorer.documents('Room');
    await explorer.notice.waitFor({ state: 'hidden' });
    await explorer.press();
    await explorer.says('"Morning standup"');
    await explorer.enterQuery(watch(roomId));
    await explorer.press();
    await explorer.says('"action": "SNAPSHOT"', '"participantCount": 0');
    await send(guarded, joinOf(roomId), login);
    await explorer.says('"action": "JOINED"', '"participantCount": 1');
    expect(seen).toEqual({ errors: [], hosts: [] });
  });

  it('has the login and the documentation again after a reload', async () => {
    const explorer = await openExplorer(guarded);
    await explorer.enterHeaders(bearer(loginOf('ana')));
    await explorer.documents('Room');
    await page.reload();
    await explorer.isThere();
    await explorer.documents('Room');
    await explorer.notice.waitFor({ state: 'hidden' });
  });

  it.each([
    ['a query', 'query { rooms { id } }'],
    ['a subscription', watch('a-room')],
  ])('says why a login is not accepted for %s', async (_, operation) => {
    const explorer = await openExplorer(guarded);
    await explorer.enterHeaders(bearer(`${loginOf('ana')}x`));
    await explorer.enterQuery(operation);
    await explorer.press();
    const response = await explorer.says(
      '"message":',
      'This login is not accepted: its signature does not fit.',
    );
    expect(response).not.toMatch(/\[object|isTrusted|"stack"/);
    await explorer.rests();
  });

  it('says that a login has ended during a subscription', async () => {
    const login = loginOf('zoe');
    const roomId = await createRoom(guarded, login);
    const explorer = await openExplorer(guarded);
    await explorer.enterHeaders(bearer(login));
    await explorer.enterQuery(watch(roomId));
    await explorer.press();
    await explorer.says('"action": "SNAPSHOT"');
    await send(guarded, 'mutation { revokeTokens(input: { userId: "zoe" }) { __typename } }', serviceKey);
    await explorer.says('"message":', 'This login has ended');
    await explorer.rests();
  });

  it('says that the service is not there', async () => {
    await using short = await startTestService();
    const explorer = await openExplorer(short);
    await explorer.press();
    await explorer.says('"rooms": []');
    await short.close();
    await explorer.press();
    await explorer.says('"message":', 'could not be sent');
    await explorer.enterQuery(watch('a-room'));
    await explorer.press();
    await explorer.says('"message":', 'no connection');
    await explorer.rests();
  });

  it('says what is wrong with headers that are no JSON, or no headers', async () => {
    const explorer = await openExplorer(open);
    await explorer.enterHeaders('{ "Authorization": "Bearer');
    await explorer.press();
    await explorer.says('Request headers');
    await explorer.enterHeaders('{ "no name": "x" }');
    await explorer.press();
    expect(await explorer.says('"message":', 'could not be sent')).not.toMatch(/"stack"/);
  });
});

/** What the script of Apollo Sandbox does, as far as the page can tell: it notes what it was made with. */
const sandboxScript =
  'window.EmbeddedSandbox = class { constructor(options) { window.sandboxMadeWith = options; } };';
const sandboxAddress = 'https://embeddable-sandbox.cdn.apollographql.com/**';

(hasChromium ? describe : describe.skip)(`the page at /graphql, in a browser${whyNoChromium}`, () => {
  it('shows Apollo Sandbox, ready to query and to subscribe, and a link to the local explorer', async () => {
    await page.route(sandboxAddress, (route) =>
      route.fulfill({ contentType: 'text/javascript', body: sandboxScript }),
    );
    await page.goto(`${guarded.url}/graphql`);
    await page.waitForFunction('window.sandboxMadeWith');
    const madeWith = (await page.evaluate('window.sandboxMadeWith')) as Record<string, unknown>;
    expect(madeWith).toMatchObject({
      initialEndpoint: `${guarded.url}/graphql`,
      initialSubscriptionEndpoint: `${guarded.url.replace('http', 'ws')}/graphql`,
      initialState: {
        document: expect.stringMatching(/Headers tab[\s\S]*rooms/),
        headers: { Authorization: expect.stringMatching(/^Bearer/) },
      },
    });
    const link = page.getByRole('link', { name: 'local explorer' });
    await expect(link.isVisible()).resolves.toBe(true);
    await link.click();
    await page.waitForURL('**/graphql/explorer');
  });

  it('goes to the local explorer where Sandbox cannot be loaded', async () => {
    await page.route(sandboxAddress, (route) => route.abort());
    await page.goto(`${open.url}/graphql`);
    await page.waitForURL('**/graphql/explorer');
  });

  it('goes to the local explorer where Sandbox has not loaded after a second', async () => {
    await page.clock.install({ time: 0 });
    await page.clock.pauseAt(1_000);
    // Never answered, and so the page does not count as loaded.
    await page.route(sandboxAddress, () => undefined);
    await page.goto(`${open.url}/graphql`, { waitUntil: 'domcontentloaded' });
    await page.clock.runFor(999);
    expect(page.url()).toBe(`${open.url}/graphql`);
    await page.clock.runFor(1);
    await page.waitForURL('**/graphql/explorer');
  });
});
