import type { RunningService } from '../../src/app';
import { startTestService } from '../helpers/service';

let service: RunningService;
let url: string;

beforeAll(async () => {
  service = await startTestService();
  url = service.url;
});
afterAll(() => service?.close());

const query = (headers: Record<string, string>) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ __typename }' }),
  });

describe('a browser that opens /graphql', () => {
  it('gets Apollo Sandbox, and where that cannot be loaded the explorer that is served here', async () => {
    const page = await fetch(`${url}/graphql`, {
      headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
    });
    expect(page.headers.get('content-type')).toMatch('text/html');
    expect(await page.text()).toContain('EmbeddedSandbox');
    const own = await fetch(`${url}/graphql/explorer`, { headers: { accept: 'text/html' } });
    const html = await own.text();
    expect(html).toContain('GraphiQL');
    // Nothing of it comes from anywhere else.
    expect(html).not.toMatch(/(src|href)="https?:/);
  });

  it('gets none of it in production', async () => {
    await using production = await startTestService({ NODE_ENV: 'production', AUTH: 'off' });
    const page = await fetch(`${production.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).not.toMatch('text/html');
    const own = await fetch(`${production.url}/graphql/explorer`, { headers: { accept: 'text/html' } });
    const { error } = (await own.json()) as { error: { message: string } };
    expect([own.status, error.message]).toEqual([404, expect.stringMatching('NODE_ENV=production')]);
  });

  it('is told in production that introspection is off, and nothing of how this server is built', async () => {
    await using production = await startTestService({ NODE_ENV: 'production', AUTH: 'off' });
    const response = await fetch(`${production.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __schema { queryType { name } } }' }),
    });
    const { errors } = (await response.json()) as { errors: { message: string }[] };
    expect(errors[0]?.message).toMatch('introspection has been disabled');
    expect(JSON.stringify(errors)).not.toMatch(/Apollo/i);
  });
});

describe('a page of another origin', () => {
  it.each(['https://studio.apollographql.com', 'http://localhost:5173', 'http://127.0.0.1:8080'])(
    '%s may read answers outside production',
    async (origin) => {
      expect((await query({ origin })).headers.get('access-control-allow-origin')).toBe(origin);
    },
  );

  it('that nobody listed may not', async () => {
    expect(
      (await query({ origin: 'https://evil.example' })).headers.get('access-control-allow-origin'),
    ).toBeNull();
  });

  it('cannot send a query without a preflight', async () => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.headers.get('content-type')).toMatch('json');
  });

  it('that CORS_ORIGINS lists may, and studio then may not', async () => {
    await using listed = await startTestService({ CORS_ORIGINS: 'https://app.example.com' });
    const allowed = async (origin: string) =>
      (
        await fetch(`${listed.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', origin },
          body: JSON.stringify({ query: '{ __typename }' }),
        })
      ).headers.get('access-control-allow-origin');
    expect(await allowed('https://app.example.com')).toBe('https://app.example.com');
    expect(await allowed('https://studio.apollographql.com')).toBeNull();
  });
});

it('gives every answer a request id: the caller’s where it is one, else its own', async () => {
  expect((await query({ 'x-request-id': 'req-1.a_B' })).headers.get('x-request-id')).toBe('req-1.a_B');
  expect((await query({ 'x-request-id': 'no spaces allowed' })).headers.get('x-request-id')).toMatch(
    /^[0-9a-f-]{36}$/,
  );
});

it('answers what is not there, and methods that are not, as JSON with the codes of every door', async () => {
  const nothing = await fetch(`${url}/nothing-here`);
  expect([nothing.status, await nothing.json()]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }]);
  const wrong = await fetch(`${url}/graphql`, { method: 'DELETE' });
  expect([wrong.status, await wrong.json()]).toMatchObject([405, { error: { code: 'METHOD_NOT_ALLOWED' } }]);
});

it('says that it is up and that it can work', async () => {
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([200, { ready: true }]);
});
