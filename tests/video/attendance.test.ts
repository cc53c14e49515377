import { HmsTokens } from '../../src/video/hms.tokens';
import { objectId, type Started, startSandbox, timestamp } from './started';
import { startReceiver } from './webhook-receiver';

const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const inASecond = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
/** A minute in 60 ms. */
const hurry = { timeScale: 0.001 };

async function roomIn({ hms }: Started, name = 'room', settings = {}) {
  return hms.createRoom({ name, ...settings });
}

it('tells a join and a leave by the four documented webhooks, member for member', async () => {
  await using started = await startSandbox();
  await using receiver = await startReceiver();
  started.sandbox.control.setWebhook({ url: receiver.url, headers: { 'x-secret': 'of-the-tests' } });
  const room = await roomIn(started, 'story');
  const anna = started.sandbox.control.join({
    roomId: room.id,
    userId: 'anna',
    role: 'host',
    name: 'Anna',
    metadata: '{"hand":true}',
  });
  await receiver.received.atLeast(2);
  started.sandbox.control.leave(anna.id);
  await receiver.received.atLeast(4);

  const ofRoom = { room_id: room.id, room_name: 'story', template_id: objectId };
  const ofSession = { ...ofRoom, session_id: anna.session_id, session_started_at: anna.joined_at };
  const ofPeer = {
    ...ofSession,
    peer_id: anna.id,
    user_id: 'anna',
    user_name: 'Anna',
    user_data: '{"hand":true}',
    role: 'host',
    joined_at: anna.joined_at,
    type: 'regular',
  };
  const envelope = { version: '2.0', id: uuid, account_id: objectId, timestamp: inASecond };
  const byType = new Map(receiver.received.items.map(({ body }) => [body.type, body]));
  expect([...byType.values()]).toHaveLength(4);
  expect(byType.get('session.open.success')).toEqual({
    ...envelope,
    app_id: objectId,
    type: 'session.open.success',
    data: ofSession,
  });
  expect(byType.get('peer.join.success')).toEqual({ ...envelope, type: 'peer.join.success', data: ofPeer });
  expect(byType.get('peer.leave.success')).toEqual({
    ...envelope,
    type: 'peer.leave.success',
    data: { ...ofPeer, left_at: timestamp, duration: 0, reason: 'client request', message: '' },
  });
  expect(byType.get('session.close.success')).toEqual({
    ...envelope,
    app_id: objectId,
    type: 'session.close.success',
    data: { ...ofSession, session_duration: 0, session_stopped_at: timestamp },
  });
  expect(receiver.received.items[0]?.headers).toMatchObject({ 'x-secret': 'of-the-tests' });
});

it('sends the webhooks of a room with a target of its own there and nowhere else', async () => {
  await using started = await startSandbox();
  await using workspace = await startReceiver();
  await using own = await startReceiver();
  started.sandbox.control.setWebhook({ url: workspace.url });
  const room = await roomIn(started, 'own', { webhook: { url: own.url, headers: { 'x-own': 'yes' } } });
  started.sandbox.control.join({ roomId: room.id, userId: 'anna', role: 'host' });
  await own.received.atLeast(2);
  expect(own.received.items[0]?.headers).toMatchObject({ 'x-own': 'yes' });
  expect(workspace.types()).toEqual([]);
});

