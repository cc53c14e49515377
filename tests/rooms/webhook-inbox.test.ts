import { randomBytes } from 'node:crypto';
import { documentedTypes } from '../../src/video/hms.webhook';
import { openTestDatabase, TestRooms } from '../helpers/rooms';
import { startTestService } from '../helpers/service';
import { deliver, SampleSession } from '../helpers/webhooks';

const peer = (roomId: string, userId: string) => ({
  room_id: roomId,
  session_id: `session of ${roomId}`,
  peer_id: `peer-of-${userId}`,
  user_id: userId,
  user_name: `${userId} by name`,
  role: 'guest',
  joined_at: '2026-01-01T09:59:00.123456789Z',
});

async function told(process: TestRooms, roomId: string): Promise<string[]> {
  await process.rooms.inbox.settled();
  return (await process.log(roomId)).map(({ participant, action }) => `${participant?.userId} ${action}`);
}

async function statusOf(process: TestRooms, id: string): Promise<unknown> {
  await process.rooms.inbox.settled();
  return (await process.stored('inbox', { _id: id }))['status'];
}

describe('the inbox', () => {
  it('takes every documented type and unknown ones, and keeps them apart', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    for (const type of [...documentedTypes, 'beam.levitated.success']) {
      await process.webhook(type, { room_id: roomId }, { id: type });
    }
    expect(documentedTypes.size).toBe(33);
    await process.rooms.inbox.settled();
    expect(await process.rooms.inbox.tally()).toEqual({ ignored: 33, 'unknown type': 1 });
    expect(process.reports).toEqual([]);
  });

  it('keeps what a crash left unapplied, and applies it at the next start, once', async () => {
    await using database = await openTestDatabase();
    const before = await TestRooms.open(database);
    const roomId = await before.addRoom();
    // Kept, and then nothing more: as if the process had died before it could apply it.
    for (const userId of ['ana', 'ben']) {
      await before.webhook('peer.join.success', peer(roomId, userId), { id: `join ${userId}` });
    }
    await before.rooms.inbox.settled();
    await before.connection.collection('inbox').updateMany({}, { $set: { status: 'pending' } });
    await before.connection.collection('inbox').insertOne({
      ...(await before.stored('inbox', { _id: 'join ana' })),
      _id: 'join cleo' as never,
      event: {
        id: 'join cleo',
        type: 'peer.join.success',
        isReplay: false,
        data: peer(roomId, 'cleo'),
      },
    });
    await before.vanish();
    await using after = await TestRooms.open(database, { clock: before.clock });
    expect(await told(after, roomId)).toEqual(['ana JOINED', 'ben JOINED', 'cleo JOINED']);
    expect(await after.rooms.inbox.tally()).toEqual({ applied: 3 });
  });

  it('keeps an event of the future until its time has come', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    const timestamp = new Date(process.clock.now().getTime() + 3_600_000).toISOString();
    await process.webhook('peer.join.success', peer(roomId, 'ana'), { timestamp });
    await process.rooms.inbox.sweep();
    expect(await told(process, roomId)).toEqual([]);
    process.clock.moveOn(3_000);
    expect(await process.rooms.inbox.backlog()).toEqual({ pending: 0, oldestAgeSeconds: 0 });
    process.clock.moveOn(600);
    expect(await process.rooms.inbox.backlog()).toEqual({ pending: 1, oldestAgeSeconds: 0 });
    await process.rooms.inbox.sweep();
    expect(await told(process, roomId)).toEqual(['ana JOINED']);
  });

  it('keeps events of another app out of the rooms, counts them, and lets in those that name none', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database, { appId: 'ours' });
    const roomId = await process.addRoom();
    await process.webhook('peer.join.success', peer(roomId, 'stranger'), { app_id: 'theirs' });
    await process.webhook('peer.join.success', { ...peer(roomId, 'spy'), app_id: 'theirs' });
    await process.webhook('peer.join.success', peer(roomId, 'ana'), { app_id: 'ours' });
    await process.webhook('peer.join.success', peer(roomId, 'ben'));
    expect(await told(process, roomId)).toEqual(['ana JOINED', 'ben JOINED']);
    expect(await process.rooms.inbox.tally()).toEqual({ 'foreign app': 2, applied: 2 });
  });

  it.each([{ is_replay: true }, {}])('tells where the news came from: %j', async (envelope) => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    const data = { ...peer(roomId, 'ana'), ...('is_replay' in envelope ? {} : { is_replay: true }) };
    await process.webhook('peer.join.success', data, envelope);
    await process.rooms.inbox.settled();
    expect((await process.log(roomId))[0]?.source).toBe('REPLAY');
  });

  it('stores no address that is a way in, and nothing that a document cannot hold', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const secret = randomBytes(12).toString('hex');
    let deep: unknown = 'bottom';
    for (let i = 0; i < 5_000; i += 1) deep = [deep];
    const data = {
      room_id: 'r',
      recording_presigned_url: `https://bucket/${secret}`,
      location: `https://bucket.s3.amazonaws.com/x.mp4?X-Amz-Signature=${secret}`,
      rtmp: [{ url: `rtmp://a.rtmp.youtube.com/live2/${secret}` }],
      meeting_url: `https://example.com/preview?auth_token=${secret}`,
      recording_single_files: [{ recording_presigned_url: `https://bucket/${secret}`, size: 7 }],
      deep,
      'nul\0in a name': 1,
    };
    await process.webhook('beam.recording.success', data, { id: 'x'.repeat(5_000) });
    await process.rooms.inbox.settled();
    expect(await process.rooms.inbox.tally()).toEqual({ ignored: 1 });
    const stored = JSON.stringify(await process.stored('inbox', {}));
    expect(stored).not.toContain(secret);
    expect(stored).toContain('"size":7');
  });

  it('changes a role once, by the newest word, and tells of it', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    const change = (role: string, role_changed_at: string) =>
      process.webhook('role.change.success', {
        ...peer(roomId, 'ana'),
        role,
        previous_role: 'guest',
        role_changed_at,
      });
    await process.webhook('peer.join.success', peer(roomId, 'ana'));
    await change('host', '2026-01-01T10:00:02Z');
    await process.rooms.inbox.settled();
    await change('moderator', '2026-01-01T10:00:01Z');
    await change('host', '2026-01-01T10:00:02Z');
    expect(await told(process, roomId)).toEqual(['ana JOINED', 'ana UPDATED']);
    expect(await process.stored('participants', { roomId })).toMatchObject({
      role: 'host',
      status: 'ACTIVE',
    });
  });

  it('tells of a join where only a change of role came, and the late join does not undo the role', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = await process.addRoom();
    const role_changed_at = '2026-01-01T10:00:02Z';
    await process.webhook('role.change.success', { ...peer(roomId, 'ana'), role: 'host', role_changed_at });
    await process.rooms.inbox.settled();
    await process.webhook('peer.join.success', peer(roomId, 'ana'));
    expect(await told(process, roomId)).toEqual(['ana JOINED']);
    expect(await process.stored('participants', { roomId })).toMatchObject({
      role: 'host',
      joinedAt: new Date('2026-01-01T09:59:00.123Z'),
    });
  });

  it('disables a room that was ended with a lock at 100ms, unless we enabled it since', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const ended = async (fields: Record<string, unknown>) => {
      const roomId = await process.addRoom(fields);
      await process.webhook('peer.join.success', peer(roomId, 'ana'));
      await process.rooms.inbox.settled();
      const watcher = await process.watch({ roomId });
      await process.webhook('room.end.success', { ...peer(roomId, 'ana'), lock_room: true });
      const enabled = async () => (await process.stored('rooms', { roomId }))['enabled'];
      await watcher.atLeast(1);
      await process.rooms.inbox.settled();
      watcher.stop();
      return { told: await told(process, roomId), enabled: await enabled() };
    };
    expect(await ended({})).toEqual({
      told: ['ana JOINED', 'ana LEFT', 'undefined ROOM_CLOSED'],
      enabled: false,
    });
    const enabledAsOf = new Date(process.clock.now().getTime() + 60_000);
    expect(await ended({ enabledAsOf })).toEqual({ told: ['ana JOINED', 'ana LEFT'], enabled: true });
  });

  it('looks again at what was told of a room before it was known here', async () => {
    await using database = await openTestDatabase();
    await using process = await TestRooms.open(database);
    const roomId = 'f'.repeat(24);
    await process.webhook('peer.join.success', peer(roomId, 'ana'), { id: 'early' });
    expect(await statusOf(process, 'early')).toBe('unknown room');
    await process.addRoom({ roomId });
    await process.rooms.inbox.reconsider([roomId]);
    expect(await told(process, roomId)).toEqual(['ana JOINED']);
  });
});

