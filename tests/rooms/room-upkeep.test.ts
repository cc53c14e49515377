import { RoomAccess } from '../../src/rooms/access/room-grant.model';
import { StoppedClock } from '../helpers/clock';
import { Collected } from '../helpers/collected';
import { openTestHms } from '../helpers/hms';
import { openTestDatabase, TestRooms } from '../helpers/rooms';
import { openDoor } from '../helpers/webhook-door';

const caller = { kind: 'service', id: 'tests' } as const;

describe('importing rooms', () => {
  it('takes in what exists at 100ms by pages, disables here what is disabled there, and repeats without harm', async () => {
    const clock = new StoppedClock();
    await using database = await openTestDatabase();
    await using there = await openTestHms(clock);
    await using process = await TestRooms.open(database, { clock, hms: there.hms });
    for (let i = 0; i < 103; i += 1) await there.hms.createRoom({ name: `made-elsewhere-${i}` });
    const off = await there.hms.createRoom({ name: 'off' });
    await there.hms.updateRoom(off.id, { enabled: false });
    const { id: known } = await process.rooms.rooms.create({ name: 'Ours' }, caller);
    await there.hms.updateRoom(known, { enabled: false });
    const early = { room_id: off.id, session_id: 's', peer_id: 'p', user_id: 'ana' };
    await process.webhook('peer.join.success', early);
    await process.rooms.inbox.settled();

    const run = () => process.rooms.roomImport.run(caller);
    expect(await run()).toEqual({ found: 105, imported: 104, disabled: 1 });
    expect(await run()).toEqual({ found: 105, imported: 0, disabled: 0 });
    expect(await process.rooms.rooms.find(known, caller)).toMatchObject({ name: 'Ours', enabled: false });
    expect(await process.rooms.rooms.find(off.id, caller)).toMatchObject({
      name: 'off',
      enabled: false,
      participantCount: 1,
    });
    await expect(process.rooms.roomImport.run({ kind: 'user', id: 'ana' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('gives a room whose create was cut off here the id that it was made for', async () => {
    const clock = new StoppedClock();
    await using database = await openTestDatabase();
    await using there = await openTestHms(clock);
    await using process = await TestRooms.open(database, { clock, hms: there.hms });
    const input = { name: 'Standup', idempotencyKey: 'once' };
    const { id } = await process.rooms.rooms.create(input, caller);
    await process.connection.collection('rooms').deleteMany({});
    await process.rooms.roomImport.run(caller);
    expect((await process.rooms.rooms.create(input, caller)).id).toBe(id);
    expect(await process.connection.collection('rooms').countDocuments()).toBe(1);
  });
});

it('imports a room as INVITED, so that a restore opens no room to users who were not invited', async () => {
  const clock = new StoppedClock();
  await using database = await openTestDatabase();
  await using there = await openTestHms(clock);
  await using process = await TestRooms.open(database, { clock, hms: there.hms });
  const { rooms, roomImport } = process.rooms;
  const { id } = await rooms.create({ name: 'Board', access: RoomAccess.INVITED }, caller);
  // The backup that is restored is older than the room.
  await process.connection.collection('rooms').deleteMany({});
  await roomImport.run(caller);
  expect(await rooms.find(id, caller)).toMatchObject({ access: 'INVITED' });
  expect(await rooms.find(id, { kind: 'user', id: 'a-stranger' })).toBeNull();
  await rooms.update({ id, access: RoomAccess.OPEN }, caller);
  await roomImport.run(caller);
  expect(await rooms.find(id, { kind: 'user', id: 'a-stranger' })).toMatchObject({ access: 'OPEN' });
});

describe('ending a room', () => {
  it('ends the session at 100ms, and everybody here, those who report themselves too', async () => {
    const clock = new StoppedClock();
    await using database = await openTestDatabase();
    await using there = await openTestHms(clock);
    await using process = await TestRooms.open(database, { clock, hms: there.hms });
    const { rooms, presence, upkeep } = process.rooms;
    for (const lock of [false, true]) {
      const { id: roomId } = await rooms.create({ name: 'Standup' }, caller);
      there.sandbox.control.join({ roomId, userId: 'ana', role: 'host' });
      await presence.join({ roomId, userId: 'ben' }, caller);
      await TestRooms.open(database, { clock, hms: there.hms, reconcileSeconds: 86_400 }).then(
        async (other) => {
          await other.rooms.upkeep.runNow('reconcile');
          await other[Symbol.asyncDispose]();
        },
      );
      const watcher = await process.watch({ roomId, snapshot: true });
      expect((await watcher.atLeast(1))[0]).toMatchObject({ participantCount: 2 });
      const room = await rooms.end({ roomId, lock, reason: 'time is up' }, caller);
      expect(room).toMatchObject({ enabled: !lock, participantCount: 0 });
      const left = (await watcher.told(lock ? 4 : 3)).slice(1);
      expect(left.slice(0, 2).sort()).toEqual(['ana LEFT', 'ben LEFT']);
      expect(left.slice(2)).toEqual(lock ? ['ROOM_CLOSED'] : []);
      expect(there.sandbox.control.present(roomId)).toEqual([]);
      expect((await there.hms.getRoom(roomId)).enabled).toBe(!lock);
      watcher.stop();
    }
    await upkeep.runNow('trim');
  });

  it('locks a room in which nobody is, and says so again when asked again', async () => {
    const clock = new StoppedClock();
    await using database = await openTestDatabase();
    await using there = await openTestHms(clock);
    await using process = await TestRooms.open(database, { clock, hms: there.hms });
    const { rooms } = process.rooms;
    const { id: roomId } = await rooms.create({ name: 'Standup' }, caller);
    for (let i = 0; i < 2; i += 1) await rooms.end({ roomId, lock: true }, caller);
    expect((await there.hms.getRoom(roomId)).enabled).toBe(false);
    expect((await process.log(roomId)).map(({ action }) => action)).toEqual(['ROOM_CLOSED']);
  });

  it('changes nothing here where 100ms cannot be reached', async () => {
    const clock = new StoppedClock();
    await using database = await openTestDatabase();
    await using there = await openTestHms(clock);
    await using process = await TestRooms.open(database, { clock, hms: there.hms });
    const { rooms, presence } = process.rooms;
    const { id: roomId } = await rooms.create({ name: 'Standup' }, caller);
    await presence.join({ roomId, userId: 'ana' }, caller);
    there.sandbox.control.setApiFaults([{ kind: 'status', status: 503 }]);
    const unavailable = { code: 'UPSTREAM_UNAVAILABLE' };
    await expect(rooms.end({ roomId, lock: true }, caller)).rejects.toMatchObject(unavailable);
    await expect(rooms.update({ id: roomId, enabled: false }, caller)).rejects.toMatchObject(unavailable);
    expect(await rooms.find(roomId, caller)).toMatchObject({ enabled: true, participantCount: 1 });
  });
});

describe('what 100ms does not say', () => {
  it('about a session past its longest time is said here: 12 hours, or what the room allows', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const session_started_at = process.clock.now().toISOString();
    const rooms = {
      short: await process.addRoom({ maxDurationSeconds: 600 }),
      long: await process.addRoom(),
    };
    for (const [userId, room_id] of Object.entries(rooms)) {
      const session = { room_id, session_id: `session of ${userId}`, session_started_at };
      await process.webhook('session.open.success', session);
      const joined_at = session_started_at;
      await process.webhook('peer.join.success', { ...session, peer_id: userId, user_id: userId, joined_at });
    }
    await process.rooms.inbox.settled();
    const present = async () => {
      await process.rooms.upkeep.runNow('overlong sessions');
      await process.folded();
      const found = await process.connection.collection('participants').find({ status: 'ACTIVE' }).toArray();
      return found.map(({ userId }) => userId).sort();
    };
    process.clock.moveOn(600);
    expect(await present()).toEqual(['long', 'short']);
    process.clock.moveOn(120);
    expect(await present()).toEqual(['long']);
    process.clock.moveOn(12 * 3_600 - 600);
    expect(await present()).toEqual([]);
    const left = await process.stored('participants', { userId: 'short' });
    expect(left['leftAt']).toEqual(new Date(Date.parse(session_started_at) + 600_000));
  });

  it('because it could not deliver it, is asked for again after a downtime, and only then', async () => {
    const clock = new StoppedClock();
    await using database = await openTestDatabase();
    await using there = await openTestHms(clock, 0.001);
    const open = () => TestRooms.open(database, { clock, hms: there.hms, reconcileSeconds: 86_400 });
    const { control } = there.sandbox;
    const before = await open();
    const { id: roomId } = await before.rooms.rooms.create({ name: 'Standup' }, caller);
    await before.rooms.upkeep.runNow('missed webhooks');
    await before[Symbol.asyncDispose]();

    // Nobody is there to be told.
    control.setWebhook({ url: 'http://127.0.0.1:9/webhooks/100ms', headers: {} });
    clock.moveOn(60);
    control.join({ roomId, userId: 'ana', role: 'host' });
    await control.settled();
    clock.moveOn(60);
    await using after = await open();
    const delivered = new Collected<string>();
    await using door = await openDoor(async (type, data, envelope) => {
      await after.webhook(type, data, envelope);
      delivered.add(`${type} ${JSON.stringify(envelope).includes('"is_replay":true')}`);
    });
    control.setWebhook({ url: door.url, headers: {} });
    await after.rooms.upkeep.runNow('missed webhooks');
    await delivered.first((each) => each === 'peer.join.success true');
    await after.rooms.inbox.settled();
    expect((await after.log(roomId)).map(({ action }) => action)).toEqual(['JOINED']);
  });
});
