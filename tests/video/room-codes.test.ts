import { HmsService } from '../../src/video/hms.service';
import { collect, type Started, startSandbox, timestamp } from './started';

const code = expect.stringMatching(/^[a-z]{3}-[a-z]{4}-[a-z]{3}$/);
const unknownId = '631b2654f771854d9bf633df';

async function startWithRoom(): Promise<Started & { roomId: string; templateId: string }> {
  const started = await startSandbox();
  const { id, templateId = '' } = await started.hms.createRoom({ name: 'coded' });
  return { ...started, roomId: id, templateId };
}

it('has no codes for a room made through the API until they are asked for, and one for each role then', async () => {
  await using own = await startWithRoom();
  const empty = await own.call('GET', `/room-codes/room/${own.roomId}`);
  expect(empty).toEqual({ status: 200, body: { limit: 10, data: [], last: '' } });
  const ofRole = (role: string) => ({
    code,
    room_id: own.roomId,
    role,
    enabled: true,
    created_at: timestamp,
    updated_at: timestamp,
  });
  expect(await own.call('POST', `/room-codes/room/${own.roomId}`)).toEqual({
    status: 200,
    body: { data: [ofRole('host'), ofRole('guest')] },
  });
  const again = await own.hms.roomCodes.createForRoles(own.roomId);
  expect(again.map(({ role }) => role)).toEqual(['host', 'guest']);
  expect(await collect(own.hms.roomCodes.list(own.roomId))).toHaveLength(2);
});

it('makes more codes for a role, lists them by role and state, and switches them off and on', async () => {
  await using own = await startWithRoom();
  const { roomCodes } = own.hms;
  const made = await roomCodes.createForRole(own.roomId, 'host');
  const other = await roomCodes.createForRole(own.roomId, 'host');
  expect(made).toMatchObject({ code, role: 'host', enabled: true, roomId: own.roomId });
  expect(other.code).not.toBe(made.code);
  expect(await roomCodes.setEnabled(made.code, false)).toMatchObject({ code: made.code, enabled: false });
  const codesOf = async (filter: { role?: string; enabled?: boolean }) =>
    (await collect(roomCodes.list(own.roomId, filter))).map((found) => found.code);
  expect(await codesOf({ enabled: true })).toEqual([other.code]);
  expect(await codesOf({ enabled: false })).toEqual([made.code]);
  expect(await codesOf({ role: 'guest' })).toEqual([]);
  expect(await roomCodes.setEnabled(made.code, true)).toMatchObject({ enabled: true });
});

it('makes codes for a new role, and disables those of a role that is gone, which stay so', async () => {
  await using own = await startWithRoom();
  await own.hms.roomCodes.createForRoles(own.roomId);
  await own.hms.templates.putRole({ templateId: own.templateId, role: 'speaker' }, {});
  await own.hms.templates.removeRole(own.templateId, 'guest');
  const codes = await own.hms.roomCodes.createForRoles(own.roomId);
  expect(codes.map(({ role }) => role)).toEqual(['host', 'speaker']);
  const [gone] = await collect(own.hms.roomCodes.list(own.roomId, { enabled: false }));
  expect(gone).toMatchObject({ role: 'guest', enabled: false });
  await expect(own.hms.roomCodes.setEnabled(gone?.code ?? '', true)).rejects.toMatchObject({
    status: 403,
    message: '100ms refused this (403): Code can not be enabled (role/room does not exist)',
  });
});

it('refuses in the documented words', async () => {
  await using own = await startWithRoom();
  const { roomId } = own;
  const refusal = (status: number, message: string) => ({
    status,
    body: { code: status, message, details: [message] },
  });
  const made = await own.hms.roomCodes.createForRole(roomId, 'host');
  expect(await own.call('POST', `/room-codes/room/${unknownId}`)).toEqual(refusal(404, 'Room not found'));
  expect(await own.call('GET', `/room-codes/room/${unknownId}`)).toEqual(refusal(404, 'Room not found'));
  const king = `/room-codes/room/${roomId}/role/king`;
  expect(await own.call('POST', king)).toEqual(refusal(404, 'Role not found'));
  expect(await own.call('GET', `/room-codes/room/${roomId}?role=king`)).toEqual(
    refusal(404, 'Role not found'),
  );
  expect(await own.call('GET', `/room-codes/room/${roomId}?enabled=maybe`)).toMatchObject({
    status: 400,
    body: { message: 'Invalid query parameter' },
  });
  const set = (body: object) => own.call('POST', '/room-codes/code', body);
  expect(await set({ code: 'abc-defg-hij', enabled: true })).toEqual(refusal(404, 'Code not found'));
  expect(await set({ code: made.code, enabled: 'no' })).toEqual(refusal(400, 'Invalid body parameter'));
  expect(await set({ code: made.code, enabled: true, role: 'host' })).toEqual(
    refusal(400, 'Invalid body parameter'),
  );
  await own.hms.rooms.disable(roomId);
  expect(await own.call('POST', `/room-codes/room/${roomId}`)).toEqual(refusal(403, 'Room is disabled'));
});

