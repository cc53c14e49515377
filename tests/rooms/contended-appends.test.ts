import { RoomCommits } from '../../src/rooms/log/room-commits';
import { aService, openTestDatabase, TestRooms } from '../helpers/rooms';

const join = ({ rooms }: TestRooms, roomId: string, userId: string) =>
  rooms.presence.join({ roomId, userId }, aService);

/** Has another process append to the room before each of the first `times` inserts that hold an entry of `userId`. */
function overtake(userId: string, times: number, append: (n: number) => Promise<unknown>) {
  const insert = RoomCommits.prototype.insert;
  let overtaken = 0;
  const spy = jest.spyOn(RoomCommits.prototype, 'insert').mockImplementation(async function (
    this: RoomCommits,
    entries,
  ) {
    if (entries.some(({ participant }) => participant?.userId === userId) && overtaken < times) {
      overtaken += 1;
      await append(overtaken);
    }
    return insert.call(this, entries);
  });
  return { times: () => overtaken, [Symbol.dispose]: () => spy.mockRestore() };
}

describe('a room to which another process appends first, again and again', () => {
  it('accepts a join that lost twelve inserts in a row, once, and leaves no gap', async () => {
    await using database = await openTestDatabase();
    await using first = await TestRooms.open(database, { severalProcesses: true });
    await using second = await TestRooms.open(database, { severalProcesses: true });
    const roomId = await first.addRoom();
    using overtaken = overtake('ana', 12, (n) => join(second, roomId, `other-${n}`));
    await join(first, roomId, 'ana');
    expect(overtaken.times()).toBe(12);
    const entries = await first.log(roomId);
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 13 }, (_, n) => n + 1));
    expect(entries.filter(({ participant }) => participant?.userId === 'ana')).toHaveLength(1);
    expect(entries.at(-1)?.participant?.userId).toBe('ana');
  });
});
