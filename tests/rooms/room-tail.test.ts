import { driverCommands } from '../../src/database/commands';
import { connectDatabase } from '../../src/database/connect';
import { MemoryBus } from '../../src/events/memory-bus';
import { silentMeter } from '../../src/figures';
import { RoomTail } from '../../src/rooms/feed/room-tail';
import type { RoomEvent } from '../../src/rooms/log/room-event.model';
import { RoomLog, topicOf } from '../../src/rooms/log/room-log';
import { openModels } from '../../src/rooms/models';
import { Collected } from '../helpers/collected';
import { openTestDatabase, TestRooms } from '../helpers/rooms';

const caller = { kind: 'service', id: 'tests' } as const;

/** The log of a process, which answers late when it is told to. */
class LateLog extends RoomLog {
  private held: Promise<void> | undefined;
  private hasRead = (): void => undefined;

  /** Entries are read at once, which `read` tells, and given after `release`. */
  hold(): { read: Promise<void>; release: () => void } {
    let release = (): void => undefined;
    this.held = new Promise((resolve) => {
      release = resolve;
    });
    const read = new Promise<void>((resolve) => {
      this.hasRead = resolve;
    });
    return { read, release };
  }

  override async read(...asked: Parameters<typeof RoomLog.prototype.read>): Promise<RoomEvent[]> {
    const entries = await super.read(...asked);
    this.hasRead();
    await this.held;
    return entries;
  }
}

it('what is appended while a tail reads the log is heard without a further message', async () => {
  await using database = await openTestDatabase();
  await using other = await TestRooms.open(database);
  const roomId = await other.addRoom();
  await using connection = await openConnection(database.uri);
  // It may still look when the connection goes.
  const report = () => undefined;
  const bus = new MemoryBus(report);
  const log = new LateLog({
    models: openModels(connection.opened),
    commands: driverCommands,
    bus: new MemoryBus(report),
    severalProcesses: false,
    now: () => new Date(),
    meter: silentMeter,
    report,
  });
  const tail = new RoomTail(roomId, { log, bus, meter: silentMeter, now: () => new Date(), report });
  await tail.open();
  const heard = new Collected<RoomEvent>();
  tail.attach((entry) => heard.add(entry));

  // A message whose predecessor was lost makes it read the log; one more comes while it does.
  const { read, release } = log.hold();
  await other.rooms.presence.join({ roomId, userId: 'ana' }, caller);
  await bus.publish(topicOf(roomId), 'something was appended');
  await read;
  await other.rooms.presence.join({ roomId, userId: 'ben' }, caller);
  await bus.publish(topicOf(roomId), 'something was appended');
  release();
  const told = await heard.atLeast(2);
  expect(told.map(({ participant }) => participant?.userId)).toEqual(['ana', 'ben']);
  tail.close();
});

it('what another process appended is found without a message after the wall clock was set back by an hour', async () => {
  await using database = await openTestDatabase();
  await using here = await TestRooms.open(database, { severalProcesses: true });
  await using there = await TestRooms.open(database, { severalProcesses: true });
  const roomId = await here.addRoom();
  const watcher = await here.watch({ roomId });
  await there.rooms.presence.join({ roomId, userId: 'ana' }, caller);
  await watcher.atLeast(1);
  const real = Date.now.bind(Date);
  const setBack = jest.spyOn(Date, 'now').mockImplementation(() => real() - 3_600_000);
  try {
    await there.rooms.presence.join({ roomId, userId: 'ben' }, caller);
    expect(await watcher.told(2)).toEqual(['ana JOINED', 'ben JOINED']);
  } finally {
    setBack.mockRestore();
    watcher.stop();
  }
});

async function openConnection(uri: string) {
  const opened = await connectDatabase(uri);
  return { opened, [Symbol.asyncDispose]: () => opened.close() };
}
