import { connectDatabase } from '../../src/database/connect';
import { Logins } from '../../src/rooms/access/logins';
import { openModels } from '../../src/rooms/models';
import { StoppedClock } from '../helpers/clock';
import { openTestDatabase } from '../helpers/rooms';

it('sees without waiting what was revoked in the last hour, and asks the database for the rest', async () => {
  await using database = await openTestDatabase();
  const connection = await connectDatabase(database.uri);
  const clock = new StoppedClock();
  const logins = new Logins(openModels(connection), clock.now);
  const ofAna = { userId: 'ana', issuedAt: clock.now() };
  const endsAtOnce = () => {
    let isOver = false;
    logins.whenRevoked(ofAna, () => {
      isOver = true;
    });
    return isOver;
  };
  expect(endsAtOnce()).toBe(false);
  await logins.revoke('ana');
  clock.moveOn(3_600);
  await logins.revoke('ben');
  expect(endsAtOnce()).toBe(true);
  clock.moveOn(1);
  await logins.revoke('cleo');
  expect(endsAtOnce()).toBe(false);
  expect(await logins.isRevoked(ofAna)).toBe(true);
  await connection.close();
});
