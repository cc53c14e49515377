import { openTestDatabase, TestRooms } from '../helpers/rooms';

const caller = { kind: 'service', id: 'tests' } as const;
const KEPT = 8;

/** What 100ms tells of one user whose client comes back with another peer each time. */
function restlessUser(process: TestRooms, roomId: string) {
  const tell = async (to: TestRooms, type: string, at: number, more: object = {}): Promise<void> => {
    const data = {
      room_id: roomId,
      session_id: 's1',
      peer_id: `p${at}`,
      user_id: 'ana',
      role: 'guest',
      ...more,
    };
    await to.webhook(type, data);
    await to.rooms.inbox.settled();
  };
  const joinedAt: string[] = [];
  const joins = async (at: number): Promise<void> => {
    process.clock.moveOn(2);
    joinedAt[at] = process.clock.now().toISOString();
    await tell(process, 'peer.join.success', at, { joined_at: joinedAt[at] });
  };
  const lost = async (at: number): Promise<void> => {
    process.clock.moveOn(2);
    const left_at = process.clock.now().toISOString();
    await tell(process, 'peer.leave.success', at, {
      joined_at: joinedAt[at],
      left_at,
      reason: 'websocket closed',
    });
  };
  /** Everything that 100ms could tell of a peer once more, as other events. */
  const lateNews = async (to: TestRooms, at: number): Promise<void> => {
    const times = { joined_at: joinedAt[at], left_at: joinedAt[at], role_changed_at: joinedAt[at] };
    await tell(to, 'peer.join.success', at, times);
    await tell(to, 'role.change.success', at, { ...times, role: 'host' });
    await tell(to, 'peer.leave.success', at, { ...times, reason: 'websocket closed' });
    await tell(to, 'peer.leave.success', at, { ...times, reason: 'client request' });
  };
  return { joins, lost, lateNews, tell };
}

const actions = async (process: TestRooms, roomId: string) =>
  (await process.log(roomId)).map(({ action }) => action);

describe('a participant that reconnects 20 times', () => {
  it('as a peer keeps its id and its newest keys, and each entry has one', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    const user = restlessUser(process, roomId);
    await user.joins(0);
    for (let at = 1; at <= 20; at += 1) {
      await user.lost(at - 1);
      await user.joins(at);
    }
    const log = await process.log(roomId);
    expect(log.map(({ action }) => action).filter((action) => action === 'RECONNECTED')).toHaveLength(20);
    expect(new Set(log.map(({ participant }) => participant?._id)).size).toBe(1);
    expect(log.map(({ participant }) => participant?.keys.length)).toEqual(log.map(() => 1));
    const stored = await process.stored('participants', { roomId });
    const peers = (stored['keys'] as string[]).filter((key) => key.startsWith('peer '));
    expect(peers).toEqual(Array.from({ length: KEPT }, (_, at) => `peer s1 p${20 - KEPT + 1 + at}`));
    expect((stored['keys'] as string[]).length).toBeLessThanOrEqual(KEPT + 1);
  });

  it('ignores late news of a key that was dropped, and of one that is kept: present, after a restart, and after it left', async () => {
    await using database = await openTestDatabase();
    const process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    const user = restlessUser(process, roomId);
    await user.joins(0);
    for (let at = 1; at <= 20; at += 1) {
      await user.lost(at - 1);
      await user.joins(at);
    }
    const before = await actions(process, roomId);
    const every = [0, 1, 10, 11, 12, 13, 19];
    for (const at of every) await user.lateNews(process, at);
    expect(await actions(process, roomId)).toEqual(before);
    await process.folded();
    await process[Symbol.asyncDispose]();
    await using after = await TestRooms.open(database, { clock: process.clock });
    for (const at of every) await user.lateNews(after, at);
    expect(await actions(after, roomId)).toEqual(before);
    await user.tell(after, 'peer.leave.success', 20, { reason: 'client request' });
    expect(await actions(after, roomId)).toEqual([...before, 'LEFT']);
    await after.folded();
    for (const at of every) await user.lateNews(after, at);
    expect(await actions(after, roomId)).toEqual([...before, 'LEFT']);
    // Another device of the user, which joins now, is none of that.
    await user.tell(after, 'peer.join.success', 99, { joined_at: after.clock.now().toISOString() });
    expect(await actions(after, roomId)).toEqual([...before, 'LEFT', 'JOINED']);
  });

  it('keeps its newest keys in a process that reads its entries from the log', async () => {
    await using database = await openTestDatabase();
    await using here = await TestRooms.open(database, { severalProcesses: true });
    await using there = await TestRooms.open(database, { severalProcesses: true, clock: here.clock });
    const roomId = await here.addRoom();
    const user = restlessUser(here, roomId);
    await user.joins(0);
    // From now on the other process follows entry by entry.
    await there.rooms.presence.join({ roomId, userId: 'ben' }, caller);
    for (let at = 1; at <= 20; at += 1) {
      await user.lost(at - 1);
      await user.joins(at);
    }
    await there.rooms.presence.join({ roomId, userId: 'cleo' }, caller);
    const before = await actions(there, roomId);
    for (const at of [0, 11, 12, 13, 19]) await user.lateNews(there, at);
    expect(await actions(there, roomId)).toEqual(before);
    await user.tell(there, 'peer.leave.success', 20, { reason: 'client request' });
    expect(await actions(there, roomId)).toEqual([...before, 'LEFT']);
  });

  it('as a socket keeps its id and its newest keys', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const { presence } = process.rooms;
    const roomId = await process.addRoom();
    const socket = (at: number) => ({ roomId, userId: 'ana', socketId: `s${at}` });
    const first = await presence.begin(socket(0), caller);
    for (let at = 1; at <= 20; at += 1) {
      await presence.lost(socket(at - 1));
      expect((await presence.begin(socket(at), caller)).id).toBe(first.id);
    }
    const stored = await process.stored('participants', { roomId });
    expect(stored['keys']).toEqual(
      Array.from({ length: KEPT }, (_, at) => `socket ana s${20 - KEPT + 1 + at}`),
    );
    expect(await presence.lost(socket(0))).toBeNull();
    await presence.end(socket(20));
    expect((await actions(process, roomId)).at(-1)).toBe('LEFT');
  });
});

it('reads participants and entries that were stored with all their keys', async () => {
  await using database = await openTestDatabase();
  const older = await TestRooms.open(database);
  const roomId = await older.addRoom();
  const user = restlessUser(older, roomId);
  await user.joins(0);
  await older.folded();
  const keys = Array.from({ length: 100 }, (_, at) => `peer s1 p${at}`);
  await older.connection.collection('participants').updateOne({ roomId }, { $set: { keys } });
  await older.connection
    .collection('room_events')
    .updateOne({ roomId }, { $set: { 'participant.keys': keys } });
  await older[Symbol.asyncDispose]();
  await using process = await TestRooms.open(database, { clock: older.clock });
  // Neither of them is what its presence hangs on.
  for (const at of [0, 50]) await user.tell(process, 'peer.leave.success', at, { reason: 'client request' });
  expect(await actions(process, roomId)).toEqual(['JOINED']);
  await user.tell(process, 'peer.leave.success', 99, { reason: 'websocket closed' });
  await user.tell(process, 'peer.join.success', 100, { joined_at: process.clock.now().toISOString() });
  expect(await actions(process, roomId)).toEqual(['JOINED', 'RECONNECTING', 'RECONNECTED']);
  const stored = await process.stored('participants', { roomId });
  expect((stored['keys'] as string[]).length).toBeLessThanOrEqual(KEPT + 1);
});
