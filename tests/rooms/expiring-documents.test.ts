import { connectDatabase } from '../../src/database/connect';
import { openTestDatabase, TestRooms } from '../helpers/rooms';

const DAY_SECONDS = 24 * 3_600;

/** The indexes by time to live of a collection: field and seconds. */
async function expiry({ connection }: Pick<TestRooms, 'connection'>, collection: string): Promise<unknown[]> {
  const indexes = await connection.collection(collection).listIndexes().toArray();
  return indexes.flatMap(({ key, expireAfterSeconds }) =>
    expireAfterSeconds === undefined ? [] : [[key, expireAfterSeconds]],
  );
}

const wanted = {
  sessions: [[{ closedAt: 1 }, 32 * DAY_SECONDS]],
  revoked_logins: [[{ before: 1 }, 5 * 365 * DAY_SECONDS]],
};

it.each(Object.entries(wanted))('documents of %s expire', async (collection, indexes) => {
  await using database = await openTestDatabase();
  await using process = await TestRooms.open(database);
  expect(await expiry(process, collection)).toEqual(indexes);
});

it.each(Object.entries(wanted))(
  'documents of %s expire in a database of an older version',
  async (collection, indexes) => {
    await using database = await openTestDatabase();
    const older = await connectDatabase(database.uri);
    await older.collection('sessions').createIndex({ closedAt: 1, openedAt: 1 });
    await older.collection('sessions').insertOne({ _id: 's1' as never, roomId: 'r1', openedAt: new Date() });
    await older.collection('revoked_logins').insertOne({ _id: 'ana' as never, before: new Date() });
    await older.close();
    await using process = await TestRooms.open(database);
    expect(await expiry(process, collection)).toEqual(indexes);
    expect(await process.connection.collection(collection).countDocuments()).toBe(1);
  },
);
