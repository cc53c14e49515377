import { CreateRoomDocument } from '../generated/operations';
import { post } from '../helpers/clients';
import { RawSocket } from '../helpers/raw-socket';
import { openTestDatabase, TestRooms } from '../helpers/rooms';
import { startTestService } from '../helpers/service';
import { SampleSession } from '../helpers/webhooks';

const half = '\ud800';

function peer(roomId: string, userId: string, more: object = {}) {
  return { room_id: roomId, session_id: 's1', peer_id: 'p1', user_id: userId, role: 'guest', ...more };
}

async function told(process: TestRooms, roomId: string): Promise<string[]> {
  await process.rooms.inbox.settled();
  return (await process.log(roomId)).map(({ participant, action }) => `${participant?.userId} ${action}`);
}

it('acknowledges a webhook whose id holds half of a surrogate pair each time it is sent', async () => {
  await using service = await startTestService();
  const { url } = service;
  const { data } = await post(url, CreateRoomDocument, { input: { name: 'Odd' } });
  await using watcher = await RawSocket.open(url);
  watcher.send('watch', { roomId: data.createRoom.id });
  // Answered after the watch has begun.
  watcher.send('leave', { roomId: data.createRoom.id, userId: 'nobody' });
  await watcher.nth('error', 1);
  const session = new SampleSession(data.createRoom.id);
  const send = async (id: string, event: object) => {
    const body = JSON.stringify({ ...event, id });
    return (await fetch(`${url}/webhooks/100ms`, { method: 'POST', body })).status;
  };
  const [ana, ben] = [session.peer('ana').joined(), session.peer('ben').joined()];
  expect([await send(half, ana), await send(half, ana)]).toEqual([200, 200]);
  // Another id, which a database would store as the same text.
  expect(await send('\udc00', ben)).toBe(200);
  expect(await watcher.updates(2)).toEqual([
    ['ana', 'joined'],
    ['ben', 'joined'],
  ]);
});

it('keeps an event once whose id is half of a surrogate pair, and another with another half', async () => {
  await using database = await openTestDatabase();
  await using process = await TestRooms.open(database);
  const roomId = await process.addRoom();
  const send = (id: string) => process.webhook('peer.join.success', peer(roomId, 'ana'), { id });
  expect([await send(half), await send(half), await send('\ud801'), await send(`${half}x`)]).toEqual([
    'kept',
    'repeated',
    'kept',
    'kept',
  ]);
});

it('stores and sends ids, names and roles of a sane length, and knows the same peer again', async () => {
  await using database = await openTestDatabase();
  const process = await TestRooms.open(database);
  const roomId = await process.addRoom();
  const long = 'x'.repeat(200_000);
  const watcher = await process.watch({ roomId });
  const data = peer(roomId, `ana${long}`, {
    peer_id: `p${long}`,
    session_id: `s${long}`,
    user_name: `😀${long}`,
    role: long,
  });
  await process.webhook('peer.join.success', data);
  const other = { ...data, user_id: `ben${long}`, peer_id: `q${long}` };
  await process.webhook('peer.join.success', other);
  const [first, second] = await watcher.atLeast(2);
  expect(first?.userId).not.toBe(second?.userId);
  for (const entry of await process.log(roomId)) expect(JSON.stringify(entry).length).toBeLessThan(4_000);
  expect(first?.participant?.name).toMatch(/^😀x{255}$/u);
  await process[Symbol.asyncDispose]();
  await using after = await TestRooms.open(database);
  for (const each of [data, other]) await after.webhook('peer.leave.success', each);
  expect((await told(after, roomId)).map((line) => line.split(' ')[1])).toEqual([
    'JOINED',
    'JOINED',
    'LEFT',
    'LEFT',
  ]);
});

it('ends a user whose id holds half of a surrogate pair by their leave, also after a restart', async () => {
  await using database = await openTestDatabase();
  const process = await TestRooms.open(database);
  const roomId = await process.addRoom();
  await process.webhook('peer.join.success', peer(roomId, half, { peer_id: `p${half}` }));
  await process.rooms.inbox.settled();
  await process[Symbol.asyncDispose]();
  await using after = await TestRooms.open(database);
  await after.webhook('peer.leave.success', peer(roomId, half, { peer_id: `p${half}` }));
  await after.rooms.inbox.settled();
  const log = await after.log(roomId);
  expect(log.map(({ action, participantCount }) => [action, participantCount])).toEqual([
    ['JOINED', 1],
    ['LEFT', 0],
  ]);
});
