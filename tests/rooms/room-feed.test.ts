import { SnapshotReason } from '../../src/rooms/log/participant-update';
import { aService, openTestDatabase, TestRooms } from '../helpers/rooms';

const caller = { kind: 'service', id: 'tests' } as const;

async function story(process: TestRooms, roomId: string, users: readonly string[]): Promise<void> {
  for (const userId of users) {
    await process.rooms.presence.join({ roomId, userId }, caller);
    await process.rooms.presence.leave({ roomId, userId }, caller);
  }
}

/** The cursor of the room's newest entry. */
async function cursorOf({ rooms }: TestRooms, roomId: string): Promise<string> {
  const room = await rooms.rooms.find(roomId, aService);
  if (!room) throw new Error('no room');
  return rooms.rooms.cursorOf(room);
}

describe('a watcher', () => {
  it('without a cursor is told what happens from now on, and nothing else', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    await story(process, roomId, ['ana']);
    const watcher = await process.watch({ roomId });
    await story(process, roomId, ['ben']);
    expect(await watcher.told(2)).toEqual(['ben JOINED', 'ben LEFT']);
    watcher.stop();
    await watcher.finished();
    expect(watcher.items.map(({ replayed }) => replayed)).toEqual([false, false]);
  });

  it('that asks for a snapshot is told who is there, then every change after it', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    await process.rooms.presence.join({ roomId, userId: 'ana' }, caller);
    const watcher = await process.watch({ roomId, snapshot: true });
    await process.rooms.presence.leave({ roomId, userId: 'ana' }, caller);
    const [snapshot, left] = await watcher.atLeast(2);
    expect(snapshot).toMatchObject({ action: 'SNAPSHOT', reason: 'FIRST', participantCount: 1 });
    expect(snapshot?.participants?.map(({ userId }) => userId)).toEqual(['ana']);
    expect(left).toMatchObject({ action: 'LEFT', participantCount: 0, userPresent: false });
    watcher.stop();
  });

  it('with a cursor is told all of the past after it, marked, then CAUGHT_UP, then the present', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    const after = await cursorOf(process, roomId);
    await story(process, roomId, ['ana', 'ben']);
    const watcher = await process.watch({ roomId, after, snapshot: true });
    await watcher.atLeast(5);
    await story(process, roomId, ['cleo']);
    expect(await watcher.told(7)).toEqual([
      'ana JOINED',
      'ana LEFT',
      'ben JOINED',
      'ben LEFT',
      'CAUGHT_UP',
      'cleo JOINED',
      'cleo LEFT',
    ]);
    expect(watcher.items.map(({ replayed }) => replayed)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    watcher.stop();
  });

  it('that joins in the middle of a storm misses nothing and hears nothing twice', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database, { queueAtMost: 8 });
    const roomId = await process.addRoom();
    const after = await cursorOf(process, roomId);
    const users = Array.from({ length: 60 }, (_, index) => `user-${index}`);
    const storm = Promise.all(users.map((userId) => story(process, roomId, [userId])));
    const watchers = await Promise.all(Array.from({ length: 5 }, () => process.watch({ roomId, after })));
    await storm;
    const whole = (await process.log(roomId)).map(
      ({ participant, action }) => `${participant?.userId} ${action}`,
    );
    expect(whole).toHaveLength(120);
    for (const watcher of watchers) {
      expect(await watcher.told(120)).toEqual(whole);
      watcher.stop();
    }
  });

  it('hears of what another process appended, without any message from it', async () => {
    await using database = await openTestDatabase();
    await using here = await TestRooms.open(database);
    await using elsewhere = await TestRooms.open(database);
    const roomId = await here.addRoom();
    const watcher = await here.watch({ roomId });
    await story(elsewhere, roomId, ['ana']);
    expect(await watcher.told(2)).toEqual(['ana JOINED', 'ana LEFT']);
    watcher.stop();
  });
});

describe('a cursor whose place is gone', () => {
  const cases: [SnapshotReason, (process: TestRooms, roomId: string) => Promise<unknown>][] = [
    [
      SnapshotReason.TRIMMED,
      ({ connection }, roomId) =>
        connection.collection('room_events').deleteMany({ roomId, seq: { $lte: 3 } }),
    ],
    [SnapshotReason.GAP_TOO_LARGE, (process, roomId) => story(process, roomId, ['a', 'b', 'c', 'd'])],
    [
      // A database from a backup that has grown past the place again: another entry stands there.
      SnapshotReason.EPOCH_CHANGED,
      ({ connection }, roomId) =>
        connection
          .collection('room_events')
          .findOneAndDelete({ roomId, seq: 2 })
          .then((entry) =>
            connection.collection('room_events').insertOne({ ...entry, _id: 'f'.repeat(24) } as never),
          ),
    ],
  ];
  it.each(cases)('is answered by a snapshot that says %s, or by CURSOR_EXPIRED', async (reason, harm) => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database, { replayAtMost: 9 });
    const roomId = await process.addRoom();
    await story(process, roomId, ['ana']);
    const after = await cursorOf(process, roomId);
    await story(process, roomId, ['ben']);
    await harm(process, roomId);
    const watcher = await process.watch({ roomId, after, snapshot: true });
    const [first] = await watcher.atLeast(1);
    expect(first).toMatchObject({ action: 'SNAPSHOT', reason });
    watcher.stop();
    await expect(process.watch({ roomId, after })).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  });

  it('because it is ahead of the log is answered by a snapshot that says so', async () => {
    await using database = await openTestDatabase();
    const before = await TestRooms.open(database);
    const roomId = await before.addRoom();
    await story(before, roomId, ['ana']);
    const after = await cursorOf(before, roomId);
    // As after a restore of yesterday's backup.
    await before.connection.collection('room_events').deleteMany({ roomId });
    await before.connection.collection('participants').deleteMany({ roomId });
    await before.connection
      .collection('rooms')
      .updateOne({ roomId }, { $set: { asOfSeq: 0, participantCount: 0 }, $unset: { asOfEntry: 1 } });
    await before.vanish();
    await using process = await TestRooms.open(database);
    const watcher = await process.watch({ roomId, after, snapshot: true });
    expect((await watcher.atLeast(1))[0]).toMatchObject({ action: 'SNAPSHOT', reason: 'AHEAD' });
    watcher.stop();
  });
});

describe('retention', () => {
  it('keeps the newest entries of a room, and their cursors good', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database, { keepEntries: 4 });
    const roomId = await process.addRoom();
    await story(process, roomId, ['ana', 'ben']);
    const good = await cursorOf(process, roomId);
    await story(process, roomId, ['cleo']);
    await process.rooms.upkeep.runNow('trim');
    expect((await process.log(roomId)).map(({ seq }) => seq)).toEqual([3, 4, 5, 6]);
    const watcher = await process.watch({ roomId, after: good });
    expect(await watcher.told(2)).toEqual(['cleo JOINED', 'cleo LEFT']);
    watcher.stop();
  });

  it('drops what is older than it may be, and the room goes on counting where it was', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database, { keepHours: 1 });
    const roomId = await process.addRoom();
    await story(process, roomId, ['ana']);
    process.clock.moveOn(3_601);
    await process.rooms.upkeep.runNow('trim');
    expect(await process.log(roomId)).toEqual([]);
    await story(process, roomId, ['ben']);
    expect((await process.log(roomId)).map(({ seq }) => seq)).toEqual([3, 4]);
  });
});
