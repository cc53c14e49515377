import type { EventBus } from '../../src/events/event-bus';
import { MemoryBus } from '../../src/events/memory-bus';
import { RedisBus } from '../../src/events/redis-bus';
import { Collected } from '../helpers/collected';
import { hasRedis, openRedis, type RunningRedis } from '../helpers/redis';

/** One process's end of a bus, with what it reported. */
type OpenBus = () => Promise<EventBus & { readonly reported: unknown[] }>;

/** What every bus promises, whoever carries it. */
function describeBus(name: string, start: () => Promise<{ open: OpenBus; stop: () => Promise<void> }>): void {
  describe(name, () => {
    let open: OpenBus;
    let stop: () => Promise<void>;
    const buses: EventBus[] = [];

    beforeAll(async () => {
      const started = await start();
      stop = started.stop;
      open = async () => {
        const bus = await started.open();
        buses.push(bus);
        return bus;
      };
    });
    afterEach(async () => {
      for (const bus of buses.splice(0)) await bus.close();
    });
    afterAll(() => stop?.());

    const listen = async (bus: EventBus, topic: string) => {
      const heard = new Collected<unknown>();
      const id = await bus.subscribe(topic, heard.add, {});
      return { heard, id };
    };

    it('tells every listener of a topic, in the order of saying, and no listener of another', async () => {
      const bus = await open();
      const [first, second, other] = [await listen(bus, 'a'), await listen(bus, 'a'), await listen(bus, 'b')];
      for (const n of [1, 2, 3]) await bus.publish('a', [{ n }]);
      await bus.publish('b', 'end');
      expect(await first.heard.atLeast(3)).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]]);
      expect(await second.heard.atLeast(3)).toHaveLength(3);
      expect(await other.heard.atLeast(1)).toEqual(['end']);
    });

    it('tells nothing more to who has stopped listening', async () => {
      const bus = await open();
      const [gone, there] = [await listen(bus, 'a'), await listen(bus, 'a')];
      bus.unsubscribe(gone.id);
      bus.unsubscribe(gone.id);
      await bus.publish('a', 'late');
      await there.heard.atLeast(1);
      expect(gone.heard.items).toEqual([]);
    });

    it('spares the others a listener that throws, and reports it', async () => {
      const bus = await open();
      await bus.subscribe(
        'a',
        () => {
          throw new Error('a bad listener');
        },
        {},
      );
      const { heard } = await listen(bus, 'a');
      await bus.publish('a', 1);
      expect(await heard.atLeast(1)).toEqual([1]);
      expect(bus.reported).toMatchObject([{ message: 'a bad listener' }]);
    });
  });
}

describeBus('the bus of one process', async () => ({
  open: async () => withReports((report) => Promise.resolve(new MemoryBus(report))),
  stop: async () => undefined,
}));

