import { type ParticipantAction } from '../../src/rooms/log/participant-update';
import { commandsOf, named, noting } from '../helpers/commands';
import { aService, openTestDatabase, TestRooms } from '../helpers/rooms';
import { itEmbedded } from '../helpers/test-database';

const caller = { kind: 'service', id: 'tests' } as const;
const names = (count: number) => Array.from({ length: count }, (_, index) => `user-${index}`);
const join = ({ rooms }: TestRooms, roomId: string, userId: string, deviceId?: string) =>
  rooms.presence.join({ roomId, userId, ...(deviceId ? { deviceId } : {}) }, caller);
const leave = ({ rooms }: TestRooms, roomId: string, userId: string) =>
  rooms.presence.leave({ roomId, userId }, caller);

async function expectTrue(process: TestRooms, roomId: string): Promise<void> {
  const log = await process.log(roomId);
  const room = await process.stored('rooms', { roomId });
  const present = new Map<string, string>();
  for (const { participant, action, participantCount } of log) {
    if (participant && action === ('LEFT' as ParticipantAction)) present.delete(participant._id);
    else if (participant) present.set(participant._id, participant.userId);
    expect(participantCount).toBe(new Set(present.values()).size);
  }
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
  expect(room).toMatchObject({
    asOfSeq: log.length,
    asOfEntry: log.at(-1)?._id,
    participantCount: new Set(present.values()).size,
  });
  const stored = await process.connection
    .collection('participants')
    .find({ roomId, status: { $ne: 'LEFT' } })
    .toArray();
  expect(stored.map(({ _id }) => String(_id)).sort()).toEqual([...present.keys()].sort());
}

describe('the log of a room', () => {
  it('numbers what happens at once without a gap, and stored room and participants follow', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    await Promise.all(names(50).map((userId) => join(process, roomId, userId)));
    await Promise.all(names(20).map((userId) => leave(process, roomId, userId)));
    expect(await process.log(roomId)).toHaveLength(70);
    await expectTrue(process, roomId);
  });

  it('takes in one insert whatever is asked in the same turn, also by the first who asks', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open({ uri: noting(database.uri) });
    const roomId = await process.addRoom();
    await join(process, roomId, 'ana');
    const commands = await commandsOf(process, () =>
      Promise.all(names(8).map((userId) => join(process, roomId, userId))),
    );
    expect(named(commands, 'room_events')).toEqual(['insert']);
  });

  itEmbedded(
    'is read again for who looks only when somebody, of whatever process, has written an entry',
    async () => {
      await using database = await openTestDatabase();
      await using process = await TestRooms.open({ uri: noting(database.uri) });
      await using other = await TestRooms.open(database);
      const roomId = await process.addRoom();
      await join(process, roomId, 'ana');
      const look = async () => {
        const watcher = await process.watch({ roomId, snapshot: true });
        const [snapshot] = await watcher.atLeast(1);
        watcher.stop();
        return snapshot?.participantCount;
      };
      expect(await look()).toBe(1);
      const quiet = await commandsOf(process, async () => {
        for (let again = 0; again < 3; again += 1) expect(await look()).toBe(1);
      });
      expect(named(quiet, 'room_events')).toEqual([]);
      await join(other, roomId, 'ben');
      expect(await look()).toBe(2);
    },
  );

  it('stays one order without a gap when two processes append to it at once', async () => {
    await using database = await openTestDatabase();
    await using first = await TestRooms.open(database, { severalProcesses: true });
    await using second = await TestRooms.open(database, { severalProcesses: true });
    const roomId = await first.addRoom();
    for (const userId of names(15)) {
      await Promise.all([join(first, roomId, userId, 'phone'), join(second, roomId, userId, 'laptop')]);
    }
    expect(await first.log(roomId)).toHaveLength(30);
    await expectTrue(first, roomId);
  });

  it('keeps one participant where two processes are told of the same device at once', async () => {
    await using database = await openTestDatabase();
    await using first = await TestRooms.open(database);
    await using second = await TestRooms.open(database);
    const roomId = await first.addRoom();
    const both = await Promise.all([join(first, roomId, 'ana'), join(second, roomId, 'ana')]);
    expect(both[0].id).toBe(both[1].id);
    expect(await first.log(roomId)).toHaveLength(1);
  });

  it('refuses one question alone where many are asked at once', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    const asked = [
      join(process, roomId, 'ana'),
      process.rooms.presence.join({ roomId, userId: 'not an id' }, caller),
      join(process, roomId, 'ben'),
    ];
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expectTrue(process, roomId);
  });
});

