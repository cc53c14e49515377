import type { Caller } from '../../src/rooms/access/caller';
import { Gatekeeper } from '../../src/rooms/access/gatekeeper';
import { InvitedRole } from '../../src/rooms/access/room-grant.model';
import { aService, openTestDatabase, TestRooms } from '../helpers/rooms';

const mia: Caller = { kind: 'user', id: 'mia' };

/** Holds back the next answer of the gatekeeper: the permission has been read, and the caller has not received it yet. */
function holdNextAnswer() {
  const admit = Gatekeeper.prototype.admit;
  let release = (): void => undefined;
  let reached = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const isRead = new Promise<void>((resolve) => {
    reached = resolve;
  });
  jest.spyOn(Gatekeeper.prototype, 'admit').mockImplementationOnce(async function (
    this: Gatekeeper,
    ...asked
  ) {
    const standing = await admit.apply(this, asked);
    reached();
    await released;
    return standing;
  });
  return { isRead, release };
}

afterEach(() => jest.restoreAllMocks());

describe('a subscription whose permission is taken away', () => {
  const openRoom = async (there: TestRooms) => {
    const roomId = await there.addRoom({ access: 'INVITED' });
    await there.rooms.invitations.grant({ roomId, userId: 'mia', role: InvitedRole.MEMBER }, aService);
    return roomId;
  };

  it('after it was read and before the subscription began ends, and delivers nothing', async () => {
    await using database = await openTestDatabase();
    await using there = await TestRooms.open(database);
    const roomId = await openRoom(there);
    const { isRead, release } = holdNextAnswer();
    const subscribing = there.watch({ roomId }, mia);
    await isRead;
    await there.rooms.invitations.revoke({ roomId, userId: 'mia' }, aService);
    release();
    const ended = subscribing.then((watcher) => watcher.first(() => false).then(() => watcher));
    await there.rooms.presence.join({ roomId, userId: 'late', deviceId: 'default' }, aService);
    await expect(ended).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
    expect((await subscribing).items).toEqual([]);
  });

  it('from another user in between goes on', async () => {
    await using database = await openTestDatabase();
    await using there = await TestRooms.open(database);
    const roomId = await openRoom(there);
    await there.rooms.invitations.grant({ roomId, userId: 'max', role: InvitedRole.MEMBER }, aService);
    const { isRead, release } = holdNextAnswer();
    const subscribing = there.watch({ roomId }, mia);
    await isRead;
    await there.rooms.invitations.revoke({ roomId, userId: 'max' }, aService);
    release();
    const watcher = await subscribing;
    await there.rooms.presence.join({ roomId, userId: 'late', deviceId: 'default' }, aService);
    expect(await watcher.told(1)).toEqual(['late JOINED']);
    watcher.stop();
  });
});