if (!hasRedis) {
  it.skip('the bus of several processes: no redis-server on this machine (skipped: apt-get install redis-server)', () =>
    undefined);
} else {
  describeBus('the bus of several processes, over Redis', overRedis({}));
  describeBus('the bus of several processes, over a Redis cluster', overRedis({ cluster: true }));

  describe('two processes on one Redis', () => {
    it.each([false, true])('hear each other once (as a cluster: %s)', async (cluster) => {
      await using redis = await openRedis({ cluster });
      const [here, there] = [await openOn(redis), await openOn(redis)];
      const heardThere = new Collected<unknown>();
      const heardHere = new Collected<unknown>();
      await there.subscribe('room:1', heardThere.add);
      await here.subscribe('room:1', heardHere.add);
      await reaches(here, there);
      await reaches(there, here);
      for (const n of [1, 2, 3]) await here.publish('room:1', [n]);
      await there.publish('room:1', 'answer');
      await heardThere.first((message) => message === 'answer');
      expect(await heardThere.atLeast(4)).toEqual(expect.arrayContaining([[1], [2], [3], 'answer']));
      await heardHere.first((message) => message === 'answer');
      expect(heardHere.items).toEqual([[1], [2], [3], 'answer']);
      // What is said to those here alone goes no further.
      here.publishHere('room:1', 'among ourselves');
      expect(heardHere.items.at(-1)).toBe('among ourselves');
      await here.publish('room:1', 'to all');
      await heardThere.first((message) => message === 'to all');
      expect(heardThere.items).not.toContain('among ourselves');
      await here.close();
      await there.close();
    });

    it.each([
      ['killed', (redis: RunningRedis) => redis.stop(), (redis: RunningRedis) => redis.start()],
      ['frozen', async (redis: RunningRedis) => redis.freeze(), async (redis: RunningRedis) => redis.thaw()],
    ])(
      'go on by themselves after Redis was %s, knowing that they were deaf and saying so once',
      async (_how, end, begin) => {
        await using redis = await openRedis();
        const [here, there] = [await openOn(redis), await openOn(redis)];
        const heardHere = new Collected<unknown>();
        await here.subscribe('room:1', heardHere.add);
        await reaches(there, here);
        expect(here.isDeaf).toBe(false);

        await end(redis);
        await here.saidSo.first((text) => text.includes('Redis pub/sub is down'));
        expect(here.isDeaf).toBe(true);
        // Listeners of this process hear all the same, and nobody waits for Redis.
        await here.publish('room:1', 'among ourselves');
        await heardHere.first((message) => message === 'among ourselves');

        await begin(redis);
        await here.saidSo.first((text) => text.includes('is back'));
        await reaches(there, here);
        expect(here.saidSo.items).toHaveLength(2);
        // Only the loss is a failure.
        expect(here.reported).toEqual([expect.objectContaining({ message: here.saidSo.items[0] })]);
        await here.close();
        await there.close();
      },
    );

    it('know as soon as they are open whether Redis is reached, and report once that it is not', async () => {
      await using redis = await openRedis();
      const reached = await openOn(redis);
      expect([reached.isDeaf, reached.saidSo.items]).toEqual([false, []]);
      await redis.stop();
      const unreached = await openOn(redis);
      expect(unreached.isDeaf).toBe(true);
      expect(unreached.saidSo.items).toEqual([expect.stringContaining('Redis pub/sub is down')]);
      // What it listens to while Redis is down is listened to once Redis is there.
      const heard = new Collected<unknown>();
      await unreached.subscribe('room:1', heard.add);
      await redis.start();
      await unreached.saidSo.first((text) => text.includes('is back'));
      await reaches(reached, unreached);
      await reached.publish('room:1', 'a hint');
      expect(await heard.atLeast(1)).toEqual(['a hint']);
      await reached.close();
      await unreached.close();
    });

    it('never pass on the content of a message without a code of their key for its channel', async () => {
      await using redis = await openRedis();
      const [here, there] = [await openOn(redis), await openOn(redis)];
      const elsewhere = await openOn(redis, 'the key of another database');
      const { Redis } = await import('ioredis');
      const stranger = new Redis(redis.url);
      const texts = new Collected<string>();
      stranger.on('message', (_channel: string, text: string) => texts.add(text));
      await stranger.subscribe('rollcall:room:2');
      await there.publish('room:2', 'of another room');
      const [copied] = await texts.atLeast(1);
      await stranger.unsubscribe('rollcall:room:2');

      const heard = new Collected<unknown>();
      await here.subscribe('room:1', heard.add);
      await reaches(there, here);
      const own = String(copied);
      const lies = [
        '{"from":"an older version","message":"without a code"}',
        own,
        own.replace('of another room', 'of no room at all'),
        own.replace(/"code":"[^"]*"/, '"code":"AAAAAAAAAAAAAAAAAAAAAA"'),
      ];
      for (const lie of lies) await stranger.publish('rollcall:room:1', lie);
      await elsewhere.publish('room:1', 'with another key');
      await there.publish('room:1', 'true');
      await heard.first((message) => message === 'true');
      expect(heard.items).toEqual([...Array.from({ length: 5 }, () => undefined), 'true']);
      stranger.disconnect();
      for (const bus of [here, there, elsewhere]) await bus.close();
    });

    it('send what an older version reads: the sender first, the message beside it', async () => {
      await using redis = await openRedis();
      const here = await openOn(redis);
      const { Redis } = await import('ioredis');
      const older = new Redis(redis.url);
      const texts = new Collected<string>();
      older.on('message', (_channel: string, text: string) => texts.add(text));
      await older.subscribe('rollcall:room:1');
      await here.publish('room:1', [{ n: 1, text: 'é"' }]);
      const [text] = await texts.atLeast(1);
      expect(text).toMatch(/^\{"from":"[0-9a-f-]{36}"/);
      expect(JSON.parse(String(text))).toMatchObject({ message: [{ n: 1, text: 'é"' }] });
      older.disconnect();
      await here.close();
    });

    it('take garbage on their channels for what it is', async () => {
      await using redis = await openRedis();
      const [here, there] = [await openOn(redis), await openOn(redis)];
      const heard = new Collected<unknown>();
      await here.subscribe('room:1', heard.add);
      await reaches(there, here);
      const { Redis } = await import('ioredis');
      const stranger = new Redis(redis.url);
      for (const text of ['', 'not JSON', '5', 'null', '{"message":{}}'])
        await stranger.publish('rollcall:room:1', text);
      await there.publish('room:1', 'still here');
      await heard.first((message) => message === 'still here');
      stranger.disconnect();
      await here.close();
      await there.close();
    });
  });
}

it.each(hasRedis ? [{}] : [])(
  'a bus whose Redis stops is deaf after the wall clock was set back by an hour',
  async () => {
    await using redis = await openRedis();
    const bus = await openOn(redis);
    await reaches(bus, bus);
    const real = Date.now.bind(Date);
    const setBack = jest.spyOn(Date, 'now').mockImplementation(() => real() - 3_600_000);
    try {
      await redis.stop();
      await bus.saidSo.first((said) => said.includes('Redis pub/sub is down'));
      expect(bus.isDeaf).toBe(true);
    } finally {
      setBack.mockRestore();
      await bus.close();
    }
  },
);

function overRedis(how: { cluster?: boolean }) {
  return async () => {
    const redis = await openRedis(how);
    return { open: () => openOn(redis), stop: async () => redis[Symbol.asyncDispose]() };
  };
}

async function openOn(redis: RunningRedis, key = 'the key of their database') {
  const saidSo = new Collected<string>();
  const bus = await withReports((report) =>
    RedisBus.open({
      url: redis.url,
      report: (error) => {
        report(error);
        saidSo.add((error as Error).message);
      },
      note: saidSo.add,
    }),
  );
  bus.authenticateWith(Buffer.from(key));
  return Object.assign(bus, { saidSo });
}

async function withReports<T extends EventBus>(open: (report: (error: unknown) => void) => Promise<T>) {
  const reported: unknown[] = [];
  return Object.assign(await open((error) => reported.push(error)), { reported });
}

/** Says things on a topic of its own until the other process has heard one. */
async function reaches(from: EventBus, to: EventBus): Promise<void> {
  const heard = new Collected<unknown>();
  const id = await to.subscribe('probe', heard.add, {});
  const knocking = setInterval(() => void from.publish('probe', 'knock'), 50);
  await heard.atLeast(1);
  clearInterval(knocking);
  to.unsubscribe(id);
}
