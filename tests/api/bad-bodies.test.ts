import { startTestService } from '../helpers/service';

let service: Awaited<ReturnType<typeof startTestService>>;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

interface Refusal {
  readonly status: number;
  readonly code: string | undefined;
  readonly details: unknown;
}

async function sent(path: string, body: BodyInit, headers: Record<string, string>): Promise<Refusal> {
  const response = await fetch(`${service.url}${path}`, { method: 'POST', headers, body });
  const answer = (await response.json().catch(() => ({}))) as {
    error?: { code: string; details?: unknown };
    errors?: [{ extensions: { code: string; details?: unknown } }];
  };
  const { code, details } = answer.error ?? answer.errors?.[0].extensions ?? {};
  return { status: response.status, code, details };
}

/** Every path that takes JSON; GraphQL on its fast path, and on the full one, which a request with an `Origin` takes. */
const doors: [string, string, object, Record<string, string>][] = [
  ['GraphQL', '/graphql', { query: '{ rooms { id } }' }, {}],
  ['GraphQL from a page', '/graphql', { query: '{ rooms { id } }' }, { origin: 'http://localhost:3000' }],
  ['GraphQL over SSE', '/graphql/stream', { query: '{ rooms { id } }' }, { accept: 'text/event-stream' }],
  ['REST', '/rooms', { name: 'Stand-up' }, {}],
  ['webhooks', '/webhooks/100ms', { id: '1', type: 'x', data: {} }, {}],
];

describe.each(doors)('a body of %s', (_door, path, body, others) => {
  const json = { 'content-type': 'application/json', ...others };
  const badBody = (rule: unknown) => ({
    status: 400,
    code: 'BAD_USER_INPUT',
    details: [{ field: 'body', rule }],
  });

  it('in UTF-8 is taken, also where it says so', async () => {
    const headers = { ...json, 'content-type': 'application/json; charset=UTF-8' };
    expect((await sent(path, JSON.stringify(body), headers)).status).toBeLessThan(300);
  });

  it.each(['utf-7', 'utf-16', 'utf-16le'])('in %s is refused with 415', async (charset) => {
    const headers = { ...json, 'content-type': `application/json; charset=${charset}` };
    const encoded = charset === 'utf-7' ? JSON.stringify(body) : Buffer.from(JSON.stringify(body), 'utf16le');
    expect(await sent(path, encoded, headers)).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
  });

  it('that is not UTF-8 is refused, instead of stored with replacement characters', async () => {
    const bytes = Buffer.from(JSON.stringify({ ...body, note: '?' }));
    bytes[bytes.lastIndexOf('?')] = 0xff;
    expect(await sent(path, bytes, json)).toEqual(badBody('must be UTF-8'));
  });

  it('that is not the gzip that it says it is names the body and the rule', async () => {
    const headers = { ...json, 'content-encoding': 'gzip' };
    expect(await sent(path, JSON.stringify(body), headers)).toEqual(
      badBody('must be compressed as Content-Encoding says'),
    );
  });
});

it.each(['/livez', '/readyz', '/docs'])(
  'POST %s answers 405 with the methods that there are',
  async (path) => {
    const response = await fetch(`${service.url}${path}`, { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await response.json()).toMatchObject({ error: { code: 'METHOD_NOT_ALLOWED' } });
    expect((await fetch(`${service.url}${path}`, { method: 'HEAD' })).status).toBe(200);
  },
);