describe('who joins', () => {
  it.each<[string, { role?: string; disabled?: boolean; size?: number; peers?: number }, string, string]>([
    ['with a role that the template does not have', { role: 'Host' }, 'role is invalid', 'role not allowed'],
    ['with a role that only JavaScript has', { role: 'constructor' }, 'role is invalid', 'role not allowed'],
    ['a disabled room', { disabled: true }, 'room is not active', 'room is not active'],
    ['a full room', { size: 2, peers: 2 }, 'room size limit reached', 'room size limit reached'],
  ])('%s is refused, and the back end is told', async (_case, wrong, toClient, toServer) => {
    await using started = await startSandbox();
    await using receiver = await startReceiver();
    const { control } = started.sandbox;
    const room = await roomIn(started, 'r', wrong.size ? { size: wrong.size } : {});
    for (let n = 0; n < (wrong.peers ?? 0); n += 1) {
      control.join({ roomId: room.id, userId: `user-${n}`, role: 'guest' });
    }
    if (wrong.disabled) await started.hms.rooms.disable(room.id);
    control.setWebhook({ url: receiver.url });
    expect(() => control.join({ roomId: room.id, userId: 'late', role: wrong.role ?? 'host' })).toThrow(
      toClient,
    );
    const failure = await receiver.received.first(({ body }) => body.type === 'peer.join.failure');
    expect(failure.body.data).toMatchObject({
      user_id: 'late',
      error_message: toServer,
      joined_at: '0001-01-01T00:00:00Z',
    });
    expect(failure.body.data).not.toHaveProperty('session_id');
  });

  it('beyond the number that a role allows is refused; -1 lets nobody in', async () => {
    await using started = await startSandbox();
    const { control } = started.sandbox;
    const room = await roomIn(started);
    const templateId = room.templateId ?? '';
    await started.call('POST', `/templates/${templateId}/roles/host`, { maxPeerCount: 1 });
    control.join({ roomId: room.id, userId: 'first', role: 'host' });
    expect(() => control.join({ roomId: room.id, userId: 'second', role: 'host' })).toThrow(
      'role limit reached',
    );
    await started.call('POST', `/templates/${templateId}/roles/guest`, { maxPeerCount: -1 });
    expect(() => control.join({ roomId: room.id, userId: 'third', role: 'guest' })).toThrow(
      'role limit reached',
    );
  });

  it('with a peer id that is taken is refused', async () => {
    await using started = await startSandbox();
    const { control } = started.sandbox;
    const room = await roomIn(started);
    const { id } = control.join({ roomId: room.id, userId: 'first', role: 'host' });
    expect(() => control.join({ roomId: room.id, userId: 'second', role: 'host', peerId: id })).toThrow(
      'peer already joined',
    );
  });

  it('with a management token, or with one of another account, gets nowhere', async () => {
    await using started = await startSandbox();
    const { control } = started.sandbox;
    const room = await roomIn(started);
    const { token } = new HmsTokens(started.sandbox.keys).managementToken();
    expect(() => control.join({ token })).toThrow('Token validation error');
    const other = new HmsTokens({ ...started.sandbox.keys, secret: 'another' });
    const claims = { roomId: room.id, userId: 'u', role: 'host', ttlSeconds: 60 };
    expect(() => control.join({ token: other.authToken(claims).token })).toThrow('Token validation error');
    expect(control.join({ token: started.hms.tokens.authToken(claims).token })).toMatchObject({
      user_id: 'u',
    });
  });
});

describe('a connection that is lost', () => {
  it('looks present for a minute', async () => {
    await using started = await startSandbox();
    const { control } = started.sandbox;
    const room = await roomIn(started);
    const { id } = control.join({ roomId: room.id, userId: 'anna', role: 'host' });
    control.drop(id);
    expect(await started.hms.activePeers(room.id)).toMatchObject([{ id, userId: 'anna' }]);
  });

  it('has left after it', async () => {
    await using started = await startSandbox(hurry);
    await using receiver = await startReceiver();
    const { control } = started.sandbox;
    control.setWebhook({ url: receiver.url });
    const room = await roomIn(started);
    const { id } = control.join({ roomId: room.id, userId: 'anna', role: 'host' });
    control.drop(id, 'ice connection state closed');
    const left = await receiver.received.first(({ body }) => body.type === 'peer.leave.success');
    expect(left.body.data).toMatchObject({ peer_id: id, reason: 'ice connection state closed', message: '' });
    expect(await started.hms.activePeers(room.id)).toBeUndefined();
  });

  it('that comes back within the minute was never gone', async () => {
    await using started = await startSandbox(hurry);
    await using receiver = await startReceiver();
    const { control } = started.sandbox;
    control.setWebhook({ url: receiver.url });
    const room = await roomIn(started);
    const anna = control.join({ roomId: room.id, userId: 'anna', role: 'host' });
    const ben = control.join({ roomId: room.id, userId: 'ben', role: 'guest' });
    control.drop(anna.id);
    control.comeBack(anna.id);
    control.drop(ben.id);
    await receiver.received.first(({ body }) => body.type === 'peer.leave.success');
    expect(control.present(room.id)).toMatchObject([{ id: anna.id }]);
  });

  it('is noticed also when the sandbox was restarted in between', async () => {
    await using receiver = await startReceiver();
    const first = await startSandbox();
    const { control, keys } = first.sandbox;
    control.setWebhook({ url: receiver.url });
    const room = await roomIn(first);
    const anna = control.join({ roomId: room.id, userId: 'anna', role: 'host' });
    control.drop(anna.id);
    await receiver.received.atLeast(2);
    await first.sandbox.close();
    await using second = await startSandbox({ directory: first.directory, ...hurry });
    expect(second.sandbox.keys).toEqual(keys);
    const left = await receiver.received.first(({ body }) => body.type === 'peer.leave.success');
    expect(left.body.data).toMatchObject({ peer_id: anna.id, reason: 'websocket closed' });
  });
});

