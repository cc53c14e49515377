import { collect, objectId, startSandbox, timestamp } from './started';

it('shows a session with everybody who was ever in it, in the documented shape', async () => {
  await using own = await startSandbox();
  const { control } = own.sandbox;
  const room = await own.hms.createRoom({ name: 'attended' });
  const anna = control.join({ roomId: room.id, userId: 'anna', role: 'host', name: 'Anna' });
  const ben = control.join({ roomId: room.id, userId: 'ben', role: 'guest', name: 'Ben' });
  control.leave(ben.id);
  const { status, body } = await own.call('GET', `/sessions/${anna.session_id}`);
  expect(status).toBe(200);
  const peer = { session_id: anna.session_id, joined_at: timestamp };
  expect(body).toEqual({
    id: anna.session_id,
    room_id: room.id,
    customer_id: objectId,
    app_id: objectId,
    active: true,
    peers: {
      [anna.id]: { ...peer, id: anna.id, name: 'Anna', role: 'host', user_id: 'anna' },
      [ben.id]: { ...peer, id: ben.id, name: 'Ben', role: 'guest', user_id: 'ben', left_at: timestamp },
    },
    created_at: timestamp,
    updated_at: timestamp,
  });
  const read = await own.hms.sessions.get(anna.session_id);
  expect(read).toMatchObject({ id: anna.session_id, active: true, roomId: room.id });
  expect(read.peers).toMatchObject([
    { id: anna.id, userId: 'anna' },
    { id: ben.id, userId: 'ben', leftAt: expect.any(Date) },
  ]);
  expect(read.peers[0]?.leftAt).toBeUndefined();
});

it('lists sessions by room, state and time, newest first', async () => {
  await using own = await startSandbox();
  const { control } = own.sandbox;
  const room = await own.hms.createRoom({ name: 'often' });
  const other = await own.hms.createRoom({ name: 'other' });
  const meet = (roomId: string) => control.join({ roomId, userId: 'anna', role: 'host' });
  const first = meet(room.id);
  control.leave(first.id);
  const second = meet(room.id);
  control.leave(second.id);
  const third = meet(room.id);
  meet(other.id);
  const idsOf = async (filter: Parameters<typeof own.hms.sessions.list>[0]) =>
    (await collect(own.hms.sessions.list(filter))).map(({ id }) => id);
  expect(await idsOf({ active: false, roomId: room.id })).toEqual([second.session_id, first.session_id]);
  expect(await idsOf({ active: true, roomId: room.id })).toEqual([third.session_id]);
  expect(await idsOf({ active: true })).toHaveLength(2);
  const longAgo = new Date('2020-01-01T00:00:00Z');
  expect(await idsOf({ active: true, before: longAgo })).toEqual([]);
  expect(await idsOf({ active: true, after: longAgo })).toHaveLength(2);
  const { body } = await own.call('GET', `/sessions?room_id=${room.id}`);
  expect(body).toMatchObject({ limit: 10, data: { length: 3 }, last: first.session_id });
});

it('answers 404 for a session that there is not', async () => {
  await using own = await startSandbox();
  await expect(own.hms.sessions.get('631b2654f771854d9bf633df')).rejects.toMatchObject({
    status: 404,
    message: '100ms refused this (404): session not found',
  });
});

it('tells of tracks that come and go, of clients that fail, and of quality once the session is over', async () => {
  await using own = await startSandbox();
  const { control } = own.sandbox;
  const room = await own.hms.createRoom({ name: 'measured' });
  const anna = control.join({ roomId: room.id, userId: 'anna', role: 'host' });
  const about = (filter: object) => collect(own.hms.analytics.events({ roomId: room.id, ...filter }));
  const events = await about({ types: ['track.add.success'] });
  expect(events.map(({ data }) => data['type'])).toEqual(['audio', 'video']);
  expect(events[0]).toMatchObject({ type: 'track.add.success', timestamp: expect.any(Date) });
  const peer = { sessionId: anna.session_id, peerId: anna.id };
  await expect(own.hms.analytics.peerStats(peer)).rejects.toMatchObject({ status: 404 });
  control.drop(anna.id);
  control.comeBack(anna.id);
  control.leave(anna.id);
  expect(() => control.join({ roomId: room.id, userId: 'ben', role: 'nobody' })).toThrow('role is invalid');
  expect(await own.hms.analytics.peerStats(peer)).toMatchObject({
    peer_id: anna.id,
    publisher: { video: [] },
  });

  const [audio, video] = Object.values(anna.tracks);
  const told = (await about({ userId: 'anna' })).map(({ type, data }) => [type, data['track_id']]);
  expect(told).toEqual([
    ['track.add.success', audio?.id],
    ['track.add.success', video?.id],
    ['client.disconnected', undefined],
    ['track.remove.success', audio?.id],
    ['track.remove.success', video?.id],
  ]);
  expect((await about({ errorsOnly: true })).map(({ type }) => type)).toEqual([
    'client.disconnected',
    'client.join.failed',
  ]);
});

it('lists events in the documented shape, by pages of what there was at the first question', async () => {
  await using own = await startSandbox();
  const { control } = own.sandbox;
  const room = await own.hms.createRoom({ name: 'paged' });
  const join = (userId: string) => control.join({ roomId: room.id, userId, name: userId, role: 'host' });
  const anna = join('anna');
  const ask = (query: string) => own.call('GET', `/analytics/events?room_id=${room.id}${query}`);
  const first = await ask('&limit=1');
  const [audio] = Object.values(anna.tracks);
  expect(first).toEqual({
    status: 200,
    body: {
      limit: 1,
      total: 2,
      next: expect.stringMatching(/./),
      events: [
        {
          version: '2.0',
          id: expect.any(String),
          timestamp,
          type: 'track.add.success',
          data: {
            room_id: room.id,
            session_id: anna.session_id,
            room_name: 'paged',
            peer_id: anna.id,
            user_id: 'anna',
            user_name: 'anna',
            joined_at: timestamp,
            role: 'host',
            track_id: audio?.id,
            stream_id: audio?.stream_id,
            type: 'audio',
            source: 'regular',
            mute: audio?.mute,
            started_at: timestamp,
          },
        },
      ],
    },
  });
  join('ben');
  const { next } = first.body as { next: string };
  expect(await ask(`&limit=100&start=${next}`)).toMatchObject({
    body: { limit: 1, total: 2, next: '', events: [{ data: { user_id: 'anna', type: 'video' } }] },
  });
  expect(await ask('')).toMatchObject({ body: { total: 4 } });
  expect(await ask('&start=0:0')).toMatchObject({ status: 400 });
  expect(await ask('&type=what')).toMatchObject({ status: 400 });
  expect(await ask('&error=perhaps')).toMatchObject({ status: 400 });
  expect(await own.call('GET', '/analytics/events')).toMatchObject({ status: 400 });
});