describe('a process that died', () => {
  /** Puts the stored fold back to where it was some entries ago: what a crash right after an insert leaves. */
  async function forgetFold(process: TestRooms, roomId: string, entries: number): Promise<void> {
    await process.folded();
    const log = await process.log(roomId);
    const kept = log.slice(0, log.length - entries);
    const participants = process.connection.collection('participants');
    await participants.deleteMany({ roomId });
    const latest = new Map(kept.map(({ participant }) => [participant?._id, participant]));
    for (const participant of latest.values()) await participants.insertOne({ ...participant } as never);
    await process.connection.collection('rooms').updateOne(
      { roomId },
      {
        $set: {
          asOfSeq: kept.length,
          participantCount: kept.at(-1)?.participantCount ?? 0,
          asOfEntry: kept.at(-1)?._id,
        },
      },
    );
  }

  it('after the insert and before the fold has lost nothing: the next start brings room and participants up to it', async () => {
    await using database = await openTestDatabase();
    const before = await TestRooms.open(database);
    const roomId = await before.addRoom();
    for (const userId of names(4)) await join(before, roomId, userId);
    await leave(before, roomId, 'user-1');
    await leave(before, roomId, 'user-3');
    await forgetFold(before, roomId, 3);
    await before.vanish();
    await using after = await TestRooms.open(database, { clock: before.clock });
    await expectTrue(after, roomId);
    expect((await after.rooms.rooms.find(roomId, aService))?.participantCount).toBe(2);
  });

  it('between the participants and the room has lost nothing either', async () => {
    await using database = await openTestDatabase();
    const before = await TestRooms.open(database);
    const roomId = await before.addRoom();
    for (const userId of names(4)) await join(before, roomId, userId);
    await leave(before, roomId, 'user-1');
    const second = (await before.log(roomId))[1];
    await before.folded();
    await before.connection
      .collection('rooms')
      .updateOne({ roomId }, { $set: { asOfSeq: 2, participantCount: 2, asOfEntry: second?._id } });
    await before.vanish();
    await using after = await TestRooms.open(database, { clock: before.clock });
    await expectTrue(after, roomId);
  });

  it('between the participants and the room takes nobody who left and came back for gone', async () => {
    await using database = await openTestDatabase();
    const before = await TestRooms.open(database);
    const roomId = await before.addRoom();
    for (let n = 0; n < 2; n += 1) {
      await join(before, roomId, 'ana');
      await leave(before, roomId, 'ana');
    }
    const there = await join(before, roomId, 'ana');
    await before.folded();
    await before.connection
      .collection('rooms')
      .updateOne({ roomId }, { $set: { asOfSeq: 0, participantCount: 0 }, $unset: { asOfEntry: 1 } });
    await before.vanish();

    await using after = await TestRooms.open(database, { clock: before.clock });
    expect(await join(after, roomId, 'ana')).toMatchObject({ _id: there._id });
    expect(await after.log(roomId)).toHaveLength(5);
    await leave(after, roomId, 'ana');
    await after.folded();
    expect(await after.stored('rooms', { roomId })).toMatchObject({ asOfSeq: 6, participantCount: 0 });
  });

  it('and does not come back is missed by nobody: another one, which noted its own folds all along, repairs what it left', async () => {
    await using database = await openTestDatabase();
    const before = await TestRooms.open(database, { leaseSeconds: 86_400 });
    const { clock } = before;
    await using other = await TestRooms.open(database, { clock, leaseSeconds: 86_400 });
    const roomId = await before.addRoom();
    for (const userId of names(4)) await join(before, roomId, userId);
    await forgetFold(before, roomId, 2);
    await before.vanish();
    clock.moveOn(30 * 60);
    await other.rooms.upkeep.runNow('checkpoint');
    await other.rooms.upkeep.runNow('abandoned folds');
    await expectTrue(other, roomId);
    const notes = other.connection.collection('settings').find({ _id: /^fold checkpoint/ } as never);
    expect(await notes.toArray()).toHaveLength(1);
  });

  it('leaves a log that was cut off before the fold took it in: the room goes on in a new epoch', async () => {
    await using database = await openTestDatabase();
    const before = await TestRooms.open(database);
    const roomId = await before.addRoom();
    for (const userId of names(4)) await join(before, roomId, userId);
    const { cursor } = await cursorOf(before, roomId);
    await forgetFold(before, roomId, 4);
    await before.connection.collection('room_events').deleteMany({ roomId, seq: { $lte: 2 } });
    await before.vanish();
    await using after = await TestRooms.open(database, { clock: before.clock });
    // What the rest of the log says is known; what was cut off is gone for good, and nobody is told otherwise.
    const watcher = await after.watch({ roomId, after: cursor, snapshot: true });
    const [marker] = await watcher.atLeast(1);
    expect(marker).toMatchObject({ action: 'SNAPSHOT', reason: 'EPOCH_CHANGED', participantCount: 2 });
    await join(after, roomId, 'zoe');
    expect(await watcher.told(2)).toEqual(['SNAPSHOT', 'zoe JOINED']);
    watcher.stop();
  });
});

async function cursorOf({ rooms }: TestRooms, roomId: string) {
  const room = await rooms.rooms.find(roomId, aService);
  if (!room) throw new Error('no room');
  return { cursor: rooms.rooms.cursorOf(room) };
}
