import type { RunningService } from '../../src/app';
import { RawSocket } from '../helpers/raw-socket';
import { startTestService } from '../helpers/service';

/** The calls that the first version of this API showed in its README, as its clients send them, field for field. */

let service: RunningService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

async function call(method: string, path: string, body?: object) {
  const response = await fetch(service.url + path, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

it('creates a room by its roomName, lists it, and gives a token for a role', async () => {
  const created = await call('POST', '/rooms', { roomName: 'My Room' });
  expect(created.body).toMatchObject({
    id: expect.any(String),
    name: 'My Room',
    created_at: expect.any(String),
    description: expect.any(String),
    enabled: true,
    template_id: expect.any(String),
    region: expect.any(String),
  });
  const roomId = String(created.body['id']);

  expect(await call('GET', '/rooms')).toEqual({
    status: 200,
    body: { rooms: [{ roomId, name: 'My Room', participantCount: 0, createdAt: expect.any(String) }] },
  });

  const token = await call('POST', `/rooms/${roomId}/token`, { role: 'host' });
  expect(token).toEqual({
    status: 200,
    body: {
      token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      expiresAt: expect.any(String),
      userId: expect.any(String),
      role: 'host',
    },
  });
});

it('joins and leaves by the raw WebSocket, and tells everyone in the room', async () => {
  const { body } = await call('POST', '/rooms', { roomName: 'My Room' });
  const roomId = String(body['id']);
  await using host = await RawSocket.open(service.url);
  await using guest = await RawSocket.open(service.url);
  host.send('join', { roomId, userId: 'user1' });
  await host.nth('update', 1);
  guest.send('join', { roomId, userId: 'user2' });
  await guest.nth('update', 1);
  expect((await call('GET', '/rooms')).body).toMatchObject({ rooms: [{ roomId, participantCount: 2 }, {}] });
  guest.send('leave', { roomId, userId: 'user2' });
  const told = { roomId, cursor: expect.any(String), at: expect.any(String) };
  await host.nth('update', 3);
  expect(host.frames.items).toEqual([
    { event: 'update', data: { ...told, userId: 'user1', action: 'joined' } },
    { event: 'update', data: { ...told, userId: 'user2', action: 'joined' } },
    { event: 'update', data: { ...told, userId: 'user2', action: 'left' } },
  ]);
  expect((await guest.updates(2)).at(-1)).toEqual(['user2', 'left']);
});
