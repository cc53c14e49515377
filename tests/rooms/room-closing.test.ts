import type { ParticipantUpdate } from '../../src/rooms/log/participant-update';
import { openWsClient } from '../helpers/clients';
import { Collected } from '../helpers/collected';
import { aService, openTestDatabase, TestRooms } from '../helpers/rooms';
import { startTestService } from '../helpers/service';

const caller = { kind: 'service', id: 'tests' } as const;

async function disable({ connection }: TestRooms, roomId: string): Promise<void> {
  await connection.collection('rooms').updateOne({ roomId }, { $set: { enabled: false } });
}

async function cursorOf({ rooms }: TestRooms, roomId: string): Promise<string> {
  const room = await rooms.rooms.find(roomId, aService);
  if (!room) throw new Error('no room');
  return rooms.rooms.cursorOf(room);
}

describe('a disabled room', () => {
  it('keeps who is inside, refuses who is not, closes when the last one leaves, and opens again', async () => {
    await using service = await startTestService();
    const ask = (text: string) => askGraphQL(service.url, text);
    const { createRoom } = await ask('mutation { createRoom(input: { name: "Standup" }) { id cursor } }');
    const roomId: string = createRoom.id;
    const update = (changes: string) =>
      ask(`mutation { updateRoom(input: { id: "${roomId}", ${changes} }) { name description enabled } }`);
    const join = (userId: string) =>
      ask(`mutation { joinRoom(input: { roomId: "${roomId}", userId: "${userId}" }) { id } }`);

    await join('ana');
    const watcher = subscribe(service.url, `participantUpdates(roomId: "${roomId}", snapshot: true)`);
    await watcher.atLeast(1);
    expect(await update('enabled: false, name: "Retro", description: "weekly"')).toEqual({
      updateRoom: { name: 'Retro', description: 'weekly', enabled: false },
    });
    await expect(join('ben')).rejects.toThrow('ROOM_DISABLED');
    await join('ana');
    await ask(`mutation { leaveRoom(input: { roomId: "${roomId}", userId: "ana" }) { id } }`);
    await watcher.finished();
    expect(watcher.items.map(({ action, userId }) => [action, userId])).toEqual([
      ['SNAPSHOT', null],
      ['LEFT', 'ana'],
      ['ROOM_CLOSED', null],
    ]);

    const cursor = watcher.items.at(-1)?.cursor;
    await update('enabled: true');
    const again = subscribe(service.url, `participantUpdates(roomId: "${roomId}", after: "${cursor}")`);
    await join('ben');
    expect((await again.atLeast(1)).map(({ action, userId }) => [action, userId])).toEqual([
      ['JOINED', 'ben'],
    ]);
    await watcher.client.dispose();
    await again.client.dispose();
  });

  it('is disabled for every process at once, whichever was told', async () => {
    await using database = await openTestDatabase();
    await using here = await TestRooms.open(database);
    await using there = await TestRooms.open(database);
    const roomId = await here.addRoom();
    const join = (process: TestRooms, userId: string) =>
      process.rooms.presence.join({ roomId, userId }, caller);
    await join(here, 'ana');
    await join(there, 'ben');
    const watcher = await there.watch({ roomId });
    await disable(here, roomId);
    await expect(join(there, 'cleo')).rejects.toMatchObject({ code: 'ROOM_DISABLED' });
    await there.rooms.presence.leave({ roomId, userId: 'ana' }, caller);
    await here.rooms.presence.leave({ roomId, userId: 'ben' }, caller);
    expect(await watcher.told(3)).toEqual(['ana LEFT', 'ben LEFT', 'ROOM_CLOSED']);
    await watcher.finished();
    await here.connection.collection('rooms').updateOne({ roomId }, { $set: { enabled: true } });
    const again = await there.watch({ roomId });
    await join(here, 'dan');
    expect(await again.told(1)).toEqual(['dan JOINED']);
    again.stop();
  });

  it('that is closed answers every new watcher with ROOM_CLOSED and the end', async () => {
    await using database = await openTestDatabase();
    const before = await TestRooms.open(database);
    const roomId = await before.addRoom();
    const beginning = await cursorOf(before, roomId);
    await before.rooms.presence.join({ roomId, userId: 'ana' }, caller);
    await disable(before, roomId);
    await before.vanish();
    await using process = await TestRooms.open(database);
    const inside = await process.watch({ roomId });
    await process.rooms.presence.leave({ roomId, userId: 'ana' }, caller);
    expect(await inside.told(2)).toEqual(['ana LEFT', 'ROOM_CLOSED']);
    await inside.finished();
    const atTheEnd = inside.items.at(-1)?.cursor ?? '';

    const plain = await process.watch({ roomId });
    await plain.finished();
    expect(plain.items).toMatchObject([{ action: 'ROOM_CLOSED', participantCount: 0, cursor: atTheEnd }]);
    const again = await process.watch({ roomId, after: atTheEnd });
    await again.finished();
    expect(again.items).toMatchObject([{ action: 'ROOM_CLOSED', cursor: atTheEnd }]);
    const fromTheBeginning = await process.watch({ roomId, after: beginning, snapshot: true });
    await fromTheBeginning.finished();
    expect(await fromTheBeginning.told(4)).toEqual(['ana JOINED', 'ana LEFT', 'CAUGHT_UP', 'ROOM_CLOSED']);
    const withSnapshot = await process.watch({ roomId, snapshot: true });
    await withSnapshot.finished();
    expect(await withSnapshot.told(2)).toEqual(['SNAPSHOT', 'ROOM_CLOSED']);
  });
});

/** What the service answers to one operation; rejects with the code of its error. */
async function askGraphQL(url: string, query: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(`${errors[0].extensions.code}: ${errors[0].message}`);
  return data;
}

function subscribe(url: string, field: string) {
  const client = openWsClient(url);
  const told = Object.assign(new Collected<ParticipantUpdate>(), { client });
  const query = `subscription { ${field} { action userId cursor } }`;
  client.subscribe<{ participantUpdates: ParticipantUpdate }>(
    { query },
    {
      next: ({ data }) => data && told.add(data.participantUpdates),
      error: told.fail,
      complete: told.end,
    },
  );
  return told;
}
