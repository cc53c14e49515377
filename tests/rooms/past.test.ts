import { driverCommands } from '../../src/database/commands';
import { connectDatabase } from '../../src/database/connect';
import { MemoryBus } from '../../src/events/memory-bus';
import { silentMeter } from '../../src/figures';
import { Past } from '../../src/rooms/feed/past';
import { RoomLog } from '../../src/rooms/log/room-log';
import { openModels } from '../../src/rooms/models';
import { aService, openTestDatabase, TestRooms } from '../helpers/rooms';

const entries = 250;
const watchers = 30;

/** The log of a process, which counts how often it is read, and how often at the same time. */
class CountingLog extends RoomLog {
  reads = 0;
  mostAtATime = 0;
  private atATime = 0;

  override async read(...asked: Parameters<typeof RoomLog.prototype.read>) {
    this.reads += 1;
    this.atATime += 1;
    this.mostAtATime = Math.max(this.mostAtATime, this.atATime);
    const found = await super.read(...asked);
    this.atATime -= 1;
    return found;
  }
}

/** A room with a past, and a log that nobody has read yet. */
async function openPast() {
  const database = await openTestDatabase();
  const others = await TestRooms.open(database);
  const roomId = await others.addRoom();
  const joins = Array.from({ length: entries }, (_, n) =>
    others.rooms.presence.join({ roomId, userId: `user-${n}` }, aService),
  );
  await Promise.all(joins);
  const [first] = await others.log(roomId);
  const connection = await connectDatabase(database.uri);
  const report = () => undefined;
  const log = new CountingLog({
    models: openModels(connection),
    commands: driverCommands,
    bus: new MemoryBus(report),
    severalProcesses: false,
    now: () => new Date(),
    meter: silentMeter,
    report,
  });
  const close = async () => {
    await connection.close();
    await others[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  };
  return { log, room: { roomId, epoch: first?.epoch ?? '' }, [Symbol.asyncDispose]: close };
}

it('is read once for all who are about as far behind, few pages at a time, and told to each in order', async () => {
  await using opened = await openPast();
  const past = new Past(opened.log);
  const told = await Promise.all(
    Array.from({ length: watchers }, async (_, after) => {
      const seqs: number[] = [];
      for await (const { seq } of past.tell(opened.room, after, entries)) seqs.push(seq);
      return seqs;
    }),
  );
  for (const [after, seqs] of told.entries()) {
    expect(seqs).toEqual(Array.from({ length: entries - after }, (_, n) => after + 1 + n));
  }
  // Each begins on a page of its own, and from the next one on they go together.
  expect(opened.log.reads).toBeLessThanOrEqual(watchers + 10);
  expect(opened.log.mostAtATime).toBe(8);
});

it('lets everybody else have a turn in between, however many are told of it', async () => {
  await using opened = await openPast();
  const past = new Past(opened.log);
  let inThisTurn = 0;
  let most = 0;
  let isOver = false;
  const turn = () => {
    most = Math.max(most, inThisTurn);
    inThisTurn = 0;
    if (!isOver) setImmediate(turn);
  };
  turn();
  await Promise.all(
    Array.from({ length: watchers }, async () => {
      for await (const _ of past.tell(opened.room, 0, entries)) inThisTurn += 1;
    }),
  );
  isOver = true;
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(20);
});

it('keeps no page when those who read it have gone before its end', async () => {
  await using opened = await openPast();
  const past = new Past(opened.log);
  for (let times = 0; times < 3; times += 1) {
    for await (const { seq } of past.tell(opened.room, 0, entries)) if (seq === 5) break;
  }
  expect(opened.log.reads).toBe(3);
});
