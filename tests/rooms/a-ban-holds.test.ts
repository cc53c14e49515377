import { InvitedRole, RoomAccess } from '../../src/rooms/access/room-grant.model';
import { type DoorWorld, openDoorWorld } from '../helpers/door-world';
import { aService } from '../helpers/rooms';

let world: DoorWorld;

const rooms = (index = 0) => world.process(index).rooms;
const newRoom = async (access = RoomAccess.OPEN) =>
  (await rooms().rooms.create({ name: 'Standup', access }, aService)).id;
const remove = (roomId: string, userId: string, index = 0) =>
  rooms(index).tokenAudit.revoke({ roomId, userId }, aService);
const invite = (roomId: string, userId: string) =>
  rooms().invitations.grant({ roomId, userId, role: InvitedRole.MEMBER }, aService);
const uninvite = (roomId: string, userId: string) => rooms().invitations.revoke({ roomId, userId }, aService);

describe('a ban holds', () => {
  beforeAll(async () => {
    world = await openDoorWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());
  beforeEach(() => {
    world.setFate(() => 0);
    world.control.setApiFaults([]);
  });

  /** How the service learns of the join. */
  const webhooks = {
    'by its webhook, on the other process': { fate: 1, rounds: 0 },
    'within one reconciliation, when its webhooks are lost': { fate: 'lost', rounds: 1 },
  } as const;

  describe.each(Object.entries(webhooks))('a user who joins again is removed %s', (_, { fate, rounds }) => {
    const joinsAgain = async (roomId: string, userId: string, token?: string) => {
      world.setFate(() => fate);
      world.joins(roomId, userId, token);
      await world.quiet();
      for (let round = 0; round < rounds; round += 1) await world.reconcile(1);
    };

    it('with the token of before, after revokeTokens in the room', async () => {
      const roomId = await newRoom();
      const token = await world.mint(roomId, 'ana');
      world.joins(roomId, 'ana', token);
      await remove(roomId, 'ana');
      await world.quiet();
      expect(world.inside(roomId)).toEqual([]);
      await joinsAgain(roomId, 'ana', token);
      expect(world.inside(roomId)).toEqual([]);
      world.clock.moveOn(30);
      await world.reconcile();
      expect([await world.shown(roomId, 0), await world.shown(roomId, 1)]).toEqual([[], []]);
    });

    it('by a room code, or by a new token of a service, after revokeTokens in the room', async () => {
      const roomId = await newRoom();
      await remove(roomId, 'ana');
      await joinsAgain(roomId, 'ana');
      await joinsAgain(roomId, 'ana', await world.mint(roomId, 'ana'));
      expect(world.inside(roomId)).toEqual([]);
    });

    it('with the token of before, after revokeTokens in all rooms', async () => {
      const roomId = await newRoom();
      const token = await world.mint(roomId, 'rita');
      world.joins(roomId, 'rita', token);
      await rooms().tokenAudit.revoke({ userId: 'rita' }, aService);
      await joinsAgain(roomId, 'rita', token);
      expect(world.inside(roomId)).toEqual([]);
      // A token that was minted since is enough to stay.
      await joinsAgain(roomId, 'rita', await world.mint(roomId, 'rita'));
      await world.reconcile();
      expect(world.inside(roomId)).toEqual(['rita']);
    });

    it('with the token of before, after their invitation to an INVITED room was taken back', async () => {
      const roomId = await newRoom(RoomAccess.INVITED);
      await invite(roomId, 'ana');
      const token = await world.mint(roomId, 'ana');
      world.joins(roomId, 'ana', token);
      await world.quiet();
      await uninvite(roomId, 'ana');
      await world.quiet();
      expect(world.inside(roomId)).toEqual([]);
      await joinsAgain(roomId, 'ana', token);
      expect(world.inside(roomId)).toEqual([]);
      await invite(roomId, 'ana');
      await joinsAgain(roomId, 'ana', token);
      await world.reconcile();
      expect(world.inside(roomId)).toEqual(['ana']);
    });

    it('when every token that was minted for them had expired before they joined', async () => {
      const roomId = await newRoom();
      await world.mint(roomId, 'ana', 60);
      world.clock.moveOn(120);
      await joinsAgain(roomId, 'ana');
      expect(world.inside(roomId)).toEqual([]);
    });
  });

  it('is shown as left by the second look of a removal, when the webhook of the leave is late, and only once', async () => {
    const roomId = await newRoom();
    world.joins(roomId, 'ana', await world.mint(roomId, 'ana'));
    await world.quiet();
    world.setFate(() => 'late');
    await remove(roomId, 'ana');
    await world.quiet();
    expect(world.inside(roomId)).toEqual([]);
    expect(await world.shown(roomId)).toEqual(['ana']);
    world.clock.moveOn(10);
    await world.quiet();
    expect(await world.shown(roomId)).toEqual([]);
    await world.deliverLate();
    await world.quiet();
    const told = (await world.process(0).log(roomId)).map(({ action, participant }) => ({
      action,
      reason: participant?.leftReason,
    }));
    expect(told).toEqual([{ action: 'JOINED' }, { action: 'LEFT', reason: 'REMOVED' }]);
    expect(await world.removals(roomId)).toEqual([
      { userId: 'ana', cause: 'removed', status: 'removed', removed: 1 },
    ]);
  });

  describe('a user stays', () => {
    const staysAfter = async (roomId: string, userId: string) => {
      await world.quiet();
      await world.reconcile();
      world.clock.moveOn(30);
      await world.reconcile(1);
      expect(world.inside(roomId)).toEqual([userId]);
      expect(await world.shown(roomId)).toEqual([userId]);
    };

    it('for whom no token was minted', async () => {
      const roomId = await newRoom(RoomAccess.INVITED);
      world.joins(roomId, 'ana');
      await staysAfter(roomId, 'ana');
    });

    it('whose token expires during the call, also after the connection was lost for a moment', async () => {
      const roomId = await newRoom();
      const token = await world.mint(roomId, 'ana', 60);
      const { id } = world.joins(roomId, 'ana', token);
      await world.quiet();
      world.clock.moveOn(3_600);
      await staysAfter(roomId, 'ana');
      world.control.drop(id);
      world.control.comeBack(id);
      await staysAfter(roomId, 'ana');
    });

    it('who has one good token among revoked and expired ones', async () => {
      const roomId = await newRoom();
      const old = await world.mint(roomId, 'sam');
      await rooms().tokenAudit.revoke({ userId: 'sam' }, aService);
      await world.mint(roomId, 'sam', 600);
      await world.mint(roomId, 'sam', 60);
      world.clock.moveOn(120);
      world.joins(roomId, 'sam', old);
      await staysAfter(roomId, 'sam');
    });

    it('whose invitation to an OPEN room was taken back', async () => {
      const roomId = await newRoom();
      await invite(roomId, 'ana');
      const token = await world.mint(roomId, 'ana');
      await uninvite(roomId, 'ana');
      world.joins(roomId, 'ana', token);
      await staysAfter(roomId, 'ana');
      const visible = await rooms().rooms.list({ limit: 100 }, { kind: 'user', id: 'ana' });
      expect(visible.map((room) => room.id)).toContain(roomId);
    });

    it('who was removed, and invited again before 100ms could be reached', async () => {
      const roomId = await newRoom();
      const token = await world.mint(roomId, 'ana');
      world.joins(roomId, 'ana', token);
      await world.quiet();
      world.control.setApiFaults([{ kind: 'status', status: 503, on: 'POST /active-rooms' }]);
      await expect(remove(roomId, 'ana')).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
      await invite(roomId, 'ana');
      await world.mint(roomId, 'ana');
      world.control.setApiFaults([]);
      world.clock.moveOn(60);
      await staysAfter(roomId, 'ana');
      expect(await world.removals(roomId)).toEqual([
        { userId: 'ana', cause: 'removed', status: 'allowed', removed: 0 },
      ]);
    });
  });

  describe('a removal', () => {
    it('is retried after 100ms failed and the process was killed, by the other process, once', async () => {
      const roomId = await newRoom();
      const token = await world.mint(roomId, 'ana');
      world.joins(roomId, 'ana', token);
      world.joins(roomId, 'ben');
      await world.quiet();
      world.control.setApiFaults([{ kind: 'status', status: 503, on: 'POST /active-rooms' }]);
      await expect(remove(roomId, 'ana', 1)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
      await world.restart(1);
      expect(world.inside(roomId)).toEqual(['ana', 'ben']);
      world.control.setApiFaults([]);
      world.clock.moveOn(60);
      await Promise.all([0, 1].map((index) => rooms(index).upkeep.runNow('removals')));
      await world.quiet();
      expect(world.inside(roomId)).toEqual(['ben']);
      expect(await world.removals(roomId)).toMatchObject([{ userId: 'ana', status: 'pending', removed: 1 }]);
      world.clock.moveOn(60);
      await world.quiet();
      expect(await world.removals(roomId)).toMatchObject([{ userId: 'ana', status: 'removed', removed: 1 }]);
      expect(await world.shown(roomId)).toEqual(['ben']);
    });

    it('is taken over from a process that was killed while it worked on it', async () => {
      const roomId = await newRoom();
      world.joins(roomId, 'ana');
      await world.quiet();
      world.control.setApiFaults([{ kind: 'status', status: 503, on: 'POST /active-rooms' }]);
      await expect(remove(roomId, 'ana')).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
      world.control.setApiFaults([]);
      const claimedUntil = new Date(world.clock.now().getTime() + 20_000);
      const claimed = { $set: { claimedUntil, notBefore: world.clock.now() } };
      await world.process(0).connection.collection('removals').updateOne({ roomId }, claimed);
      await world.quiet();
      expect(world.inside(roomId)).toEqual(['ana']);
      world.clock.moveOn(21);
      await world.quiet();
      expect(world.inside(roomId)).toEqual([]);
    });

    it('also ends what the user reported, and again where a service reports them', async () => {
      const roomId = await newRoom();
      await rooms().presence.join({ roomId, userId: 'ana' }, aService);
      await remove(roomId, 'ana');
      expect(await world.shown(roomId)).toEqual([]);
      const again = () => rooms(1).presence.join({ roomId, userId: 'ana' }, aService);
      await again();
      await rooms(1).presence.begin({ roomId, userId: 'ana', socketId: 's' }, aService);
      await world.quiet();
      expect([await world.shown(roomId, 0), await world.shown(roomId, 1)]).toEqual([[], []]);
      await invite(roomId, 'ana');
      await again();
      expect(await world.shown(roomId)).toEqual(['ana']);
    });
  });
});
