import { once } from 'node:events';
import { WebSocket } from 'ws';
import { overHttp, overRest } from '../helpers/doors';
import { authSecret, serviceKey } from '../helpers/logins';
import { RawSocket } from '../helpers/raw-socket';
import { startTestService } from '../helpers/service';

const asService = `Bearer ${serviceKey}`;
const settings = {
  AUTH_SECRET: authSecret,
  SERVICE_KEYS: serviceKey,
  WEBHOOK_SECRET: 'planted-webhook-secret',
};
let service: Awaited<ReturnType<typeof startTestService>>;
let url = '';
let roomId = '';

beforeAll(async () => {
  service = await startTestService(settings);
  url = service.url;
  const { body } = await overRest(url, asService, {
    method: 'POST',
    path: '/rooms',
    body: { roomName: 'Ours' },
  });
  roomId = String(body['id']);
});
afterAll(() => service.close());

const rooms = async () => {
  const { body } = await overRest(url, asService, { method: 'GET', path: '/rooms?limit=100' });
  return body['rooms'];
};

async function frameOutcome(event: string, data: object): Promise<string> {
  await using raw = await RawSocket.open(url, { headers: { authorization: asService } });
  raw.send(event, data);
  return (await raw.nth('error', 1)).code;
}

const webhook = async (body: object) => {
  const headers = { 'content-type': 'application/json', 'x-webhook-secret': 'planted-webhook-secret' };
  return (await fetch(`${url}/webhooks/100ms`, { method: 'POST', headers, body: JSON.stringify(body) }))
    .status;
};

describe.each<[string, unknown]>([
  ['$ne', { $ne: null }],
  ['$gt', { $gt: '' }],
  ['$regex', { $regex: '.*' }],
  ['$where', { $where: 'sleep(1000)' }],
  ['$in', { $in: ['ana'] }],
  ['$or in a list', [{ $or: [{}] }]],
])('an operator where a text is asked for: %s', (_name, operator) => {
  it('is BAD_USER_INPUT on every door that takes JSON, and changes nothing', async () => {
    const before = await rooms();
    const call = (method: string, path: string, body: unknown) =>
      overRest(url, asService, { method, path, body });
    expect(await call('POST', '/rooms', { roomName: operator })).toMatchObject({
      outcome: 'BAD_USER_INPUT',
      status: 400,
    });
    expect(await call('POST', `/rooms/${roomId}/token`, { role: operator })).toMatchObject({ status: 400 });
    expect(await call('POST', `/rooms/${roomId}/token`, { role: 'guest', userId: operator })).toMatchObject({
      status: 400,
    });
    for (const field of ['roomId', 'userId', 'deviceId', 'after']) {
      const data = { roomId, userId: 'ana', [field]: operator };
      expect([field, await frameOutcome('join', data)]).toEqual([field, 'BAD_USER_INPUT']);
    }
    const query = 'mutation ($input: JoinRoomInput!) { joinRoom(input: $input) { id } }';
    for (const field of ['roomId', 'userId', 'deviceId']) {
      const variables = { input: { roomId, userId: 'ana', [field]: operator } };
      expect([field, (await overHttp(url, asService, { query, variables })).outcome]).toEqual([
        field,
        'BAD_USER_INPUT',
      ]);
    }
    expect(await webhook({ id: operator, type: 'peer.join.success', data: {} })).toBe(400);
    expect(await webhook({ id: 'e', type: operator, data: {} })).toBe(400);
    expect(await rooms()).toEqual(before);
  });
});

