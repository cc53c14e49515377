import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { serviceKey } from '../helpers/logins';
import { startTestService } from '../helpers/service';

const production = { NODE_ENV: 'production', SERVICE_KEYS: serviceKey };
const byKey = { authorization: `Bearer ${serviceKey}` };

/** The status of `GET /metrics` on a direct connection from this machine. */
async function read(url: string, headers: Record<string, string> = {}): Promise<number> {
  const asked = request(`${url}/metrics`, { headers });
  asked.end();
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
}

/** The same by the text of a request. */
async function readByText(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(text);
  let answer = '';
  for await (const piece of socket) answer += piece;
  return answer.split('\r\n', 1)[0] ?? '';
}

describe('in production, with METRICS not set, /metrics', () => {
  it('answers a program on this machine, and a service', async () => {
    await using service = await startTestService(production);
    const { port } = new URL(service.url);
    expect(await read(service.url)).toBe(200);
    for (const host of ['localhost', `localhost:${port}`, '127.0.0.1', `[::1]:${port}`])
      expect([host, await read(service.url, { host })]).toEqual([host, 200]);
    expect(
      await read(service.url, { ...byKey, host: 'api.example.com', 'x-forwarded-for': '203.0.113.9' }),
    ).toBe(200);
  });

  it.each<Record<string, string>>([
    { 'x-forwarded-for': '203.0.113.9' },
    { forwarded: 'for=203.0.113.9' },
    { 'x-forwarded-proto': 'https' },
    { 'x-forwarded-host': 'api.example.com' },
    { 'x-real-ip': '203.0.113.9' },
    { via: '1.1 proxy' },
    { 'cf-connecting-ip': '203.0.113.9' },
    { host: 'api.example.com' },
    { host: 'rollcall' },
  ])('refuses what a proxy on this machine passed on with %j', async (headers) => {
    await using service = await startTestService(production);
    expect(await read(service.url, headers)).toBe(401);
    expect(await read(service.url, { ...headers, ...byKey })).toBe(200);
  });

  it('refuses HTTP/1.0, in which nginx passes requests on by default', async () => {
    await using service = await startTestService(production);
    const text = 'GET /metrics HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n';
    expect(await readByText(service.url, text)).toContain(' 401 ');
  });
});

it('is for services alone with METRICS=service, however direct the request is', async () => {
  for (const settings of [production, { SERVICE_KEYS: serviceKey }]) {
    await using service = await startTestService({ ...settings, METRICS: 'service' });
    expect([await read(service.url), await read(service.url, byKey)]).toEqual([401, 200]);
  }
});

it('is nowhere with METRICS=off', async () => {
  await using service = await startTestService({ ...production, METRICS: 'off' });
  expect([await read(service.url), await read(service.url, byKey)]).toEqual([404, 404]);
});

it('is for everybody with METRICS=open, and outside production where nothing is set', async () => {
  const passedOn = { 'x-forwarded-for': '203.0.113.9' };
  for (const settings of [{ ...production, METRICS: 'open' }, { SERVICE_KEYS: serviceKey }]) {
    await using service = await startTestService(settings);
    expect(await read(service.url, passedOn)).toBe(200);
  }
});
