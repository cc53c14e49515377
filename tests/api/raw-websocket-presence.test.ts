import { grantId } from '../../src/rooms/access/room-grant.model';
import type { RoomFeed } from '../../src/rooms/feed/room-feed';
import { type Asked, overHttp } from '../helpers/doors';
import { authSecret, loginOf, serviceKey } from '../helpers/logins';
import { RawSession } from '../helpers/raw-session';
import { RawSocket } from '../helpers/raw-socket';
import { aService, openTestDatabase, TestRooms } from '../helpers/rooms';
import { startTestService } from '../helpers/service';

const settings = {
  AUTH_SECRET: authSecret,
  SERVICE_KEYS: serviceKey,
  LIMIT_OPERATIONS_PER_SECOND: '1000000',
};
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

/** A service with a room, and what its back end and its users do there. */
class Scene {
  private constructor(
    readonly url: string,
    readonly roomId: string,
  ) {}

  static async open(url: string, access: string): Promise<Scene> {
    const scene = new Scene(url, '');
    const input = { name: 'Raw', access };
    return new Scene(url, (await scene.mutate('createRoom', 'CreateRoomInput', input))?.id ?? '');
  }

  async mutate(name: string, type: string, input: object): Promise<{ id: string } | null> {
    const asked: Asked = {
      query: `mutation ($input: ${type}!) { ${name}(input: $input) { id } }`,
      variables: { input },
    };
    const { outcome, data } = await overHttp(this.url, `Bearer ${serviceKey}`, asked);
    if (outcome !== 'ok') throw new Error(`${name}: ${outcome}`);
    return data?.[name] as { id: string } | null;
  }

  invite(userId: string) {
    return this.mutate('grantRoomRole', 'GrantRoomRoleInput', {
      roomId: this.roomId,
      userId,
      role: 'MEMBER',
    });
  }

  uninvite(userId: string) {
    return this.mutate('revokeRoomRole', 'RevokeRoomRoleInput', { roomId: this.roomId, userId });
  }

  join(userId: string, deviceId?: string) {
    return this.mutate('joinRoom', 'JoinRoomInput', { roomId: this.roomId, userId, deviceId });
  }

  /** A device leaves and is back at once, in one request. */
  async rejoin(userId: string, deviceId: string): Promise<void> {
    const input = { roomId: this.roomId, userId, deviceId };
    const query = `mutation ($leave: LeaveRoomInput!, $join: JoinRoomInput!) {
      leaveRoom(input: $leave) { id }
      joinRoom(input: $join) { id }
    }`;
    const asked = { query, variables: { leave: input, join: input } };
    expect((await overHttp(this.url, `Bearer ${serviceKey}`, asked)).outcome).toBe('ok');
  }

  async present(): Promise<string[]> {
    const query = `{ room(id: "${this.roomId}") { participants { userId } } }`;
    const { data } = await overHttp(this.url, `Bearer ${serviceKey}`, { query });
    const room = data?.['room'] as { participants: { userId: string }[] } | undefined;
    return (room?.participants ?? []).map(({ userId }) => userId);
  }

  /** A user's socket that has joined the room. */
  async inside(userId: string, deviceId?: string): Promise<RawSocket> {
    const socket = await RawSocket.open(this.url, bearer(loginOf(userId)));
    socket.send('join', { roomId: this.roomId, userId, deviceId });
    await socket.nth('update', 1);
    return socket;
  }

  async watcher(): Promise<RawSocket> {
    const socket = await RawSocket.open(this.url, bearer(serviceKey));
    socket.send('watch', { roomId: this.roomId });
    // Answered after the watch has begun.
    socket.send('leave', { roomId: this.roomId, userId: 'nobody' });
    await socket.nth('error', 1);
    return socket;
  }
}

