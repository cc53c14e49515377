import { type Started, startSandbox } from './started';

let started: Started;
beforeAll(async () => {
  started = await startSandbox();
});
afterAll(() => started[Symbol.asyncDispose]());

async function control(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${started.sandbox.controlUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

const ok = { status: 200, body: { ok: true } };

it('does over HTTP what the control does in the process', async () => {
  const room = await started.hms.createRoom({ name: 'controlled' });
  const join = async (body: object) => ((await control('POST', '/peers', body)).body as { id: string }).id;
  const { token } = started.hms.tokens.authToken({
    roomId: room.id,
    userId: 'anna',
    role: 'host',
    ttlSeconds: 60,
  });
  const anna = await join({ token, name: 'Anna', metadata: '{}' });
  const ben = await join({ room_id: room.id, user_id: 'ben', role: 'guest', peer_id: 'bens-device' });
  const cid = await join({ room_id: room.id, user_id: 'cid', role: 'guest' });
  expect(ben).toBe('bens-device');
  const there = async () => {
    const { body } = await control('GET', `/rooms/${room.id}/peers`);
    return (body as { peers: { user_id: string }[] }).peers.map((peer) => peer.user_id);
  };
  expect(await there()).toEqual(['anna', 'ben', 'cid']);
  expect(await control('POST', `/peers/${ben}/role`, { role: 'host', by: anna })).toMatchObject({
    status: 200,
    body: { role: 'host' },
  });
  expect(await control('POST', `/peers/${ben}/drop`, { by: 'ice connection state closed' })).toEqual(ok);
  expect(await control('POST', `/peers/${ben}/come-back`)).toEqual(ok);
  expect(await control('POST', `/peers/${ben}/leave`)).toEqual(ok);
  expect(await control('POST', `/peers/${cid}/kick`, { message: 'enough' })).toEqual(ok);
  expect(await there()).toEqual(['anna']);
  expect(await control('POST', `/rooms/${room.id}/end`, { lock: true, by: anna })).toEqual(ok);
  expect(await there()).toEqual([]);
  expect(await started.hms.getRoom(room.id)).toMatchObject({ enabled: false });
});

it('sets faults and the webhook, and takes them back', async () => {
  const faults = [{ kind: 'status', status: 503, on: 'GET /templates' }];
  expect(await control('PUT', '/faults/api', { faults })).toEqual(ok);
  expect(await started.call('GET', '/templates')).toMatchObject({ status: 503 });
  expect(await started.call('GET', '/rooms')).toMatchObject({ status: 200 });
  expect(await control('PUT', '/faults/api', { faults: [] })).toEqual(ok);
  expect(await started.call('GET', '/templates')).toMatchObject({ status: 200 });
  expect(await control('PUT', '/faults/webhooks', { drop: 0.5, seed: 3 })).toEqual(ok);
  expect(await control('PUT', '/faults/webhooks', {})).toEqual(ok);
  expect(await control('PUT', '/choices', { replayId: 'new' })).toEqual(ok);
  expect(await control('PUT', '/webhook', { url: 'http://127.0.0.1:1/' })).toEqual(ok);
  expect(await control('POST', '/webhook/test')).toEqual({
    status: 200,
    body: { ok: false, reason: 'connection failed' },
  });
  expect(await control('DELETE', '/webhook')).toEqual(ok);
});

it.each<[string, string, unknown, string]>([
  ['PUT', '/faults/webhooks', { drop: 2 }, 'drop'],
  ['PUT', '/faults/webhooks', { loose: 1 }, 'loose'],
  ['PUT', '/choices', { replayId: 'other' }, 'replayId'],
  ['PUT', '/faults/api', { faults: [{ kind: 'magic' }] }, 'faults.0.kind'],
  ['PUT', '/webhook', { url: 'nowhere' }, 'url'],
  ['POST', '/peers', { room_id: 'x' }, 'body'],
])('refuses %s %s of %j and names the member', async (method, path, body, member) => {
  expect(await control(method, path, body)).toMatchObject({
    status: 400,
    body: { code: 400, details: expect.arrayContaining([expect.stringContaining(member)]) },
  });
});

it('is for nobody who comes from a web page, or by another name', async () => {
  const url = new URL(started.sandbox.controlUrl);
  expect(
    await control('GET', '/rooms/x/peers', undefined, { origin: 'http://localhost:5173' }),
  ).toMatchObject({
    status: 403,
  });
  const { request } = await import('node:http');
  const status = await new Promise((resolve, reject) => {
    request(`${url.href}/rooms/x/peers`, { headers: { host: 'rebound.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(403);
});

it('answers 404 for a peer that is not there', async () => {
  for (const what of ['leave', 'drop', 'come-back', 'kick']) {
    expect(await control('POST', `/peers/nobody/${what}`, {})).toMatchObject({ status: 404 });
  }
});
