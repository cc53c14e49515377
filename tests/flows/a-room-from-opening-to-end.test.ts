import { decode } from 'jsonwebtoken';
import {
  CreateRoomDocument,
  GenerateTokenDocument,
  JoinRoomDocument,
  LeaveRoomDocument,
  WhoIsThereDocument,
} from '../generated/operations';
import { openApolloClient, post } from '../helpers/clients';
import { openPlace } from '../helpers/service';
import { stockClients } from '../helpers/watching';
import { deliver, SAMPLE_APP, SampleSession } from '../helpers/webhooks';

it('is the story of a room: made, entered with a token, watched while people come and go, empty in the end', async () => {
  await using service = await openPlace({ HMS_APP_ID: SAMPLE_APP });
  const { url } = service;
  await using apollo = openApolloClient(url);

  const created = await apollo.mutate({
    mutation: CreateRoomDocument,
    variables: { input: { name: 'My Room' } },
  });
  const room = created.data?.createRoom;
  expect(room).toMatchObject({ name: 'My Room', enabled: true, participantCount: 0 });
  const roomId = room?.id ?? '';
  expect(room?.roomId).toBe(roomId);

  const minted = await apollo.mutate({
    mutation: GenerateTokenDocument,
    variables: { input: { roomId, role: 'host', userId: 'ana', name: 'Ana' } },
  });
  const token = minted.data?.generateToken;
  expect(token).toMatchObject({ roomId, userId: 'ana', role: 'host' });
  expect(decode(token?.token ?? '')).toMatchObject({
    room_id: roomId,
    user_id: 'ana',
    role: 'host',
    jti: token?.id,
  });

  const session = new SampleSession(roomId);
  const ana = session.peer('ana', 'host');
  for (const webhook of [session.opened(), ana.joined()])
    expect((await deliver(url, webhook)).status).toBe(200);
  const joined = await post(url, JoinRoomDocument, { input: { roomId, userId: 'bo', name: 'Bo' } });
  expect(joined.data.joinRoom).toMatchObject({ userId: 'bo', name: 'Bo', status: 'ACTIVE', leftAt: null });

  using watching = stockClients[2][1](url, { roomId, snapshot: true });
  const snapshot = await watching.first(({ action }) => action === 'SNAPSHOT');
  expect(snapshot.participants?.map(({ userId }) => userId).sort()).toEqual(['ana', 'bo']);

  expect((await deliver(url, session.closed())).status).toBe(200);
  await watching.first(({ action, userId }) => action === 'LEFT' && userId === 'ana');
  await post(url, LeaveRoomDocument, { input: { roomId, userId: 'bo' } });
  const last = await watching.first(({ action, userId }) => action === 'LEFT' && userId === 'bo');
  expect(last).toMatchObject({ participantCount: 0, userPresent: false, source: 'API' });

  const after = await post(url, WhoIsThereDocument, { id: roomId, active: false });
  expect(after.data.room).toMatchObject({ participantCount: 0, cursor: last.cursor });
  expect(after.data.room?.participants.map(({ userId, status }) => `${userId} ${status}`).sort()).toEqual([
    'ana LEFT',
    'bo LEFT',
  ]);
});

describe.each(stockClients)('with a stock %s', (_name, watch) => {
  it('hears who comes and goes, each once and in order, with the count as of then', async () => {
    await using service = await openPlace();
    const { url } = service;
    const { data } = await post(url, CreateRoomDocument, { input: { name: 'Stand-up' } });
    const roomId = data.createRoom.id;
    using watching = watch(url, { roomId, snapshot: true });
    await watching.first(({ action }) => action === 'SNAPSHOT');

    for (const input of [
      { roomId, userId: 'ana' },
      { roomId, userId: 'ana', deviceId: 'phone' },
      { roomId, userId: 'bo' },
    ]) {
      await post(url, JoinRoomDocument, { input });
    }
    await post(url, LeaveRoomDocument, { input: { roomId, userId: 'ana' } });
    await post(url, LeaveRoomDocument, { input: { roomId, userId: 'ana', deviceId: 'phone' } });

    const told = (await watching.atLeast(6)).map(
      ({ action, userId, participantCount, userPresent }) =>
        `${action} ${userId} ${participantCount} ${userPresent}`,
    );
    expect(told).toEqual([
      'SNAPSHOT null 0 null',
      'JOINED ana 1 true',
      'JOINED ana 1 true',
      'JOINED bo 2 true',
      'LEFT ana 2 true',
      'LEFT ana 1 false',
    ]);
  });

  it('goes on after a cursor: what was missed first, marked as such, then what happens now', async () => {
    await using service = await openPlace();
    const { url } = service;
    const { data } = await post(url, CreateRoomDocument, { input: { name: 'Stand-up' } });
    const { id: roomId, cursor } = data.createRoom;
    for (const userId of ['ana', 'bo']) await post(url, JoinRoomDocument, { input: { roomId, userId } });

    using watching = watch(url, { roomId, after: cursor, snapshot: true });
    await watching.first(({ action }) => action === 'CAUGHT_UP');
    await post(url, JoinRoomDocument, { input: { roomId, userId: 'cy' } });
    const told = (await watching.atLeast(4)).map(
      ({ action, userId, replayed }) => `${action} ${userId} ${replayed}`,
    );
    expect(told).toEqual(['JOINED ana true', 'JOINED bo true', 'CAUGHT_UP null false', 'JOINED cy false']);
  });
});