describe('a user inside by a raw WebSocket who may no longer see the room', () => {
  it('leaves at once when they are uninvited, while their socket stays open', async () => {
    await using service = await startTestService(settings);
    const scene = await Scene.open(service.url, 'INVITED');
    await scene.invite('mia');
    await scene.invite('max');
    await using watcher = await scene.watcher();
    await using mia = await scene.inside('mia');
    await using max = await scene.inside('max');
    await scene.uninvite('mia');
    expect(await watcher.updates(3)).toEqual([
      ['mia', 'joined'],
      ['max', 'joined'],
      ['mia', 'left'],
    ]);
    expect(await mia.nth('error', 1)).toMatchObject({ code: 'ROOM_NOT_FOUND' });
    expect(await scene.present()).toEqual(['max']);
    expect([mia, max].map(({ socket }) => socket.readyState)).toEqual([1, 1]);
  });

  it('leaves at once when an open room becomes INVITED, however many they are', async () => {
    await using service = await startTestService(settings);
    const scene = await Scene.open(service.url, 'OPEN');
    await scene.invite('max');
    await using max = await scene.inside('max');
    const guests = await Promise.all(Array.from({ length: 20 }, (_, at) => scene.inside(`guest${at}`)));
    await scene.mutate('updateRoom', 'UpdateRoomInput', { id: scene.roomId, access: 'INVITED' });
    await max.updates(41);
    expect(await scene.present()).toEqual(['max']);
    for (const guest of guests) await guest[Symbol.asyncDispose]();
  });

  it('leaves when another instance took the invitation back', async () => {
    await using database = await openTestDatabase();
    await using here = await TestRooms.open(database, { severalProcesses: true });
    await using there = await TestRooms.open(database, { severalProcesses: true, clock: here.clock });
    const roomId = await here.addRoom({ access: 'INVITED' });
    const mia = { roomId, userId: 'mia' };
    await here.connection
      .collection('room_grants')
      .insertOne({ ...mia, _id: grantId(roomId, 'mia') as never, role: 'MEMBER', hmsRoles: ['guest'] });
    const session = new RawSession(there, { caller: { kind: 'user', id: 'mia' } });
    await session.send('join', mia);
    const watcher = await here.watch({ roomId });
    await here.rooms.invitations.revoke(mia, aService);
    await there.rooms.upkeep.runNow('access');
    expect(await watcher.told(1)).toEqual(['mia LEFT']);
  });

  it('is not renewed by that socket once they are invited and join by another way', async () => {
    await using service = await startTestService({ ...settings, PRESENCE_LEASE_SECONDS: '1' });
    const scene = await Scene.open(service.url, 'INVITED');
    await scene.invite('mia');
    await using watcher = await scene.watcher();
    await using _mia = await scene.inside('mia', 'phone');
    await scene.uninvite('mia');
    await watcher.updates(2);
    await scene.invite('mia');
    // With a lease that nothing renews: her socket, still open, has nothing to do with this presence.
    await scene.join('mia', 'phone');
    expect(await watcher.updates(4)).toEqual([
      ['mia', 'joined'],
      ['mia', 'left'],
      ['mia', 'joined'],
      ['mia', 'left'],
    ]);
  });
});

describe('a device that rejoins by another way', () => {
  it('stays when the socket that began its first presence receives the end of that one', async () => {
    await using service = await startTestService(settings);
    const scene = await Scene.open(service.url, 'OPEN');
    for (let round = 1; round <= 10; round += 1) {
      await using socket = await scene.inside(`ana${round}`, 'phone');
      await scene.rejoin(`ana${round}`, 'phone');
      await socket.nth('update', 2);
      // Whatever the socket did about it is done when this is answered.
      socket.send('leave', { roomId: scene.roomId, userId: 'nobody' });
      await socket.nth('error', 1);
      expect(await scene.present()).toContain(`ana${round}`);
    }
  });

  it('stays when that socket closes before it receives the end', async () => {
    await using database = await openTestDatabase();
    await using here = await TestRooms.open(database, { severalProcesses: true });
    await using there = await TestRooms.open(database, { severalProcesses: true });
    const device = { userId: 'ana', deviceId: 'phone' };
    for (const how of ['end', 'lost'] as const) {
      const roomId = await here.addRoom();
      const first = await here.rooms.presence.begin({ roomId, socketId: 's1', ...device }, aService);
      await there.rooms.presence.leave({ roomId, ...device }, aService);
      const second = await there.rooms.presence.join({ roomId, ...device }, aService);
      expect(second.id).not.toBe(first.id);
      expect(await here.rooms.presence[how]({ roomId, socketId: 's1', ...device })).toBeNull();
      expect((await here.log(roomId)).map(({ action }) => action)).toEqual(['JOINED', 'LEFT', 'JOINED']);
    }
  });

  it('is renewed by the socket on which it rejoins, when that is the same one', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const { presence } = process.rooms;
    const device = { roomId: await process.addRoom(), userId: 'ana', deviceId: 'phone' };
    const session = new RawSession(process);
    await session.send('join', device);
    // Both in one commit, so that the socket is told of the leave when its second join is under way or answered.
    await Promise.all([presence.leave(device, aService), session.send('join', device)]);
    expect(await session.updates(3)).toEqual(['ana joined', 'ana left', 'ana joined']);
    process.clock.moveOn(60);
    await presence.renewHeld();
    process.clock.moveOn(60);
    await presence.endOverdue();
    expect((await process.log(device.roomId)).map(({ action }) => action)).toEqual([
      'JOINED',
      'LEFT',
      'JOINED',
    ]);
    await session.closed('left');
    expect((await process.log(device.roomId)).at(-1)?.action).toBe('LEFT');
  });
});

