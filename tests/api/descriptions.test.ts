import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningService } from '../../src/app';
import { startTestService } from '../helpers/service';

let service: RunningService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const committed = (file: string) => readFileSync(join(__dirname, '..', '..', file), 'utf8');

it.each(['openapi.json', 'asyncapi.json'])(
  'serves the %s that is committed, and says when it is still the same',
  async (file) => {
    const response = await fetch(`${service.url}/${file}`);
    expect(await response.json()).toEqual(JSON.parse(committed(file)));
    const headers = { 'if-none-match': response.headers.get('etag') ?? '' };
    expect((await fetch(`${service.url}/${file}`, { headers })).status).toBe(304);
  },
);

it('describes every path and method of REST that there is', async () => {
  const { paths } = JSON.parse(committed('openapi.json')) as {
    paths: Record<string, Record<string, unknown>>;
  };
  for (const [path, methods] of Object.entries(paths)) {
    const place = service.url + path.replaceAll(/\{\w+\}/g, 'some');
    const allowed = (await fetch(place, { method: 'PATCH' })).headers.get('allow');
    const described = Object.keys(methods).flatMap((method) =>
      method === 'get' ? ['GET', 'HEAD'] : ['POST'],
    );
    expect([path, allowed]).toEqual([path, described.sort().join(', ')]);
  }
});

describe('/docs', () => {
  it('comes whole from this server: no other host is asked, and the browser is told so', async () => {
    const response = await fetch(`${service.url}/docs`);
    const page = await response.text();
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self';/,
    );
    const assets = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '');
    expect(assets).toHaveLength(3);
    for (const asset of assets) {
      expect(asset).toMatch(/^\/docs\//);
      expect((await fetch(service.url + asset)).status).toBe(200);
    }
  });

  it('is not there in production, where the descriptions are', async () => {
    await using production = await startTestService({ NODE_ENV: 'production', AUTH: 'off' });
    const statuses = ['/docs', '/docs/start.js', '/openapi.json'].map(
      async (path) => (await fetch(production.url + path)).status,
    );
    expect(await Promise.all(statuses)).toEqual([404, 404, 200]);
  });
});