describe('a session', () => {
  it('is the same for all who join, and a new one for who comes after the last has left', async () => {
    await using started = await startSandbox();
    const { control } = started.sandbox;
    const room = await roomIn(started);
    const join = (userId: string) => control.join({ roomId: room.id, userId, role: 'guest' });
    const [anna, ben] = [join('anna'), join('ben')];
    expect(ben.session_id).toBe(anna.session_id);
    control.leave(anna.id);
    control.leave(ben.id);
    expect(join('cid').session_id).not.toBe(anna.session_id);
  });

  it('ends by itself after the longest that its room allows', async () => {
    await using started = await startSandbox(hurry);
    await using receiver = await startReceiver();
    started.sandbox.control.setWebhook({ url: receiver.url });
    const room = await roomIn(started, 'short', { maxDurationSeconds: 120 });
    const anna = started.sandbox.control.join({ roomId: room.id, userId: 'anna', role: 'host' });
    const closed = await receiver.received.first(({ body }) => body.type === 'session.close.success');
    expect(closed.body.data).toMatchObject({ session_id: anna.session_id });
    const left = await receiver.received.first(({ body }) => body.type === 'peer.leave.success');
    expect(left.body.data).toMatchObject({ reason: 'server removed peer', message: 'max duration reached' });
    expect(await started.hms.getRoom(room.id)).toMatchObject({ enabled: true });
  });

  it('outlives a restart, with everybody in it', async () => {
    const first = await startSandbox();
    const room = await roomIn(first);
    const anna = first.sandbox.control.join({ roomId: room.id, userId: 'anna', role: 'host' });
    await first.sandbox.close();
    await using second = await startSandbox({ directory: first.directory });
    expect(await second.hms.activePeers(room.id)).toMatchObject([
      { id: anna.id, userId: 'anna', role: 'host' },
    ]);
  });
});

it('lists, gets, changes, messages and removes peers for the service class', async () => {
  await using started = await startSandbox();
  await using receiver = await startReceiver();
  const { control } = started.sandbox;
  const { activeRooms } = started.hms;
  control.setWebhook({ url: receiver.url });
  const room = await roomIn(started);
  expect(await activeRooms.get(room.id)).toBeUndefined();
  const anna = control.join({ roomId: room.id, userId: 'anna', role: 'host', name: 'Anna' });
  const ben = control.join({ roomId: room.id, userId: 'ben', role: 'guest', name: 'Ben' });

  expect(await activeRooms.get(room.id)).toMatchObject({
    id: room.id,
    name: 'room',
    session: { id: anna.session_id, peers: [anna.id, ben.id] },
  });
  expect(await activeRooms.peers(room.id)).toMatchObject([
    { id: anna.id, name: 'Anna', userId: 'anna', role: 'host', joinedAt: new Date(anna.joined_at) },
    { id: ben.id, name: 'Ben', userId: 'ben', role: 'guest' },
  ]);
  expect(await activeRooms.peers(room.id, { role: 'guest' })).toMatchObject([{ id: ben.id }]);
  expect(await activeRooms.peers(room.id, { userId: 'nobody' })).toEqual([]);

  const whole = await activeRooms.peer(room.id, ben.id);
  expect(Object.values(whole?.tracks ?? {}).map(({ type }) => type)).toEqual(['audio', 'video']);
  expect(await activeRooms.peer(room.id, 'nobody')).toBeUndefined();

  const at = { roomId: room.id, peerId: ben.id };
  expect(await activeRooms.updatePeer(at, { name: 'Benny', metadata: '{}' })).toMatchObject({
    name: 'Benny',
  });
  expect(await activeRooms.updatePeer(at, { role: 'host' })).toMatchObject({ role: 'host' });
  const changed = await receiver.received.first(({ body }) => body.type === 'role.change.success');
  expect(changed.body.data).toMatchObject({ peer_id: ben.id, previous_role: 'guest', role: 'host' });
  expect(changed.body.data).not.toHaveProperty('role_change_requested_by');
  await expect(activeRooms.updatePeer(at, { role: 'king' })).rejects.toMatchObject({ status: 400 });

  await activeRooms.sendMessage(room.id, { message: 'hi', peerId: ben.id, type: 'chat' });
  await expect(activeRooms.sendMessage(room.id, { message: '' })).rejects.toMatchObject({ status: 400 });

  expect(await activeRooms.removePeers(room.id, { peerId: ben.id, reason: 'enough' })).toBe(true);
  const kicked = await receiver.received.first(({ body }) => body.type === 'peer.leave.success');
  expect(kicked.body.data).toMatchObject({ peer_id: ben.id, reason: 'peer kicked', message: 'enough' });
  expect(await activeRooms.removePeers(room.id, { peerId: ben.id })).toBe(false);
  await expect(activeRooms.removePeers(room.id, {})).rejects.toMatchObject({
    status: 400,
    upstreamDetails: ['peer_id or role is required'],
  });
});

