import { InvitedRole, RoomAccess } from '../../src/rooms/access/room-grant.model';
import { LeftReason, Participant } from '../../src/rooms/participant.model';
import { reasonOfLeave } from '../../src/rooms/presence/peer-rules';
import { openDoorWorld } from '../helpers/door-world';
import { overHttp } from '../helpers/doors';
import { RawSession } from '../helpers/raw-session';
import { aService, openTestDatabase, TestRooms } from '../helpers/rooms';
import { startTestService } from '../helpers/service';

const peer = (roomId: string, userId: string) => ({
  ...{ room_id: roomId, session_id: 's1', peer_id: `peer of ${userId}`, user_id: userId },
  joined_at: '2026-01-01T10:00:00Z',
});

/** A room in which ana is a peer of 100ms, and ben reported himself. */
async function openRoom(process: TestRooms): Promise<string> {
  const roomId = await process.addRoom();
  await process.webhook('peer.join.success', peer(roomId, 'ana'));
  await process.rooms.presence.join({ roomId, userId: 'ben' }, aService);
  await process.rooms.inbox.settled();
  return roomId;
}

async function reasonsIn(process: TestRooms, roomId: string): Promise<(string | undefined)[]> {
  await process.rooms.inbox.settled();
  const log = await process.log(roomId);
  const gone = log.filter(({ action }) => action === 'LEFT');
  return gone.map(({ participant }) => `${participant?.userId} ${participant?.leftReason}`);
}

type End = (process: TestRooms, roomId: string) => Promise<unknown>;
const leaves =
  (reason: string | undefined): End =>
  (process, roomId) =>
    process.webhook('peer.leave.success', {
      ...peer(roomId, 'ana'),
      left_at: '2026-01-01T10:00:00Z',
      reason,
    });
const ends: [string, End, string[]][] = [
  ['a client of 100ms that leaves', leaves('client request'), ['ana LEFT']],
  ['a peer who was removed by a moderator', leaves('peer kicked'), ['ana REMOVED']],
  ['a peer who was removed by 100ms', leaves('server removed peer'), ['ana REMOVED']],
  ['a reason that 100ms does not document', leaves('abducted'), ['ana UNKNOWN']],
  ['no reason at all', leaves(undefined), ['ana UNKNOWN']],
  [
    'a connection that is lost and does not come back',
    async (process, roomId) => {
      await leaves('websocket closed')(process, roomId);
      await process.rooms.inbox.settled();
      process.clock.moveOn(6);
      await process.rooms.presence.endOverdue();
    },
    ['ana LOST'],
  ],
  [
    'a session that closes',
    (process, roomId) => process.webhook('session.close.success', peer(roomId, 'ana')),
    ['ana SESSION_ENDED'],
  ],
  [
    'a room that a moderator ends, whose peers 100ms removes',
    async (process, roomId) => {
      await process.webhook('room.end.success', peer(roomId, 'ana'));
      await process.rooms.inbox.settled();
      await leaves('peer kicked')(process, roomId);
    },
    ['ana SESSION_ENDED'],
  ],
  [
    'a user who leaves by their own report',
    (process, roomId) => process.rooms.presence.leave({ roomId, userId: 'ben' }, aService),
    ['ben LEFT'],
  ],
  [
    'a lease that is not renewed',
    async (process) => {
      process.clock.moveOn(91);
      await process.rooms.presence.endOverdue();
    },
    ['ben LEASE_EXPIRED'],
  ],
];

