import type { RunningService } from '../../src/app';
import { startTestService } from '../helpers/service';

let service: RunningService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const json = { 'content-type': 'application/json' };
const query = JSON.stringify({ query: '{ __typename }' });
const ask = (init: RequestInit, search = '') => fetch(`${service.url}/graphql${search}`, init);

describe('what is wrong with the request itself is refused as on every door', () => {
  it.each<[string, RequestInit, number, string]>([
    ['a body that is no JSON', { method: 'POST', headers: json, body: '{ "not' }, 400, 'BAD_USER_INPUT'],
    ['another method', { method: 'DELETE' }, 405, 'METHOD_NOT_ALLOWED'],
    ['a body without a type', { method: 'POST', body: query }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a form',
      { method: 'POST', body: new URLSearchParams({ query: '{ __typename }' }) },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'an Accept that nothing of ours meets',
      { method: 'POST', headers: { ...json, accept: 'image/png' }, body: query },
      406,
      'NOT_ACCEPTABLE',
    ],
    [
      'a body over 100 KB',
      {
        method: 'POST',
        headers: json,
        body: JSON.stringify({ query: `{ __typename } #${'x'.repeat(102_400)}` }),
      },
      413,
      'PAYLOAD_TOO_LARGE',
    ],
  ])('%s', async (_what, init, status, code) => {
    const response = await ask({ ...init, headers: { ...init.headers, 'x-request-id': 'mine' } });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ code, message: expect.any(String), requestId: 'mine' });
  });

  it('names the methods that there are with a 405', async () => {
    expect((await ask({ method: 'PUT' })).headers.get('allow')).toBe('GET, POST');
  });

  it('lets no mutation through a GET', async () => {
    const search = `?query=${encodeURIComponent('mutation { __typename }')}`;
    const response = await ask({ headers: { accept: 'application/graphql-response+json' } }, search);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

it('answers a mistake in the document with 200 to old clients and 400 to new ones, and the same body', async () => {
  const body = JSON.stringify({ query: '{ nothing }' });
  const answers = ['application/json', 'application/graphql-response+json'].map(async (accept) => {
    const response = await ask({
      method: 'POST',
      headers: { ...json, accept, 'x-request-id': 'same' },
      body,
    });
    return { status: response.status, body: await response.json() };
  });
  const [old, current] = await Promise.all(answers);
  expect([old?.status, current?.status]).toEqual([200, 400]);
  expect(old?.body).toEqual(current?.body);
});

describe('a page of another site', () => {
  const search = `?query=${encodeURIComponent('{ __typename }')}`;
  const foreign = { 'sec-fetch-site': 'cross-site' };

  it('cannot make a browser send a query without asking first', async () => {
    const response = await ask({ headers: foreign }, search);
    expect([response.status, await response.json()]).toMatchObject([403, { error: { code: 'FORBIDDEN' } }]);
  });

  it('cannot hand a webhook over in the name of 100ms', async () => {
    const init = { method: 'POST', headers: { ...foreign, 'content-type': 'text/plain' }, body: '{}' };
    expect((await fetch(`${service.url}/webhooks/100ms`, init)).status).toBe(403);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded'])(
    'cannot post %s in an older browser either, which sends its origin and no Sec-Fetch-Site',
    async (type) => {
      const headers = { origin: 'https://evil.example', 'content-type': type };
      const response = await fetch(`${service.url}/webhooks/100ms`, { method: 'POST', headers, body: '{}' });
      expect([response.status, await response.json()]).toMatchObject([403, { error: { code: 'FORBIDDEN' } }]);
    },
  );

  it.each([
    ['with a header that needs a preflight', { ...foreign, 'apollo-require-preflight': 'yes' }],
    ['of an origin that is allowed, without Sec-Fetch-Site', { origin: 'http://localhost:5173' }],
    ['of an origin that is allowed', { ...foreign, origin: 'http://localhost:5173' }],
    ['of our own', { 'sec-fetch-site': 'same-origin' }],
  ])('may ask %s', async (_how, headers) => {
    expect((await ask({ headers: headers as Record<string, string> }, search)).status).toBe(200);
  });
});
