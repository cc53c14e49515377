import { driverCommands } from '../../src/database/commands';
import { connectDatabase } from '../../src/database/connect';
import { LineCommands } from '../../src/database/line-commands';
import { aService, openTestDatabase, TestRooms } from '../helpers/rooms';

const join = ({ rooms }: TestRooms, roomId: string, userId = 'ana') =>
  rooms.presence.join({ roomId, userId }, aService);
const leave = ({ rooms }: TestRooms, roomId: string, userId = 'ana') =>
  rooms.presence.leave({ roomId, userId }, aService);

async function severalRooms(process: TestRooms, count = 5): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => process.addRoom()));
}

/** What the database holds of rooms, whatever any process knows. */
async function storedPlaces({ uri }: { uri: string }): Promise<Map<string, number>> {
  const connection = await connectDatabase(uri);
  const rooms = await connection.collection('rooms').find().toArray();
  await connection.close();
  return new Map(rooms.map((room) => [room['roomId'], room['asOfSeq']]));
}

async function placesInLog(process: TestRooms, roomId: string): Promise<number[]> {
  return (await process.log(roomId)).map(({ seq }) => seq);
}

describe('what was answered for', () => {
  it('is in every list and every room that is read right afterwards', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const [roomId = ''] = await severalRooms(process, 1);
    const { rooms } = process.rooms;
    await join(process, roomId);
    expect(await rooms.list({ limit: 10 }, aService)).toMatchObject([{ participantCount: 1 }]);
    await join(process, roomId, 'ben');
    expect(await rooms.find(roomId, aService)).toMatchObject({ participantCount: 2, asOfSeq: 2 });
    await join(process, roomId, 'cleo');
    const page = await rooms.page({ filter: { occupied: true }, first: 10 }, aService);
    expect(page.edges.map(({ node }) => node.participantCount)).toEqual([3]);
    const room = await rooms.find(roomId, aService);
    for (const userId of ['ana', 'ben', 'cleo']) await leave(process, roomId, userId);
    const gone = room && (await rooms.participants(room, { active: false, limit: 10 }));
    expect(gone?.map(({ userId, status }) => [userId, status]).sort()).toEqual([
      ['ana', 'LEFT'],
      ['ben', 'LEFT'],
      ['cleo', 'LEFT'],
    ]);
    expect(await rooms.list({ limit: 10, filter: { occupied: true } }, aService)).toEqual([]);
  });

  it('is in what another process lists, where there may be one', async () => {
    await using database = await openTestDatabase();
    await using here = await TestRooms.open(database, { severalProcesses: true });
    await using there = await TestRooms.open(database, { severalProcesses: true });
    const [roomId = ''] = await severalRooms(here, 1);
    for (const count of [1, 2, 3]) {
      await join(here, roomId, `user-${count}`);
      expect(await there.rooms.rooms.list({ limit: 10 }, aService)).toMatchObject([
        { participantCount: count, asOfSeq: count },
      ]);
    }
  });

  it('is there after the process died before it was folded', async () => {
    await using database = await openTestDatabase();
    const before = await TestRooms.open(database);
    const roomIds = await severalRooms(before);
    await Promise.all(roomIds.map((roomId) => join(before, roomId)));
    await before.vanish();
    await using after = await TestRooms.open(database, { clock: before.clock });
    // Nobody has asked after these rooms yet: the start itself brought them up to their logs.
    expect([...(await storedPlaces(database)).values()]).toEqual(roomIds.map(() => 1));
    for (const roomId of roomIds) {
      expect(await after.rooms.rooms.find(roomId, aService)).toMatchObject({ participantCount: 1 });
      expect(await after.stored('participants', { roomId })).toMatchObject({
        userId: 'ana',
        status: 'ACTIVE',
      });
    }
  });

  it('is folded when the process ends in peace', async () => {
    await using database = await openTestDatabase();
    const process = await TestRooms.open(database);
    const roomIds = await severalRooms(process);
    await Promise.all(roomIds.map((roomId) => join(process, roomId)));
    await process[Symbol.asyncDispose]();
    expect([...(await storedPlaces(database)).values()]).toEqual(roomIds.map(() => 1));
  });

  it('is folded without anybody asking', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const [roomId = ''] = await severalRooms(process, 1);
    await join(process, roomId);
    while ((await storedPlaces(database)).get(roomId) !== 1);
    expect(process.reports).toEqual([]);
  });

  it('holds as long as its newest renewal says, also one that came before the fold', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database, { leaseSeconds: 60 });
    const [roomId = ''] = await severalRooms(process, 1);
    await join(process, roomId);
    process.clock.moveOn(50);
    await join(process, roomId);
    const { leaseUntil } = await process.stored('participants', { roomId });
    expect(leaseUntil).toEqual(new Date(process.clock.now().getTime() + 60_000));
  });
});

describe('who has left', () => {
  it('is not brought back by a repeated join that is decided while the leave is folded', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const [room_id = ''] = await severalRooms(process, 1);
    const { inbox } = process.rooms;
    const joined_at = process.clock.now().toISOString();
    const left_at = new Date(process.clock.now().getTime() + 1_000).toISOString();
    for (let n = 0; n < 30; n += 1) {
      const peer = { room_id, session_id: 's', peer_id: `peer-${n}`, user_id: `user-${n}`, joined_at };
      await process.webhook('peer.join.success', peer);
      await process.webhook('peer.leave.success', { ...peer, left_at });
      await inbox.settled();
      await Promise.all([process.folded(), process.webhook('peer.join.success', peer)]);
      await inbox.settled();
      expect(await placesInLog(process, room_id)).toHaveLength(2 * (n + 1));
    }
  });
});