it('stops at a hundred codes for a room', async () => {
  await using own = await startWithRoom();
  const path = `/room-codes/room/${own.roomId}/role/guest`;
  for (let n = 0; n < 100; n += 1) await own.call('POST', path);
  expect(await own.call('POST', path)).toMatchObject({ status: 400 });
  expect(await collect(own.hms.roomCodes.list(own.roomId))).toHaveLength(100);
});

describe('the exchange of a code', () => {
  /** As the web SDK asks: JSON, no login, from a page of some other origin. */
  async function exchange(own: Started, body: object) {
    const response = await fetch(`${own.sandbox.authUrl}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://localhost:5173' },
      body: JSON.stringify(body),
    });
    return {
      status: response.status,
      origin: response.headers.get('access-control-allow-origin'),
      body: (await response.json()) as { token?: string },
    };
  }

  it('gives a token with which its holder joins in the role of the code, readable for a web page', async () => {
    await using own = await startWithRoom();
    const made = await own.hms.roomCodes.createForRole(own.roomId, 'guest');
    const answer = await exchange(own, { code: made.code, user_id: 'anna' });
    expect(answer).toMatchObject({ status: 200, origin: '*', body: { token: expect.any(String) } });
    const peer = own.sandbox.control.join({ token: answer.body.token ?? '' });
    expect(peer).toMatchObject({ room_id: own.roomId, role: 'guest', user_id: 'anna' });
    const nobody = await exchange(own, { code: made.code });
    expect(own.sandbox.control.join({ token: nobody.body.token ?? '' }).user_id).not.toBe('');
  });

  it('lets a web page ask first, as browsers do', async () => {
    await using own = await startWithRoom();
    const { status, headers } = await fetch(`${own.sandbox.authUrl}/token`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:5173',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-headers')).toBe('content-type');
  });

  it('is refused without a login being asked for: unknown, disabled, and of a disabled room', async () => {
    await using own = await startWithRoom();
    const made = await own.hms.roomCodes.createForRole(own.roomId, 'guest');
    expect(await exchange(own, { code: 'abc-defg-hij' })).toMatchObject({ status: 404, origin: '*' });
    await own.hms.roomCodes.setEnabled(made.code, false);
    expect(await exchange(own, { code: made.code })).toMatchObject({
      status: 403,
      body: { code: 403, message: 'Code is disabled' },
    });
    await own.hms.roomCodes.setEnabled(made.code, true);
    await own.hms.rooms.disable(own.roomId);
    expect(await exchange(own, { code: made.code })).toMatchObject({
      status: 403,
      body: { message: 'room is not active' },
    });
  });

  it('is done by the service class at the auth address, without the management token', async () => {
    await using own = await startWithRoom();
    const made = await own.hms.roomCodes.createForRole(own.roomId, 'host');
    const seen: (string | null)[] = [];
    const observed: typeof fetch = (input, init) => {
      seen.push(`${input}`, new Headers(init?.headers).get('authorization'));
      return fetch(input, init);
    };
    const { keys, authUrl } = own.sandbox;
    const hms = new HmsService({ keys, apiUrl: 'http://127.0.0.1:1/v2', authUrl, fetch: observed });
    const { token } = await hms.roomCodes.exchange(made.code, 'anna');
    expect(own.sandbox.control.join({ token })).toMatchObject({ user_id: 'anna', role: 'host' });
    expect(seen).toEqual([`${authUrl}/token`, null]);
  });
});
