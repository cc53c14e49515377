import { Types } from 'mongoose';
import { MemoryBus } from '../../src/events/memory-bus';
import type { RoomEvent } from '../../src/rooms/log/room-event.model';
import { topicOf } from '../../src/rooms/log/room-log';
import { Collected } from '../helpers/collected';
import { commandsOf, named, noting } from '../helpers/commands';
import { aService, openTestDatabase, TestRooms } from '../helpers/rooms';

/** A bus of several processes in one: what is published at one end is heard at all. */
class JoinedBus extends MemoryBus {
  constructor(private readonly ends: JoinedBus[] = []) {
    super((error) => {
      throw error;
    });
    ends.push(this);
  }

  another(): JoinedBus {
    return new JoinedBus(this.ends);
  }

  override async publish(topic: string, message: unknown): Promise<void> {
    for (const end of this.ends) end.publishHere(topic, message);
  }
}

/** Several processes on one database, what each asks of it, and what a listener elsewhere hears of a room. */
async function openProcesses(count = 2, joined = false) {
  const database = await openTestDatabase();
  const uri = noting(database.uri);
  const bus = new JoinedBus();
  const processes: TestRooms[] = [];
  for (let n = 0; n < count; n += 1) {
    processes.push(
      await TestRooms.open({ uri }, { severalProcesses: true, ...(joined ? { bus: bus.another() } : {}) }),
    );
  }
  const [first, second] = processes as [TestRooms, TestRooms];
  const roomId = await first.addRoom();
  const heard = new Collected<string>();
  await bus.subscribe(topicOf(roomId), (message: unknown) => {
    for (const { seq, participant } of message as RoomEvent[]) heard.add(`${seq} ${participant?.userId}`);
  });
  const close = async () => {
    for (const process of processes) await process[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  };
  return { processes, first, second, roomId, bus, heard, [Symbol.asyncDispose]: close };
}

const join = ({ rooms }: TestRooms, roomId: string, userId: string) =>
  rooms.presence.join({ roomId, userId }, aService);
const leave = ({ rooms }: TestRooms, roomId: string, userId: string) =>
  rooms.presence.leave({ roomId, userId }, aService);

/** Who is in the room and how many, as a process says it from memory; and by the log itself. */
async function saidOf(process: TestRooms, roomId: string) {
  const watcher = await process.watch({ roomId, snapshot: true });
  const [snapshot] = await watcher.atLeast(1);
  watcher.stop();
  const users = snapshot?.participants?.map(({ userId }) => userId).sort();
  return { users, count: snapshot?.participantCount };
}

/** An entry that another process committed and then died, before it could fold or tell it. */
async function commitAndDie(process: TestRooms, roomId: string, userId: string): Promise<void> {
  const last = (await process.log(roomId)).at(-1) as RoomEvent;
  const seq = last.seq + 1;
  const id = new Types.ObjectId().toHexString();
  const participant = {
    ...last.participant,
    _id: id,
    userId,
    keys: [`device:${userId}:default`],
    asOfSeq: seq,
  };
  const participantCount = last.participantCount + 1;
  const entry = { ...last, _id: new Types.ObjectId().toHexString(), seq, participant, participantCount };
  await process.connection.collection('room_events').insertOne(entry as never);
}

/** What the second process asks to let somebody in, where the first was the last to write. */
async function asLastButOne({ first, second, roomId }: Awaited<ReturnType<typeof openProcesses>>) {
  await join(second, roomId, 'ana');
  await join(first, roomId, 'ben');
  return commandsOf(second, () => join(second, roomId, 'cleo'));
}

describe('a process that was not the last to write to a room', () => {
  it('reads what the other one wrote, and not the room anew', async () => {
    await using world = await openProcesses();
    const { second, roomId } = world;
    const commands = await asLastButOne(world);
    expect(named(commands, 'room_events')).toEqual(['insert', 'find', 'insert']);
    expect(commands.filter(({ name }) => name === 'find').map(({ collection }) => collection)).not.toContain(
      'participants',
    );
    expect(named(commands, 'rooms')).not.toContain('find');
    expect(await saidOf(second, roomId)).toEqual({ users: ['ana', 'ben', 'cleo'], count: 3 });
  });

  it('folds what it wrote itself, and nothing that the other one has folded', async () => {
    await using world = await openProcesses();
    const { second, roomId } = world;
    const commands = await asLastButOne(world);
    const updated = (collection: string) =>
      commands.filter(({ name, ...each }) => name === 'update' && each.collection === collection);
    expect(updated('participants').map(({ updates }) => updates.length)).toEqual([1]);
    expect(updated('rooms')).toHaveLength(1);
    expect(await second.stored('rooms', { roomId })).toMatchObject({ asOfSeq: 3, participantCount: 3 });
  });

  it('tells nobody again what the other one has told', async () => {
    await using world = await openProcesses(2, true);
    const { first, second, roomId, heard } = world;
    for (const n of [1, 2, 3]) {
      await join(first, roomId, `one-${n}`);
      await join(second, roomId, `two-${n}`);
    }
    expect(heard.items).toEqual(['1 one-1', '2 two-1', '3 one-2', '4 two-2', '5 one-3', '6 two-3']);
  });

  it('takes back what it had decided, so that who is there is what the log says', async () => {
    await using world = await openProcesses(3);
    const { processes, roomId } = world;
    const users = ['ana', 'ben', 'cleo', 'dan'];
    for (let round = 0; round < 12; round += 1) {
      await Promise.all(
        processes.map((process, n) => {
          const userId = users[(round * (n + 1) + n) % users.length] ?? '';
          return (round + n) % 3 === 0 ? leave(process, roomId, userId) : join(process, roomId, userId);
        }),
      );
    }
    const log = await processes[0]?.log(roomId);
    expect(log?.map(({ seq }) => seq)).toEqual(log?.map((_, index) => index + 1));
    const present = new Map(log?.map(({ participant }) => [participant?.userId, participant?.status]));
    const there = [...present].flatMap(([userId, status]) => (status === 'LEFT' ? [] : [userId])).sort();
    for (const process of processes) {
      expect(await saidOf(process, roomId)).toEqual({ users: there, count: there.length });
    }
  });
});

describe('a process that watches a room', () => {
  it('loses no insert to others whose entries it has heard of', async () => {
    await using world = await openProcesses(2, true);
    const { first, second, roomId } = world;
    const watcher = await second.watch({ roomId });
    await join(first, roomId, 'ana');
    await watcher.atLeast(1);
    const commands = await commandsOf(second, () => join(second, roomId, 'ben'));
    expect(named(commands, 'room_events')).toEqual(['find', 'insert']);
    watcher.stop();
  });

  it('believes no message about where a log ends: it looks', async () => {
    await using world = await openProcesses(2, true);
    const { first, second, roomId, bus } = world;
    const watcher = await second.watch({ roomId });
    await join(first, roomId, 'ana');
    const [entry] = await first.log(roomId);
    await bus.publish(topicOf(roomId), [{ ...entry, seq: 1_000 }]);
    await join(second, roomId, 'ben');
    expect((await first.log(roomId)).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await watcher.told(2)).toEqual(['ana JOINED', 'ben JOINED']);
    watcher.stop();
  });
});

describe('what a process committed that died before it folded it', () => {
  it('is folded and told by who comes next to write', async () => {
    await using world = await openProcesses(2, true);
    const { first, second, roomId, heard } = world;
    await join(first, roomId, 'ana');
    await join(second, roomId, 'ben');
    await commitAndDie(first, roomId, 'dead');
    await join(second, roomId, 'cleo');
    expect(await second.stored('rooms', { roomId })).toMatchObject({ asOfSeq: 4, participantCount: 4 });
    expect(await second.stored('participants', { roomId, userId: 'dead' })).toMatchObject({ asOfSeq: 3 });
    expect(heard.items).toEqual(['1 ana', '2 ben', '3 dead', '4 cleo']);
    expect(second.reports).toEqual([]);
  });

  it('is folded and told by who comes next to look', async () => {
    await using world = await openProcesses(2, true);
    const { first, second, roomId, heard } = world;
    await join(second, roomId, 'ana');
    await commitAndDie(first, roomId, 'dead');
    expect(await saidOf(second, roomId)).toEqual({ users: ['ana', 'dead'], count: 2 });
    expect(await second.stored('rooms', { roomId })).toMatchObject({ asOfSeq: 2, participantCount: 2 });
    expect(heard.items).toEqual(['1 ana', '2 dead']);
  });
});