describe('a fold that cannot be written', () => {
  it('is reported, and is not in the way of those that are written together with it', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const [lost = '', ...others] = await severalRooms(process);
    await join(process, lost);
    await process.folded();
    await process.connection.collection('rooms').updateOne({ roomId: lost }, { $set: { asOfSeq: 0 } });
    await Promise.all([lost, ...others].map((roomId) => join(process, roomId, 'ben')));
    for (const roomId of others) {
      expect(await process.stored('rooms', { roomId })).toMatchObject({ asOfSeq: 1, participantCount: 1 });
    }
    expect(process.reports).toEqual([
      `room log, ${lost}: Error: room ${lost}: its stored place is not its log's`,
    ]);
    // Read anew, it is brought to where its log is.
    await leave(process, lost, 'ben');
    expect(await process.stored('rooms', { roomId: lost })).toMatchObject({
      asOfSeq: 3,
      participantCount: 1,
    });
  });
});

describe('while stored rooms cannot be written, as on a full disk', () => {
  it('every count that is read holds every join that was acknowledged', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const [roomId = ''] = await severalRooms(process, 1);
    const full = Object.assign(new Error('The disk is full'), { code: 14031 });
    const refusals = [
      jest.spyOn(LineCommands.prototype, 'update').mockRejectedValue(full),
      jest.spyOn(driverCommands, 'update').mockRejectedValue(full),
    ];
    const { rooms } = process.rooms;
    for (const participantCount of [1, 2, 3]) {
      await join(process, roomId, `user-${participantCount}`);
      const now = { participantCount, asOfSeq: participantCount };
      expect(await rooms.list({ limit: 10 }, aService)).toMatchObject([now]);
      expect(await rooms.find(roomId, aService)).toMatchObject(now);
      expect((await rooms.page({ first: 10 }, aService)).edges).toMatchObject([{ node: now }]);
    }
    expect((await storedPlaces(database)).get(roomId)).toBe(0);
    for (const refusal of refusals) refusal.mockRestore();
    await leave(process, roomId, 'user-1');
    expect(await rooms.list({ limit: 10 }, aService)).toMatchObject([{ participantCount: 2, asOfSeq: 4 }]);
    await process.folded();
    expect((await storedPlaces(database)).get(roomId)).toBe(4);
  });
});

describe('rooms in which something happens at once', () => {
  it('keep what was inserted together, and one where another process was first is decided again alone', async () => {
    await using database = await openTestDatabase();
    await using here = await TestRooms.open(database, { severalProcesses: true });
    await using there = await TestRooms.open(database, { severalProcesses: true });
    const roomIds = await severalRooms(here, 7);
    for (const roomId of roomIds) await join(here, roomId);
    const contested = roomIds.filter((_, index) => index % 3 === 1);
    // Of this nobody here has heard.
    for (const roomId of contested) {
      await join(there, roomId, 'zoe');
      await leave(there, roomId, 'zoe');
      await join(there, roomId, 'ben');
    }
    const users = ['ben', 'cleo', 'dan'];
    const joined = roomIds.flatMap((roomId) => users.map((userId) => join(here, roomId, userId)));
    expect((await Promise.all(joined)).map(({ userId }) => userId)).toEqual(roomIds.flatMap(() => users));
    for (const roomId of roomIds) {
      const log = await here.log(roomId);
      const told = log.map(({ seq, action, participant }) => `${seq} ${participant?.userId} ${action}`);
      expect(told).toEqual(
        contested.includes(roomId)
          ? ['1 ana JOINED', '2 zoe JOINED', '3 zoe LEFT', '4 ben JOINED', '5 cleo JOINED', '6 dan JOINED']
          : ['1 ana JOINED', '2 ben JOINED', '3 cleo JOINED', '4 dan JOINED'],
      );
      expect(await there.stored('rooms', { roomId })).toMatchObject({
        asOfSeq: log.length,
        participantCount: 4,
      });
    }
    expect([...here.reports, ...there.reports]).toEqual([]);
  });

  it('have lost nothing and double nothing where the process died between the insert and the answers', async () => {
    await using database = await openTestDatabase();
    const before = await TestRooms.open(database);
    const roomIds = await severalRooms(before);
    await using observer = await TestRooms.open(database, { clock: before.clock });
    const asked = Promise.allSettled(roomIds.map((roomId) => join(before, roomId)));
    while ((await placesInLog(observer, roomIds.at(-1) ?? '')).length === 0);
    await before.vanish();
    await asked;
    await using after = await TestRooms.open(database, { clock: before.clock });
    await Promise.all(roomIds.map((roomId) => join(after, roomId)));
    for (const roomId of roomIds) {
      expect(await placesInLog(after, roomId)).toEqual([1]);
      expect(await after.stored('rooms', { roomId })).toMatchObject({ asOfSeq: 1, participantCount: 1 });
    }
  });
});
