import { EventEmitter, once } from 'node:events';
import { loginOf } from '../helpers/logins';
import { openTestDatabase, TestRooms } from '../helpers/rooms';
import { FrameWatcher, openTestSockets } from '../helpers/sockets';

it('a socket with a query under way is closed once that is answered, and begins nothing more', async () => {
  await using database = await openTestDatabase();
  await using rooms = await TestRooms.open({ uri: database.uri });
  const asked = new EventEmitter();
  const begun = once(asked, 'begun');
  const resolve = async () => {
    const answered = once(asked, 'answer');
    asked.emit('begun');
    await answered;
    return 'done';
  };
  const field = { type: 'Query', name: 'held', resolve };
  const sockets = await openTestSockets(rooms, { fields: [field] });
  using busy = await FrameWatcher.open(sockets.url, loginOf('ana'));
  using idle = await FrameWatcher.open(sockets.url, loginOf('ben'));
  busy.send({ id: 'slow', type: 'subscribe', payload: { query: '{ held }' } });
  await begun;
  const gone = sockets.close();
  expect(await idle.closed).toMatch(/^1012 /);
  busy.send({ id: 'late', type: 'subscribe', payload: { query: '{ __typename }' } });
  busy.send({ type: 'ping' });
  await busy.first((frame) => frame.includes('pong'));
  expect(busy.messages('late')).toEqual([]);
  asked.emit('answer');
  expect(await busy.closed).toMatch(/^1012 /);
  expect(busy.messages('slow').map(({ type }) => type)).toEqual(['next', 'complete']);
  expect(busy.messages('late')).toEqual([]);
  await gone;
});
