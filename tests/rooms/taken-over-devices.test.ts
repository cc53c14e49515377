import { RoomLog } from '../../src/rooms/log/room-log';
import { openTestDatabase, TestRooms } from '../helpers/rooms';

const caller = { kind: 'service', id: 'tests' } as const;
const several = { severalProcesses: true };
const socket = (roomId: string, socketId: string) => ({ roomId, userId: 'ana', deviceId: 'phone', socketId });

const actions = async (process: TestRooms, roomId: string) =>
  (await process.log(roomId)).map(({ action }) => action);

/** Runs `meanwhile` before the first call of a method of the log that is about one room. */
function interrupt(method: 'ask' | 'folded', meanwhile: () => Promise<unknown>) {
  const original = RoomLog.prototype[method] as (...given: unknown[]) => Promise<unknown>;
  let hasRun = false;
  const spy = jest.spyOn(RoomLog.prototype, method).mockImplementation(async function (
    this: RoomLog,
    ...given: unknown[]
  ) {
    if (given[0] !== undefined && !hasRun) {
      hasRun = true;
      await meanwhile();
    }
    return original.apply(this, given);
  } as never);
  return { hasRun: () => hasRun, [Symbol.dispose]: () => spy.mockRestore() };
}

describe('a device whose client is back on another process', () => {
  it('is not lost by the sweep that had found it held by a dead process', async () => {
    await using database = await openTestDatabase();
    // It does not renew by itself the lease that the test ends; the other believes in no death within its own first lease.
    await using dead = await TestRooms.open(database, { ...several, processLeaseSeconds: 300 });
    await using living = await TestRooms.open(database, {
      ...several,
      processLeaseSeconds: 1,
      clock: dead.clock,
    });
    const roomId = await dead.addRoom();
    await dead.rooms.presence.begin(socket(roomId, 'old'), caller);
    const { heldBy } = await dead.stored('participants', { roomId });
    using taken = interrupt('ask', () => living.rooms.presence.begin(socket(roomId, 'new'), caller));
    const leases = dead.connection.collection('processes');
    await leases.updateOne({ _id: heldBy as never }, { $set: { until: new Date(0) } });
    while (!taken.hasRun()) await living.rooms.upkeep.runNow('abandoned presences');
    await living.rooms.upkeep.runNow('abandoned presences');
    expect(await actions(living, roomId)).toEqual(['JOINED']);
  });

  it('is not lost with its old socket, which dies before the new one is answered', async () => {
    await using database = await openTestDatabase();
    await using before = await TestRooms.open(database, several);
    await using after = await TestRooms.open(database, { ...several, clock: before.clock });
    const roomId = await before.addRoom();
    await before.rooms.presence.begin(socket(roomId, 'old'), caller);
    using dying = interrupt('folded', () => before.rooms.presence.lost(socket(roomId, 'old')));
    await after.rooms.presence.begin(socket(roomId, 'new'), caller);
    expect(dying.hasRun()).toBe(true);
    expect(await actions(after, roomId)).toEqual(['JOINED']);
  });
});