it('ends a room for everybody, and locks it where asked', async () => {
  await using started = await startSandbox();
  await using receiver = await startReceiver();
  const { control } = started.sandbox;
  control.setWebhook({ url: receiver.url });
  const room = await roomIn(started);
  for (const userId of ['anna', 'ben']) control.join({ roomId: room.id, userId, role: 'guest' });
  expect(await started.hms.endRoom(room.id, { reason: 'over', lock: true })).toBe(true);
  await receiver.received.first(({ body }) => body.type === 'session.close.success');
  await control.settled();
  expect(receiver.types().filter((type) => type === 'peer.leave.success')).toHaveLength(2);
  const ended = await receiver.received.first(({ body }) => body.type === 'room.end.success');
  expect(ended.body.data).toMatchObject({ reason: 'over', lock_room: true, source: 'api', peer_id: '' });
  expect(await started.hms.getRoom(room.id)).toMatchObject({ enabled: false });
  expect(await started.hms.endRoom(room.id)).toBe(false);
  const failed = await receiver.received.first(({ body }) => body.type === 'room.end.failure');
  expect(failed.body.data).toMatchObject({ error_message: 'session not found', error_code: 404 });
});

it('tells of a role that could not be changed, of a leave too many, and of a peer that ends the room', async () => {
  await using started = await startSandbox();
  await using receiver = await startReceiver();
  const { control } = started.sandbox;
  control.setWebhook({ url: receiver.url });
  const room = await roomIn(started);
  await started.call('POST', `/templates/${room.templateId}/roles/host`, { maxPeerCount: 1 });
  const anna = control.join({ roomId: room.id, userId: 'anna', role: 'host', name: 'Anna' });
  const ben = control.join({ roomId: room.id, userId: 'ben', role: 'guest' });
  expect(() => control.changeRole(ben.id, 'host', anna.id)).toThrow('role limit reached');
  const unchanged = await receiver.received.first(({ body }) => body.type === 'role.change.failure');
  expect(unchanged.body.data).toEqual({
    room_id: room.id,
    room_name: 'room',
    template_id: room.templateId,
    session_id: anna.session_id,
    session_started_at: timestamp,
    peer_id: ben.id,
    user_id: 'ben',
    user_name: '',
    user_data: '',
    role: 'host',
    joined_at: ben.joined_at,
    role_change_requested_by: anna.id,
    error_message: 'role limit reached',
  });
  control.leave(ben.id);
  expect(() => control.leave(ben.id)).toThrow('peer not found');
  const failed = await receiver.received.first(({ body }) => body.type === 'peer.leave.failure');
  expect(failed.body.data).toMatchObject({
    peer_id: ben.id,
    duration: 0,
    left_at: '0001-01-01T00:00:00Z',
    joined_at: ben.joined_at,
    error_message: 'Peer not joined',
  });
  expect(failed.body.data).not.toHaveProperty('session_id');
  control.endRoom(room.id, { by: anna.id, reason: 'enough' });
  const ended = await receiver.received.first(({ body }) => body.type === 'room.end.success');
  expect(ended.body.data).toEqual({
    room_id: room.id,
    room_name: 'room',
    template_id: room.templateId,
    session_id: anna.session_id,
    session_started_at: timestamp,
    peer_id: anna.id,
    user_id: 'anna',
    user_name: 'Anna',
    role: 'host',
    lock_room: false,
    reason: 'enough',
    source: 'peer',
  });
});

