import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasChromium, openBrowser, whyNoChromium } from '../helpers/chromium';
import { blocksOf } from '../helpers/markdown';
import { startIn } from '../helpers/service';
import { dropDatabase } from '../helpers/test-database';

// A browser, two starts of the service, and a client that waits longer after each failed reconnect.
jest.setTimeout(120_000);

/** The page of the guide as a reader serves it, with the addresses changed as it says, and the library from this folder. */
async function serve(rollcall: string) {
  const [html = ''] = blocksOf('docs/front-end.md', 'html');
  const cdn = 'https://unpkg.com/graphql-ws@6.4.2/dist/';
  expect(html).toContain(cdn);
  const page = html.replace('http://127.0.0.1:3000', rollcall).replace(cdn, '/graphql-ws/');
  const server = createServer(({ url = '' }, response) => {
    const [, file] = /^\/graphql-ws\/([\w.-]+)$/.exec(url) ?? [];
    if (!file) return void response.setHeader('content-type', 'text/html').end(page);
    const library = join(__dirname, '..', '..', 'node_modules', 'graphql-ws', 'dist', file);
    response.setHeader('content-type', 'text/javascript').end(readFileSync(library));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/room.html`, close: () => server.close() };
}

(hasChromium ? it : it.skip)(
  `the page of docs/front-end.md shows who joins and leaves, also after a restart${whyNoChromium}`,
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'rollcall-guide-'));
    const before = await startIn(directory);
    const site = await serve(before.url);
    await using browser = await openBrowser();
    const page = await browser.newPage();
    await page.goto(`${site.url}?room=${await newRoom(before.url)}&user=ana`);
    const shows = (id: string, text: string) =>
      page.waitForFunction(
        ([at = '', wanted]) => document.getElementById(at)?.textContent === wanted,
        [id, text],
      );
    await shows('status', 'live');
    await page.click('#join');
    await shows('people', 'ana');
    await page.click('#leave');
    await shows('people', '');

    await before.close();
    await shows('status', 'reconnecting');
    await using _after = await startIn(directory, { PORT: new URL(before.url).port });
    await shows('status', 'live');
    await page.click('#join');
    await shows('people', 'ana');
    site.close();
    await dropDatabase(directory);
  },
);

async function newRoom(url: string): Promise<string> {
  const response = await fetch(`${url}/rooms`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Guide' }),
  });
  return (await response.json()).id;
}