it('lets in webhooks only from the addresses that may send them', async () => {
  await using there = await startTestService({ WEBHOOK_ALLOW: '203.0.113.7,198.51.100.0/24' });
  expect((await deliver(there.url, new SampleSession('r').opened())).status).toBe(403);
  await using here = await startTestService({ WEBHOOK_ALLOW: '203.0.113.7,127.0.0.0/8' });
  expect((await deliver(here.url, new SampleSession('r').opened())).status).toBe(200);
});

it('tells of each of many that come at once whether it was there already, and keeps all the others', async () => {
  await using database = await openTestDatabase();
  await using process = await TestRooms.open(database);
  const roomId = await process.addRoom();
  const send = (userId: string) =>
    process.webhook('peer.join.success', peer(roomId, userId), { id: `join ${userId}` });
  await send('ana');
  const users = Array.from({ length: 40 }, (_, index) => `user-${index}`);
  const outcomes = await Promise.all(['ana', ...users, 'ana', 'user-7'].map(send));
  expect(outcomes).toEqual(['repeated', ...users.map(() => 'kept'), 'repeated', 'repeated']);
  expect((await told(process, roomId)).sort()).toEqual(
    ['ana', ...users].map((userId) => `${userId} JOINED`).sort(),
  );
  expect(await process.rooms.inbox.tally()).toEqual({ applied: 41 });
});