describe('the reason of a leave', () => {
  it.each(ends)('is stored for %s', async (_, end, expected) => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await openRoom(process);
    await end(process, roomId);
    expect(await reasonsIn(process, roomId)).toEqual(expected);
    const [userId, leftReason] = expected[0]?.split(' ') ?? [];
    expect(await process.stored('participants', { roomId, userId })).toMatchObject({ leftReason });
  });

  it('is REMOVED for a banned user, also where only a comparison finds that they are gone', async () => {
    await using world = await openDoorWorld();
    const { id: roomId } = await world.process(0).rooms.rooms.create({ name: 'Standup' }, aService);
    world.joins(roomId, 'ana');
    world.joins(roomId, 'ben');
    await world.process(0).rooms.presence.join({ roomId, userId: 'ana' }, aService);
    await world.quiet();
    world.setFate(() => 'lost');
    await world.process(0).rooms.tokenAudit.revoke({ roomId, userId: 'ana' }, aService);
    await world.quiet();
    world.clock.moveOn(30);
    await world.reconcile();
    expect(await reasonsIn(world.process(0), roomId)).toEqual(['ana REMOVED', 'ana REMOVED']);
    world.control.leave(world.control.present(roomId)[0]?.id ?? '');
    world.joins(roomId, 'cleo');
    await world.reconcile();
    world.clock.moveOn(30);
    await world.reconcile();
    expect((await reasonsIn(world.process(0), roomId)).slice(2)).toEqual(['ben UNKNOWN']);
    world.control.leave(world.control.present(roomId)[0]?.id ?? '');
    await world.reconcile();
    expect((await reasonsIn(world.process(0), roomId)).slice(3)).toEqual(['cleo SESSION_ENDED']);
  });

  it('is REMOVED for a user inside by a raw WebSocket whose invitation is taken back', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const { invitations } = process.rooms;
    const roomId = await process.addRoom({ access: RoomAccess.INVITED });
    await invitations.grant({ roomId, userId: 'mia', role: InvitedRole.MEMBER }, aService);
    const watcher = await process.watch({ roomId });
    const session = new RawSession(process, { caller: { kind: 'user', id: 'mia' } });
    await session.send('join', { roomId, userId: 'mia' });
    await invitations.revoke({ roomId, userId: 'mia' }, aService);
    expect(await watcher.told(2)).toEqual(['mia JOINED', 'mia LEFT']);
    expect(await reasonsIn(process, roomId)).toEqual(['mia REMOVED']);
    watcher.stop();
  });

  it('is BLOCKED for a user who was removed and is blocked', () => {
    const kicked = { reason: 'peer kicked', isSessionOver: false };
    expect(reasonOfLeave({ ...kicked, bar: 'blocked' })).toBe(LeftReason.BLOCKED);
    expect(reasonOfLeave({ ...kicked, bar: 'removed' })).toBe(LeftReason.REMOVED);
  });

  it('is UNKNOWN for what was stored before there were reasons', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await openRoom(process);
    const start = (await process.rooms.rooms.find(roomId, aService)) as never;
    await process.rooms.presence.leave({ roomId, userId: 'ben' }, aService);
    await process.folded();
    for (const [collection, field] of [
      ['participants', 'leftReason'],
      ['room_events', 'participant.leftReason'],
    ] as const)
      await process.connection.collection(collection).updateMany({ roomId }, { $unset: { [field]: 1 } });
    await using later = await TestRooms.open(database, { clock: process.clock });
    const room = await later.rooms.rooms.find(roomId, aService);
    const all = await later.rooms.rooms.participants(room as never, { active: false, limit: 10 });
    expect(all.map((each) => [each.userId, each.leftReason])).toEqual([
      ['ana', undefined],
      ['ben', 'UNKNOWN'],
    ]);
    const watcher = await later.watch({ roomId, after: later.rooms.rooms.cursorOf(start) });
    const [left] = await watcher.atLeast(1);
    expect(left?.participant).toBeInstanceOf(Participant);
    expect(left?.participant?.leftReason).toBe('UNKNOWN');
    watcher.stop();
  });

  it('is told by GraphQL and REST, and null for a participant who is present', async () => {
    await using service = await startTestService();
    const ask = async (query: string, variables: object = {}) =>
      (await overHttp(service.url, undefined, { query, variables: { ...variables } })).data as never;
    const { createRoom } = (await ask(
      'mutation { createRoom(input: { name: "Standup" }) { id cursor } }',
    )) as {
      createRoom: { id: string; cursor: string };
    };
    const { id } = createRoom;
    const input = (userId: string) => ({ input: { roomId: id, userId } });
    const join = 'mutation ($input: JoinRoomInput!) { joinRoom(input: $input) { leftReason } }';
    expect(await ask(join, input('ana'))).toEqual({ joinRoom: { leftReason: null } });
    await ask(join, input('ben'));
    await ask('mutation ($input: LeaveRoomInput!) { leaveRoom(input: $input) { leftReason } }', input('ana'));
    const query = 'query ($id: ID!) { room(id: $id) { participants(active: false) { userId leftReason } } }';
    expect(await ask(query, { id })).toEqual({
      room: {
        participants: [
          { userId: 'ben', leftReason: null },
          { userId: 'ana', leftReason: 'LEFT' },
        ],
      },
    });
    const page = await fetch(`${service.url}/rooms/${id}/updates?after=${createRoom.cursor}`);
    const { updates } = (await page.json()) as { updates: { participant: { leftReason: string | null } }[] };
    expect(updates.map(({ participant }) => participant.leftReason)).toEqual([null, null, 'LEFT']);
  });
});