describe('after its own left a socket', () => {
  it('receives no more updates, though there were more in the same commit', async () => {
    await using service = await startTestService(settings);
    const scene = await Scene.open(service.url, 'OPEN');
    await using ana = await scene.inside('ana');
    await using ben = await scene.inside('ben');
    await scene.join('cleo');
    await ana.updates(3);
    await scene.mutate('endRoom', 'EndRoomInput', { roomId: scene.roomId });
    for (const socket of [ana, ben]) {
      socket.send('leave', { roomId: scene.roomId, userId: 'nobody' });
      await socket.nth('error', 1);
    }
    expect((await ana.updates(4)).slice(3)).toEqual([['ana', 'left']]);
    expect((await ben.updates(4)).slice(2)).toEqual([
      ['ana', 'left'],
      ['ben', 'left'],
    ]);
  });

  it('receives closed, where the room closed in the same commit', async () => {
    await using service = await startTestService(settings);
    const scene = await Scene.open(service.url, 'OPEN');
    await using ana = await scene.inside('ana');
    await scene.join('ben');
    await ana.updates(2);
    await scene.mutate('endRoom', 'EndRoomInput', { roomId: scene.roomId, lock: true });
    await ana.nth('closed', 1);
    expect(await ana.updates(3)).toEqual([
      ['ana', 'joined'],
      ['ben', 'joined'],
      ['ana', 'left'],
    ]);
  });

  it('receives no join that is committed together with its leave', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    const session = new RawSession(process);
    await session.send('join', { roomId, userId: 'ana' });
    await session.updates(1);
    const leaving = session.send('leave', { roomId, userId: 'ana' });
    // In the same tick, and so in the same commit, behind the leave.
    await new Promise((resolve) => queueMicrotask(() => globalThis.process.nextTick(resolve)));
    const users = ['ben', 'cleo', 'dan'];
    await Promise.all(users.map((userId) => process.rooms.presence.join({ roomId, userId }, aService)));
    await leaving;
    expect((await process.log(roomId)).map(({ action }) => action)).toEqual([
      'JOINED',
      'LEFT',
      ...users.map(() => 'JOINED'),
    ]);
    await session.send('watch', { roomId });
    await process.rooms.presence.join({ roomId, userId: 'eve' }, aService);
    expect(await session.updates(3)).toEqual(['ana joined', 'ana left', 'eve joined']);
  });
});

it('keeps the presences it began when its stream of updates fails, and ends them when it closes', async () => {
  await using database = await openTestDatabase();
  await using process = await TestRooms.open(database);
  const roomId = await process.addRoom();
  let breakStream = (_error: Error): void => undefined;
  const broken = new Promise<never>((_, reject) => {
    breakStream = reject;
  });
  broken.catch(() => undefined);
  const follow: RoomFeed['follow'] = async (...asked) => {
    const stream = await process.rooms.feed.follow(...asked);
    const next = () => Promise.race([stream.next(), broken]);
    return Object.assign(Object.create(stream), { next });
  };
  const session = new RawSession(process, { feed: { follow } as RoomFeed });
  await session.send('join', { roomId, userId: 'ana' });
  await session.updates(1);
  breakStream(new Error('the database was gone for a moment'));
  await session.first(({ event }) => event === 'error');
  expect((await process.log(roomId)).map(({ action }) => action)).toEqual(['JOINED']);
  await session.closed('left');
  expect((await process.log(roomId)).map(({ action }) => action)).toEqual(['JOINED', 'LEFT']);
});
