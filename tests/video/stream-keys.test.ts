import { objectId, type Started, startSandbox, timestamp } from './started';

let own: Started;
beforeAll(async () => {
  own = await startSandbox();
});
afterAll(() => own[Symbol.asyncDispose]());

const newRoom = async (name: string) => (await own.hms.createRoom({ name })).id;

it('gives a room a key in the documented shapes, shows it, and takes it back', async () => {
  const roomId = await newRoom('on-air');
  const path = `/stream-keys/room/${roomId}`;
  const made = await own.call('POST', path);
  const key = {
    id: objectId,
    url: expect.stringMatching(/^rtmp:/),
    key: expect.stringMatching(/^.{16,}$/),
    room_id: roomId,
    customer_id: objectId,
    app_id: objectId,
    enabled: true,
    created_at: timestamp,
    updated_at: timestamp,
  };
  expect(made).toEqual({ status: 200, body: key });
  const { id } = made.body as { id: string };
  expect(await own.call('GET', path)).toEqual({ status: 200, body: { data: [made.body], last: id } });
  expect(await own.call('POST', `${path}/disable`)).toEqual({
    status: 201,
    body: { message: 'key disabled successfully' },
  });
});

it('is one call each by the service class: another key once the old one is disabled', async () => {
  const roomId = await newRoom('by-class');
  const { streamKeys } = own.hms;
  const first = await streamKeys.create(roomId);
  expect(first).toMatchObject({ roomId, enabled: true, createdAt: expect.any(Date) });
  expect(await streamKeys.get(roomId)).toEqual(first);
  await expect(streamKeys.create(roomId)).rejects.toMatchObject({ status: 400 });
  await streamKeys.disable(roomId);
  const second = await streamKeys.create(roomId);
  expect(second.key).not.toBe(first.key);
  expect(await streamKeys.get(roomId)).toEqual(second);
});

it.each([
  ['POST', '', 'no-room', 404, 'Room not found'],
  ['GET', '', 'no-room', 404, 'Room not found'],
  ['POST', '/disable', 'no-room', 404, 'Room not found'],
  ['POST', '', 'locked', 403, 'Room is disabled'],
  ['GET', '', 'locked', 403, 'Room is disabled'],
  ['POST', '/disable', 'locked', 403, 'Room is disabled'],
  ['POST', '', 'with-key', 400, 'Active key already exists'],
  ['GET', '', 'without', 404, 'No active key found'],
  ['POST', '/disable', 'without', 404, 'Key not found'],
])('%s …%s of the room “%s” is refused with %i: %s', async (method, path, name, status, message) => {
  const roomId = name === 'no-room' ? '0'.repeat(24) : await newRoom(name);
  if (name === 'with-key' || name === 'locked')
    await own.hms.streamKeys.create(roomId).catch(() => undefined);
  if (name === 'locked') await own.hms.rooms.disable(roomId);
  expect(await own.call(method, `/stream-keys/room/${roomId}${path}`)).toEqual({
    status,
    body: { code: status, message, details: [message] },
  });
  await own.hms.rooms.enable(roomId).catch(() => undefined);
});
