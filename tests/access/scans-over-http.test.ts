import mongoose from 'mongoose';
import { overHttp } from '../helpers/doors';
import { authSecret, loginOf } from '../helpers/logins';
import { startTestService } from '../helpers/service';
import { storedRooms } from '../helpers/stored-rooms';
import { openSharedDatabase } from '../helpers/test-database';

const OPERATIONS = 20;

async function addRooms(uri: string, count: number): Promise<void> {
  const client = await new mongoose.mongo.MongoClient(uri).connect();
  await client.db().collection('rooms').insertMany(storedRooms(count));
  await client.close();
}

it('searches and counts of one user leave readiness and the queries of another user alone', async () => {
  await using database = await openSharedDatabase();
  const settings = { AUTH_SECRET: authSecret, LIMIT_OPERATIONS_PER_SECOND: '10000' };
  await using service = await startTestService({ MONGO_URI: database.uri, ...settings });
  await addRooms(database.uri, 4_000);
  const search =
    'roomConnection(first: 1, filter: { nameContains: "no room is called this" }) { totalCount }';
  const ana = `Bearer ${loginOf('ana')}`;
  const ben = `Bearer ${loginOf('ben')}`;

  let answered = 0;
  const expensive = Array.from({ length: OPERATIONS }, async () => {
    const { outcome } = await overHttp(service.url, ana, { query: `{ a: ${search} b: ${search} }` });
    answered += 1;
    return outcome;
  });
  const meanwhile: string[] = [];
  while (answered < OPERATIONS) {
    const { status } = await fetch(`${service.url}/readyz`);
    const { outcome } = await overHttp(service.url, ben, { query: '{ room(id: "room7") { name } }' });
    if (answered < OPERATIONS) meanwhile.push(`${status} ${outcome}`);
  }
  expect(meanwhile.length).toBeGreaterThan(0);
  expect(new Set(meanwhile)).toEqual(new Set(['200 ok']));
  expect(new Set(await Promise.all(expensive))).toEqual(new Set(['ok']));
});
