import { randomUUID } from 'node:crypto';
import { openTestDatabase, TestRooms } from '../helpers/rooms';

const caller = { kind: 'service', id: 'tests' } as const;
const session = 'session-1';

async function told(process: TestRooms, roomId: string): Promise<string[]> {
  await process.rooms.inbox.settled();
  return (await process.log(roomId)).map(({ participant, action }) => `${participant?.userId} ${action}`);
}

/** A peer of a user, and what 100ms says of it. */
function peer(process: TestRooms, roomId: string, userId: string) {
  const joined_at = process.clock.now().toISOString();
  const data = {
    room_id: roomId,
    session_id: session,
    peer_id: randomUUID(),
    user_id: userId,
    role: 'guest',
    joined_at,
  };
  const settled = async () => process.rooms.inbox.settled();
  return {
    joins: () => process.webhook('peer.join.success', data).then(settled),
    leaves: (reason: string) => {
      const left_at = process.clock.now().toISOString();
      return process.webhook('peer.leave.success', { ...data, left_at, reason }).then(settled);
    },
  };
}

async function waitOut(process: TestRooms, seconds: number): Promise<void> {
  process.clock.moveOn(seconds);
  await process.rooms.presence.endOverdue();
}

/** Sweeps until the process finds an abandoned presence: the lease of the dead process runs out by the database's clock. */
async function untilLost(process: TestRooms, roomId: string): Promise<void> {
  while (!(await process.log(roomId)).some(({ action }) => action === 'RECONNECTING')) {
    await process.rooms.upkeep.runNow('abandoned presences');
  }
}

describe('a peer whose connection was lost', () => {
  it('counts as present while its return is waited for, then has left', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    const phone = peer(process, roomId, 'ana');
    await phone.joins();
    process.clock.moveOn(60);
    await phone.leaves('websocket closed');
    expect((await process.rooms.rooms.find(roomId, caller))?.participantCount).toBe(1);
    await waitOut(process, 4.9);
    expect(await told(process, roomId)).toEqual(['ana JOINED', 'ana RECONNECTING']);
    await waitOut(process, 0.1);
    expect(await told(process, roomId)).toEqual(['ana JOINED', 'ana RECONNECTING', 'ana LEFT']);
    const stored = await process.stored('participants', { roomId });
    expect(stored).toMatchObject({ status: 'LEFT', leftAt: process.clock.now() });
    expect(stored).not.toHaveProperty('graceUntil');
    expect((await process.rooms.rooms.find(roomId, caller))?.participantCount).toBe(0);
  });

  it('that comes back with a new peer id is the same participant, and only the new peer can end it', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    const before = peer(process, roomId, 'ana');
    await before.joins();
    process.clock.moveOn(60);
    await before.leaves('ice connection state closed');
    process.clock.moveOn(2);
    const after = peer(process, roomId, 'ana');
    await after.joins();
    // All of it again, as a replay would tell it.
    await before.joins();
    await before.leaves('websocket closed');
    await before.leaves('client request');
    await after.joins();
    await waitOut(process, 60);
    expect(await told(process, roomId)).toEqual(['ana JOINED', 'ana RECONNECTING', 'ana RECONNECTED']);
    await after.leaves('client request');
    const log = await process.log(roomId);
    expect(log.map(({ action }) => action)).toEqual(['JOINED', 'RECONNECTING', 'RECONNECTED', 'LEFT']);
    expect(new Set(log.map(({ participant }) => participant?._id)).size).toBe(1);
    expect(log.map(({ participantCount }) => participantCount)).toEqual([1, 1, 1, 0]);
  });

  it.each(['client request', 'peer kicked', 'server removed peer'])(
    'leaves at once by "%s"',
    async (reason) => {
      await using database = await openTestDatabase();
      await using process = await TestRooms.open(database);
      const roomId = await process.addRoom();
      const phone = peer(process, roomId, 'ana');
      await phone.joins();
      await phone.leaves(reason);
      expect(await told(process, roomId)).toEqual(['ana JOINED', 'ana LEFT']);
    },
  );

  it('leaves at once where the grace is turned off, and where the news is a replay', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database, { graceSeconds: 0 });
    const roomId = await process.addRoom();
    const phone = peer(process, roomId, 'ana');
    await phone.joins();
    await phone.leaves('websocket closed');
    expect(await told(process, roomId)).toEqual(['ana JOINED', 'ana LEFT']);
  });

  it('is somebody else for another user, another session, or a device that was there before the loss', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    const phone = peer(process, roomId, 'ana');
    const laptop = peer(process, roomId, 'ana');
    await phone.joins();
    process.clock.moveOn(60);
    await phone.leaves('websocket closed');
    const ben = peer(process, roomId, 'ben');
    await ben.joins();
    await laptop.joins();
    expect(await told(process, roomId)).toEqual([
      'ana JOINED',
      'ana RECONNECTING',
      'ben JOINED',
      'ana JOINED',
    ]);
  });

  it('left with its session, whose end waits for nobody', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    const phone = peer(process, roomId, 'ana');
    await phone.joins();
    await phone.leaves('websocket closed');
    const session_stopped_at = process.clock.now().toISOString();
    await process.webhook('session.close.success', {
      room_id: roomId,
      session_id: session,
      session_stopped_at,
    });
    expect(await told(process, roomId)).toEqual(['ana JOINED', 'ana RECONNECTING', 'ana LEFT']);
  });

  it('is swept after a restart, too', async () => {
    await using database = await openTestDatabase();
    const before = await TestRooms.open(database);
    const roomId = await before.addRoom();
    const phone = peer(before, roomId, 'ana');
    await phone.joins();
    await phone.leaves('websocket closed');
    await before.vanish();
    await using after = await TestRooms.open(database, { clock: before.clock });
    await waitOut(after, 5);
    expect(await told(after, roomId)).toEqual(['ana JOINED', 'ana RECONNECTING', 'ana LEFT']);
  });
});

