import { openTestDatabase, TestRooms } from './rooms';

/** The subscription of the suites about updates that subscribers share. */
export const watch = `subscription ($roomId: ID!, $after: Cursor) {
  participantUpdates(roomId: $roomId, after: $after, snapshot: true) { action userId cursor participant { id name } }
}`;

const caller = { kind: 'service', id: 'test' } as const;

/** One set of rooms for the tests of a `describe`, and a new room for each test. Call it where hooks may be registered. */
export function useWatchedRoom() {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let rooms: TestRooms;
  let roomId: string;
  beforeAll(async () => {
    database = await openTestDatabase();
    rooms = await TestRooms.open(database);
  });
  beforeEach(async () => {
    roomId = await rooms.addRoom();
  });
  afterAll(async () => {
    await rooms[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });
  return {
    get rooms() {
      return rooms;
    },
    get roomId() {
      return roomId;
    },
    join: (userId: string, name?: string, room = roomId) =>
      rooms.rooms.presence.join({ roomId: room, userId, deviceId: 'default', ...(name && { name }) }, caller),
    leave: (userId: string) => rooms.rooms.presence.leave({ roomId, userId, deviceId: 'default' }, caller),
  };
}