it('leaves Object.prototype as it is, whatever members are sent', async () => {
  const polluting =
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"prototype":{"polluted":1}';
  const before = Object.getOwnPropertyNames(Object.prototype);
  const headers = {
    'content-type': 'application/json',
    authorization: asService,
    'x-webhook-secret': 'planted-webhook-secret',
  };
  const post = (path: string, rest: string) =>
    fetch(`${url}${path}`, { method: 'POST', headers, body: `${polluting},${rest}}` }).then(
      ({ status }) => status,
    );
  expect(await post('/rooms', '"roomName":"Proto"')).toBe(201);
  expect(await post(`/rooms/${roomId}/token`, '"role":"guest"')).toBe(200);
  expect(await post('/graphql', `"query":"{ __typename }","variables":${polluting}}`)).toBe(200);
  expect(await post('/graphql/stream', '"query":"{ __typename }"')).toBeLessThan(500);
  expect(await post('/webhooks/100ms', `"id":"p","type":"peer.join.success","data":${polluting}}`)).toBe(200);
  await using raw = await RawSocket.open(url, { headers: { authorization: asService } });
  raw.socket.send(`${polluting},"event":"watch","data":${polluting},"roomId":"${roomId}"}}`);
  raw.send('nothing', {});
  await raw.nth('error', 1);
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

it('hands out what users called things as it is, as JSON that no browser takes for a page', async () => {
  const name = '<img src=x onerror=alert(1)>';
  const { body } = await overRest(url, asService, {
    method: 'POST',
    path: '/rooms',
    body: { roomName: name },
  });
  for (const path of [
    `/rooms/${body['id']}`,
    '/rooms?limit=100',
    `/rooms/${encodeURIComponent(name)}`,
    `/${encodeURIComponent(name)}`,
  ]) {
    const response = await fetch(`${url}${path}`, {
      headers: { authorization: asService, accept: 'text/html' },
    });
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  }
});

it.each([
  ['GET', '/rooms'],
  ['GET', '/graphql?query={__typename}'],
  ['POST', '/graphql'],
  ['POST', '/graphql/stream'],
  ['POST', '/webhooks/100ms'],
  ['GET', '/livez'],
  ['GET', '/openapi.json'],
  ['GET', '/no-such-thing'],
])('tells browsers to do nothing with an answer but hand it over: %s %s', async (method, path) => {
  const response = await fetch(`${url}${path}`, { method, headers: { authorization: asService } });
  const headers = Object.fromEntries(response.headers);
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
  });
  expect(headers).not.toHaveProperty('x-powered-by');
});

describe.each(['/', '/graphql'])('a WebSocket to %s', (path) => {
  const outcome = async (to: string, origin: string | undefined) => {
    const socket = new WebSocket(
      `${to.replace('http', 'ws')}${path}`,
      'graphql-transport-ws',
      origin ? { origin } : {},
    );
    const answer = await once(socket, 'open').then(
      () => 'open',
      (error: Error) => error.message.replace('Unexpected server response: ', ''),
    );
    socket.on('error', () => undefined).terminate();
    return answer;
  };

  it('is opened to its own pages, to those of this machine, and to programs', async () => {
    for (const origin of [url, 'http://localhost:5173', undefined])
      expect(await outcome(url, origin)).toBe('open');
  });

  it.each(['https://evil.example', 'http://localhost.evil.example', 'null', 'not an origin'])(
    'is refused with 403 to %s',
    async (origin) => expect(await outcome(url, origin)).toBe('403'),
  );

  it('is opened to the origins that are listed, and to no others then', async () => {
    await using listed = await startTestService({ ...settings, CORS_ORIGINS: 'https://app.example' });
    expect(await outcome(listed.url, 'https://app.example')).toBe('open');
    for (const origin of [
      'http://localhost:5173',
      'https://app.example.evil.example',
      'http://app.example',
    ]) {
      expect(await outcome(listed.url, origin)).toBe('403');
    }
  });

  it('is opened in production to its own pages alone', async () => {
    await using production = await startTestService({ ...settings, NODE_ENV: 'production' });
    expect(await outcome(production.url, production.url)).toBe('open');
    expect(await outcome(production.url, 'http://localhost:5173')).toBe('403');
  });
});
