import type { RunningService } from '../../src/app';
import { CreateRoomDocument } from '../generated/operations';
import { post } from '../helpers/clients';
import { RawSocket } from '../helpers/raw-socket';
import { startTestService } from '../helpers/service';

let service: RunningService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const open = () => RawSocket.open(service.url);

async function newRoom(): Promise<string> {
  const { data } = await post(service.url, CreateRoomDocument, { input: { name: 'Raw' } });
  return data.createRoom.id;
}

describe('where a login is asked for', () => {
  const key = 'k'.repeat(32);
  let closed: Awaited<ReturnType<typeof startTestService>>;
  beforeAll(async () => {
    closed = await startTestService({ AUTH: 'secret', AUTH_SECRET: 's'.repeat(32), SERVICE_KEYS: key });
  });
  afterAll(() => closed.close());

  it('takes it as the first frame, and says that it did', async () => {
    await using socket = await RawSocket.open(closed.url);
    socket.send('auth', { token: key });
    expect(await socket.nth('authenticated', 1)).toEqual({ userId: null });
    socket.send('watch', { roomId: 'nobodys' });
    expect(await socket.nth('error', 1)).toMatchObject({ code: 'ROOM_NOT_FOUND' });
  });

  it('takes it with the handshake from programs, which can send headers', async () => {
    await using socket = await RawSocket.open(closed.url, { headers: { authorization: `Bearer ${key}` } });
    socket.send('watch', { roomId: 'nobodys' });
    expect(await socket.nth('error', 1)).toMatchObject({ code: 'ROOM_NOT_FOUND' });
  });

  it.each([
    ['another frame first', 'watch', { roomId: 'any' }],
    ['a login that is none', 'auth', { token: 'made up' }],
  ])('closes with 4403 on %s', async (_what, event, data) => {
    const socket = await RawSocket.open(closed.url);
    socket.send(event, data);
    expect((await socket.closed).code).toBe(4403);
  });
});

describe('what is wrong with a frame is answered, and the socket goes on', () => {
  it.each<[string, string, object]>([
    ['what is no JSON', '{', { code: 'BAD_USER_INPUT', details: [{ field: 'frame' }] }],
    [
      'an event that there is not',
      '{"event":"dance"}',
      { code: 'BAD_USER_INPUT', details: [{ field: 'event' }] },
    ],
    [
      'a join of nobody',
      '{"event":"join","data":{"roomId":"x"}}',
      { code: 'BAD_USER_INPUT', details: [{ field: 'userId' }] },
    ],
    ['a room that is not there', '{"event":"watch","data":{"roomId":"nobodys"}}', { code: 'ROOM_NOT_FOUND' }],
    [
      'a cursor that nobody gave',
      '{"event":"watch","data":{"roomId":"ROOM","after":"bm9ib2R5"}}',
      { code: 'BAD_CURSOR' },
    ],
  ])('%s', async (_what, frame, error) => {
    await using socket = await open();
    socket.socket.send(frame.replace('ROOM', await newRoom()));
    expect(await socket.nth('error', 1)).toMatchObject({ ...error, requestId: expect.any(String) });
    socket.send('watch', { roomId: await newRoom() });
    socket.send('nothing', {});
    await socket.nth('error', 2);
  });
});

it('closes on binary frames with 1003', async () => {
  const socket = await open();
  socket.socket.send(Buffer.from('{}'));
  expect((await socket.closed).code).toBe(1003);
});
