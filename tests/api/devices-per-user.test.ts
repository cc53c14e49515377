import {
  CreateRoomDocument,
  JoinRoomDocument,
  LeaveRoomDocument,
  WhoIsThereDocument,
} from '../generated/operations';
import { post } from '../helpers/clients';
import { RawSocket } from '../helpers/raw-socket';
import { startTestService } from '../helpers/service';
import { SampleSession } from '../helpers/webhooks';

const codeOf = (answer: { errors?: readonly { extensions?: Record<string, unknown> }[] }) =>
  answer.errors?.[0]?.extensions?.['code'] ?? 'ok';

async function open(settings: Record<string, string> = {}) {
  const service = await startTestService({ LIMIT_DEVICES_PER_USER: '2', ...settings });
  const { url } = service;
  const { data } = await post(url, CreateRoomDocument, { input: { name: 'Devices' } });
  const roomId = data.createRoom.id;
  const join = async (deviceId: string, userId = 'ana') =>
    codeOf(await post(url, JoinRoomDocument, { input: { roomId, userId, deviceId } }));
  const leave = (deviceId: string) =>
    post(url, LeaveRoomDocument, { input: { roomId, userId: 'ana', deviceId } });
  return { url, roomId, join, leave, [Symbol.asyncDispose]: () => service.close() };
}

it('refuses one device more of a user in a room by joinRoom, renews those inside, and counts each user and room alone', async () => {
  await using scene = await open();
  expect([await scene.join('phone'), await scene.join('laptop')]).toEqual(['ok', 'ok']);
  expect(await scene.join('tablet')).toBe('RATE_LIMITED');
  expect([await scene.join('phone'), await scene.join('phone', 'ben')]).toEqual(['ok', 'ok']);
  const other = await post(scene.url, CreateRoomDocument, { input: { name: 'Other' } });
  const input = { roomId: other.data.createRoom.id, userId: 'ana', deviceId: 'tablet' };
  expect(codeOf(await post(scene.url, JoinRoomDocument, { input }))).toBe('ok');
  await scene.leave('phone');
  expect(await scene.join('tablet')).toBe('ok');
});

it('refuses one device more on raw WebSockets, together with those of joinRoom', async () => {
  await using scene = await open();
  const { roomId } = scene;
  await scene.join('phone');
  await using socket = await RawSocket.open(scene.url);
  socket.send('join', { roomId, userId: 'ana' });
  socket.send('join', { roomId, userId: 'ana', deviceId: 'tablet' });
  expect(await socket.nth('error', 1)).toMatchObject({
    code: 'RATE_LIMITED',
    message: expect.stringContaining('2 devices'),
  });
  // The one that is inside may be said again, and one that has left makes room.
  socket.send('join', { roomId, userId: 'ana' });
  await scene.leave('phone');
  socket.send('join', { roomId, userId: 'ana', deviceId: 'tablet' });
  await socket.nth('update', 3);
  expect(socket.frames.items.filter(({ event }) => event === 'error')).toHaveLength(1);
});

it('does not count peers at 100ms, which are not ours to refuse', async () => {
  await using scene = await open();
  await using watcher = await RawSocket.open(scene.url);
  watcher.send('watch', { roomId: scene.roomId });
  watcher.send('leave', { roomId: scene.roomId, userId: 'nobody' });
  await watcher.nth('error', 1);
  const session = new SampleSession(scene.roomId);
  for (let at = 1; at <= 3; at += 1) {
    await fetch(`${scene.url}/webhooks/100ms`, {
      method: 'POST',
      body: JSON.stringify(session.peer('ana').joined()),
    });
    await watcher.nth('update', at);
  }
  expect([await scene.join('phone'), await scene.join('laptop')]).toEqual(['ok', 'ok']);
  expect(await scene.join('tablet')).toBe('RATE_LIMITED');
});

it('lets a user have 20 devices in a room where nothing else is set', async () => {
  await using scene = await open({ LIMIT_DEVICES_PER_USER: '' });
  const joins = await Promise.all(Array.from({ length: 25 }, (_, at) => scene.join(`device${at}`)));
  expect(joins.filter((code) => code === 'ok')).toHaveLength(20);
  expect(joins.filter((code) => code === 'RATE_LIMITED')).toHaveLength(5);
  const { data } = await post(scene.url, WhoIsThereDocument, { id: scene.roomId });
  expect(data.room?.participants).toHaveLength(20);
});
