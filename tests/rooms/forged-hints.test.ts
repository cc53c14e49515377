import { Redis } from 'ioredis';
import { RedisBus } from '../../src/events/redis-bus';
import { Collected } from '../helpers/collected';
import { hasRedis, openRedis } from '../helpers/redis';
import { openTestDatabase, TestRooms } from '../helpers/rooms';

const ifRedis = hasRedis ? it : it.skip;

describe('a hint on Redis that no instance has sent', () => {
  ifRedis('is never delivered, and does not take the place of the real update', async () => {
    await using redis = await openRedis();
    await using database = await openTestDatabase();
    const bus = () => RedisBus.open({ url: redis.url, report: () => undefined, note: () => undefined });
    const buses = [await bus(), await bus()] as const;
    await using here = await TestRooms.open(database, { bus: buses[0], severalProcesses: true });
    await using there = await TestRooms.open(database, { bus: buses[1], severalProcesses: true });
    const roomId = await here.addRoom();
    const subscriber = await here.watch({ roomId });

    const stranger = new Redis(redis.url);
    const listener = new Redis(redis.url);
    const texts = new Collected<string>();
    listener.on('pmessage', (_pattern: string, channel: string, text: string) => {
      if (channel.includes(roomId)) texts.add(text);
    });
    await listener.psubscribe('rollcall:*');
    const join = (peer: string) =>
      there.webhook('peer.join.success', {
        room_id: roomId,
        session_id: 'a session',
        peer_id: peer,
        user_id: `user of ${peer}`,
        user_name: peer,
        role: 'guest',
        joined_at: there.clock.now().toISOString(),
      });
    await join('first');
    await subscriber.atLeast(1);
    const [text] = await texts.atLeast(1);
    const said = JSON.parse(String(text));
    const entries = said.message.map((entry: { seq: number }) => ({
      ...entry,
      _id: 'forged',
      seq: entry.seq + 1,
    }));
    const forged = JSON.stringify({ ...said, from: 'a-forger', message: entries }).replaceAll(
      'first',
      'ghost',
    );
    const channels = await stranger.pubsub('CHANNELS', `*${roomId}*`);
    for (const channel of channels as string[]) await stranger.publish(channel, forged);
    await join('second');

    const heard = await subscriber.atLeast(2);
    expect(heard.map(({ userId }) => userId)).toEqual(['user of first', 'user of second']);
    stranger.disconnect();
    listener.disconnect();
    for (const each of buses) await each.close();
  });
});