describe('a webhook that is not answered with exactly 200', () => {
  it.each([500, 404, 204, 302])('is sent again with the same id: %d', async (status) => {
    await using started = await startSandbox(hurry);
    await using receiver = await startReceiver(({ body }, count) =>
      body.type === 'session.open.success' && count < 3 ? status : 200,
    );
    started.sandbox.control.setWebhook({ url: receiver.url });
    const room = await roomIn(started);
    started.sandbox.control.join({ roomId: room.id, userId: 'anna', role: 'host' });
    await started.sandbox.control.settled();
    const opened = receiver.received.items.filter(({ body }) => body.type === 'session.open.success');
    expect(opened.length).toBeGreaterThan(1);
    expect(new Set(opened.map(({ body }) => body.id)).size).toBe(1);
  });

  it('is given up after three retries, listed as failed, and brought by a replay that says so', async () => {
    await using started = await startSandbox(hurry);
    let isUp = false;
    await using receiver = await startReceiver(() => (isUp ? 200 : 503));
    const { control } = started.sandbox;
    control.setWebhook({ url: receiver.url });
    const room = await roomIn(started);
    control.join({ roomId: room.id, userId: 'anna', role: 'host' });
    await control.settled();
    expect(receiver.received.items).toHaveLength(8);

    const failed = [];
    for await (const delivery of started.hms.listWebhookEvents({ status: 'failed' })) failed.push(delivery);
    expect(failed.map(({ type }) => type).sort()).toEqual(['peer.join.success', 'session.open.success']);
    expect(failed[0]).toMatchObject({ failed: true, errorReason: 'status 503', roomId: room.id });

    isUp = true;
    const replay = await started.hms.replayWebhooks({ roomId: room.id });
    expect(replay).toMatchObject({
      status: 'started',
      workflowId: expect.stringMatching(/^webhook-replay-/),
    });
    const again = await receiver.received.first(({ body }) => body.is_replay === true);
    expect(again.body.id).toBe(failed.find(({ type }) => type === again.body.type)?.eventId);
    await receiver.received.first(({ body }) => body.is_replay === true && body.id !== again.body.id);
    const remaining = [];
    for await (const delivery of started.hms.listWebhookEvents({ status: 'failed' }))
      remaining.push(delivery);
    expect(remaining).toEqual([]);
  });

  it('is tried again after a restart of the sandbox in between', async () => {
    const first = await startSandbox();
    let isUp = false;
    await using receiver = await startReceiver(() => (isUp ? 200 : 503));
    first.sandbox.control.setWebhook({ url: receiver.url });
    const room = await roomIn(first);
    first.sandbox.control.join({ roomId: room.id, userId: 'anna', role: 'host' });
    await receiver.received.atLeast(2);
    await first.sandbox.close();
    isUp = true;
    await using second = await startSandbox({ directory: first.directory, ...hurry });
    await second.sandbox.control.settled();
    const ids = receiver.received.items.map(({ body }) => body.id);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('webhooks on a bad road', () => {
  async function storm(faults: Parameters<Started['sandbox']['control']['setWebhookFaults']>[0]) {
    await using started = await startSandbox(hurry);
    await using receiver = await startReceiver();
    const { control } = started.sandbox;
    control.setWebhook({ url: receiver.url });
    control.setWebhookFaults(faults);
    const room = await roomIn(started);
    for (let n = 0; n < 40; n += 1) control.join({ roomId: room.id, userId: `user-${n}`, role: 'guest' });
    await control.settled();
    const failed = [];
    for await (const delivery of started.hms.listWebhookEvents({ status: 'failed' }))
      failed.push(delivery.eventId);
    const joins = receiver.received.items.filter(({ body }) => body.type === 'peer.join.success');
    return { ids: receiver.received.items.map(({ body }) => body.id), failed, joins };
  }

  it('that drops some, all others arrive and those are in the log as failed', async () => {
    const { ids, failed } = await storm({ drop: 0.3 });
    expect(failed.length).toBeGreaterThan(5);
    expect(ids.length + failed.length).toBe(41);
  });

  it('that swallows some, the log takes them for delivered', async () => {
    const { ids, failed } = await storm({ swallow: 0.3 });
    expect(failed).toEqual([]);
    expect(ids.length).toBeLessThan(36);
  });

  it('that doubles some, the copies have the same id', async () => {
    const { ids } = await storm({ double: 0.5 });
    expect(new Set(ids).size).toBe(41);
    expect(ids.length).toBeGreaterThan(46);
  });

  it.each([{ shuffle: 10 }, { delay: { chance: 0.5, seconds: 20 } }])(
    'that is like %j, they arrive in another order, and all of them',
    async (faults) => {
      const { joins } = await storm(faults);
      const order = joins.map(({ body }) => Number(String(body.data['user_id']).slice(5)));
      expect([...order].sort((one, other) => one - other)).toEqual(Array.from({ length: 40 }, (_, n) => n));
      expect(order).not.toEqual([...order].sort((one, other) => one - other));
    },
  );
});

it('sends the test event of the dashboard, whose times cannot be read', async () => {
  await using started = await startSandbox();
  await using receiver = await startReceiver();
  started.sandbox.control.setWebhook({ url: receiver.url });
  expect(await started.sandbox.control.sendTestEvent()).toEqual({ ok: true });
  expect(receiver.received.items[0]?.body).toMatchObject({ timestamp: expect.stringMatching(/^20XX/) });
});