describe('a socket that reports presence', () => {
  const socket = (roomId: string, socketId: string, deviceId?: string) => ({
    roomId,
    userId: 'ana',
    socketId,
    ...(deviceId ? { deviceId } : {}),
  });

  it('that is lost and comes back within the grace is the same participant, with a device id and without', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const { presence } = process.rooms;
    for (const device of [undefined, 'phone']) {
      const roomId = await process.addRoom();
      const first = await presence.begin(socket(roomId, 's1', device), caller);
      await presence.lost(socket(roomId, 's1', device));
      process.clock.moveOn(4);
      const second = await presence.begin(socket(roomId, 's2', device), caller);
      expect(second.id).toBe(first.id);
      await waitOut(process, 60);
      await presence.end(socket(roomId, 's2', device));
      const log = await process.log(roomId);
      expect(log.map(({ action }) => action)).toEqual(['JOINED', 'RECONNECTING', 'RECONNECTED', 'LEFT']);
      expect(log.map(({ source }) => source)).toEqual(['SOCKET', 'SOCKET', 'SOCKET', 'SOCKET']);
    }
  });

  it('that is lost for good has left after the grace, and with its end at once', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const { presence } = process.rooms;
    const roomId = await process.addRoom();
    await presence.begin(socket(roomId, 's1'), caller);
    await presence.begin(socket(roomId, 's2'), caller);
    await presence.lost(socket(roomId, 's1'));
    await presence.end(socket(roomId, 's2'));
    expect(await told(process, roomId)).toEqual(['ana JOINED', 'ana JOINED', 'ana RECONNECTING', 'ana LEFT']);
    await waitOut(process, 5);
    expect((await told(process, roomId)).at(-1)).toBe('ana LEFT');
    expect(await presence.lost(socket(roomId, 's1'))).toBeNull();
  });

  it('harms no other socket that holds the same device when the old one dies late', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const { presence } = process.rooms;
    const roomId = await process.addRoom();
    await presence.begin(socket(roomId, 'old', 'phone'), caller);
    await presence.begin(socket(roomId, 'new', 'phone'), caller);
    expect(await presence.lost(socket(roomId, 'old', 'phone'))).toBeNull();
    expect(await told(process, roomId)).toEqual(['ana JOINED']);
  });

  it('is present for as long as it is open, and for the grace after its only process died', async () => {
    await using database = await openTestDatabase();
    const before = await TestRooms.open(database);
    const roomId = await before.addRoom();
    await before.rooms.presence.begin(socket(roomId, 's1'), caller);
    for (let i = 0; i < 5; i += 1) {
      before.clock.moveOn(60);
      await before.rooms.presence.renewHeld();
      await before.rooms.presence.endOverdue();
    }
    expect(await told(before, roomId)).toEqual(['ana JOINED']);
    await before.vanish();
    await using after = await TestRooms.open(database, { clock: before.clock });
    await waitOut(after, 4.9);
    expect(await told(after, roomId)).toEqual(['ana JOINED', 'ana RECONNECTING']);
    await waitOut(after, 0.1);
    expect(await told(after, roomId)).toEqual(['ana JOINED', 'ana RECONNECTING', 'ana LEFT']);
  });

  it('comes back as the same participant after its only process died', async () => {
    await using database = await openTestDatabase();
    const before = await TestRooms.open(database);
    const roomId = await before.addRoom();
    const { id } = await before.rooms.presence.begin(socket(roomId, 's1'), caller);
    await before.vanish();
    await using after = await TestRooms.open(database, { clock: before.clock });
    expect((await after.rooms.presence.begin(socket(roomId, 's2'), caller)).id).toBe(id);
    await waitOut(after, 60);
    expect(await told(after, roomId)).toEqual(['ana JOINED', 'ana RECONNECTING', 'ana RECONNECTED']);
  });

  it('is lost with its process where others go on, and one of a living process is not', async () => {
    await using database = await openTestDatabase();
    const several = { severalProcesses: true, processLeaseSeconds: 1 };
    const dying = await TestRooms.open(database, several);
    await using living = await TestRooms.open(database, { ...several, clock: dying.clock });
    // The one that sweeps never takes itself for dead, so a third one must live as well.
    await using third = await TestRooms.open(database, { ...several, clock: dying.clock });
    const roomId = await dying.addRoom();
    await dying.rooms.presence.begin({ ...socket(roomId, 's1'), userId: 'ana' }, caller);
    await dying.rooms.presence.begin({ ...socket(roomId, 's2', 'phone'), userId: 'ben' }, caller);
    await living.rooms.presence.begin({ ...socket(roomId, 's3'), userId: 'cleo' }, caller);
    await third.rooms.presence.begin({ ...socket(roomId, 's5'), userId: 'dora' }, caller);
    // Taken over without an entry: the client is back before its old connection is known to be lost.
    await living.rooms.presence.begin({ ...socket(roomId, 's4', 'phone'), userId: 'ben' }, caller);
    await dying.vanish();
    await untilLost(living, roomId);
    await waitOut(living, 5);
    const joins = ['ana JOINED', 'ben JOINED', 'cleo JOINED', 'dora JOINED'];
    expect(await told(living, roomId)).toEqual([...joins, 'ana RECONNECTING', 'ana LEFT']);
  });

  it('is back at once where its process was only taken for dead', async () => {
    await using database = await openTestDatabase();
    const several = { severalProcesses: true, processLeaseSeconds: 1 };
    await using stalled = await TestRooms.open(database, { ...several, processLeaseSeconds: 30 });
    await using other = await TestRooms.open(database, { ...several, clock: stalled.clock });
    const roomId = await stalled.addRoom();
    await stalled.rooms.presence.begin(socket(roomId, 's1'), caller);
    const leases = stalled.connection.collection('processes');
    const held = await stalled.stored('participants', { roomId });
    await leases.updateOne({ _id: held['heldBy'] as never }, { $set: { until: new Date(0) } });
    await untilLost(other, roomId);
    await stalled.rooms.upkeep.runNow('process lease');
    await waitOut(other, 60);
    expect(await told(other, roomId)).toEqual(['ana JOINED', 'ana RECONNECTING', 'ana RECONNECTED']);
  });
});
