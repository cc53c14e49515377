import { loginOf } from '../helpers/logins';
import { type AddedField, countedField, FrameWatcher, openTestSockets } from '../helpers/sockets';
import { useWatchedRoom, watch } from '../helpers/watched-room';

describe('participantUpdates on sockets of graphql-ws', () => {
  const watched = useWatchedRoom();
  const { join } = watched;

  describe('updates that many watch alike', () => {
    it('are executed once for all of them, and reach each in order under its own id', async () => {
      const field = countedField();
      await using sockets = await openTestSockets(watched.rooms, { fields: [field] });
      const query = watch.replace('userId', 'userId counted');
      const watchers = await Promise.all(
        ['ana', 'ben', 'cem'].map((user) => FrameWatcher.open(sockets.url, loginOf(user))),
      );
      await Promise.all(
        watchers.flatMap((watcher, n) => [
          watcher.subscribe(`first of ${n}`, query, { roomId: watched.roomId }),
          watcher.subscribe(`second of ${n}`, query, { roomId: watched.roomId }),
        ]),
      );
      const before = field.times;
      for (const user of ['dia', 'eli', 'fay']) await join(user);
      for (const [n, watcher] of watchers.entries()) {
        for (const id of [`first of ${n}`, `second of ${n}`]) {
          const updates = await watcher.updates(id, 4);
          expect(updates.map(({ userId }) => userId)).toEqual([null, 'dia', 'eli', 'fay']);
        }
        watcher[Symbol.dispose]();
      }
      expect(field.times - before).toBe(3);
    });

    it('are the very bytes that graphql-ws would send, whatever the script of names and the id', async () => {
      await using sockets = await openTestSockets(watched.rooms);
      using watcher = await FrameWatcher.open(sockets.url, loginOf('ana'));
      const id = 'ünïcode "quoted" \\ 🎉';
      await watcher.subscribe(id, watch, { roomId: watched.roomId });
      await join('zoe', 'Zoë 🎉 張 "the \\ quick"');
      await join('long', 'x'.repeat(120));
      await watcher.updates(id, 3);
      for (const frame of watcher.items.slice(1)) {
        const { id: ofFrame, type, payload } = JSON.parse(frame);
        expect(frame).toBe(JSON.stringify({ id: ofFrame, type, payload }));
        expect(ofFrame).toBe(id);
      }
      expect(JSON.stringify(await watcher.updates(id, 3))).toContain('Zoë 🎉 張');
    });

    it('stop at once for a subscription that its client completes, and for no other', async () => {
      await using sockets = await openTestSockets(watched.rooms);
      using watcher = await FrameWatcher.open(sockets.url, loginOf('ana'));
      await watcher.subscribe('a', watch, { roomId: watched.roomId });
      await watcher.subscribe('b', watch, { roomId: watched.roomId });
      await join('dia');
      await Promise.all([watcher.updates('a', 2), watcher.updates('b', 2)]);
      watcher.send({ id: 'a', type: 'complete' });
      watcher.send({ type: 'ping' });
      await watcher.first((frame) => frame.includes('pong'));
      await join('eli');
      const told = (await watcher.updates('b', 3)).map(({ action, userId }) => userId ?? action);
      expect(told).toEqual(['SNAPSHOT', 'dia', 'eli']);
      expect(watcher.messages('a').map(({ type }) => type)).toEqual(['next', 'next']);
    });

    it('stay shared when one commit holds more of them than a queue', async () => {
      const field = countedField();
      await using sockets = await openTestSockets(watched.rooms, { fields: [field], queueAtMost: 8 });
      const query = watch.replace('userId', 'userId counted');
      const watchers = await Promise.all(
        ['ana', 'ben', 'cem'].map((user) => FrameWatcher.open(sockets.url, loginOf(user))),
      );
      await Promise.all(watchers.map((watcher) => watcher.subscribe('a', query, { roomId: watched.roomId })));
      await join('first');
      await Promise.all(watchers.map((watcher) => watcher.updates('a', 2)));
      const before = field.times;
      await Promise.all(Array.from({ length: 60 }, (_, n) => join(`user${n}`)));
      for (const watcher of watchers) {
        await watcher.updates('a', 62);
        watcher[Symbol.dispose]();
      }
      expect(field.times - before).toBe(60);
    });

    it('of one large commit are executed in slices, with other work in between', async () => {
      const executed = new Map<number, number>();
      let tick = 0;
      let isOver = false;
      const countTicks = () => {
        tick += 1;
        if (!isOver) setImmediate(countTicks);
      };
      const field = countedField();
      const perTick: AddedField = {
        ...field,
        resolve: () => {
          executed.set(tick, (executed.get(tick) ?? 0) + 1);
          return 'counted';
        },
      };
      await using sockets = await openTestSockets(watched.rooms, { fields: [perTick] });
      using watcher = await FrameWatcher.open(sockets.url, loginOf('ana'));
      await watcher.subscribe('a', watch.replace('userId', 'userId counted'), { roomId: watched.roomId });
      await join('first');
      await watcher.updates('a', 2);
      countTicks();
      try {
        await Promise.all(Array.from({ length: 500 }, (_, n) => join(`user${n}`)));
        await watcher.updates('a', 502);
      } finally {
        isOver = true;
      }
      expect(Math.max(...executed.values())).toBeLessThanOrEqual(125);
    });

    it('continue after a cursor without a gap between what is replayed and what is shared', async () => {
      await using sockets = await openTestSockets(watched.rooms);
      using first = await FrameWatcher.open(sockets.url, loginOf('ana'));
      await first.subscribe('a', watch, { roomId: watched.roomId });
      await join('u0');
      const [, { cursor } = {}] = await first.updates('a', 2);
      const late: FrameWatcher[] = [];
      for (let n = 1; n <= 40; n += 1) {
        void join(`u${n}`);
        if (n % 4 !== 0) continue;
        const watcher = await FrameWatcher.open(sockets.url, loginOf('ana'));
        watcher.send({
          id: 'late',
          type: 'subscribe',
          payload: { query: watch, variables: { roomId: watched.roomId, after: cursor } },
        });
        late.push(watcher);
      }
      const everybody = Array.from({ length: 40 }, (_, n) => `u${n + 1}`).sort();
      for (const watcher of late) {
        // CAUGHT_UP stands somewhere between them.
        const told = (await watcher.updates('late', 41)).filter(({ action }) => action !== 'CAUGHT_UP');
        expect(told.map(({ userId }) => userId).sort()).toEqual(everybody);
        watcher[Symbol.dispose]();
      }
    });
  });

  describe('a watcher that is slow', () => {
    /** Fills what the system buffers for a socket, several MiB, within some fifty updates. */
    const bulk: AddedField = {
      type: 'ParticipantUpdate',
      name: 'bulk',
      extensions: { sameForEverybody: true },
      resolve: () => 'x'.repeat(200_000),
    };
    const query = watch.replace('userId', 'userId bulk');

    it('continues from the log when it reads again: everything, in order, once; others do not wait for it', async () => {
      await using sockets = await openTestSockets(watched.rooms, { fields: [bulk], queueAtMost: 8 });
      using slow = await FrameWatcher.open(sockets.url, loginOf('ana'));
      using quick = await FrameWatcher.open(sockets.url, loginOf('ben'));
      await slow.subscribe('1', query, { roomId: watched.roomId });
      await quick.subscribe('1', query, { roomId: watched.roomId });
      slow.pause();
      const everybody: string[] = [];
      // Until the system takes no more for it, and its queue has overflowed several times since.
      for (let beyond = 0; beyond < 40; ) {
        const users = Array.from({ length: 10 }, (_, n) => `u${everybody.length + n}`);
        await Promise.all(users.map((user) => join(user)));
        everybody.push(...users);
        await quick.updates('1', everybody.length + 1);
        if (sockets.ends[0]?.writableNeedDrain) beyond += 10;
      }
      const told = (await quick.updates('1', everybody.length + 1)).slice(1);
      expect(told.map(({ userId }) => userId)).toEqual(everybody);
      expect(slow.messages('1').length).toBeLessThan(everybody.length);
      slow.resume();
      const late = (await slow.updates('1', everybody.length + 1)).slice(1);
      expect(late.map(({ userId }) => userId)).toEqual(everybody);
      await join('after');
      expect((await slow.updates('1', everybody.length + 2)).at(-1)).toMatchObject({ userId: 'after' });
    });

    it('is sent away with a code after which clients come back when it reads nothing at all', async () => {
      await using sockets = await openTestSockets(watched.rooms, {
        fields: [bulk],
        queueAtMost: 8,
        stallSeconds: 1,
      });
      using stalled = await FrameWatcher.open(sockets.url, loginOf('ana'));
      using reading = await FrameWatcher.open(sockets.url, loginOf('ben'));
      await stalled.subscribe('1', query, { roomId: watched.roomId });
      await reading.subscribe('1', query, { roomId: watched.roomId });
      const [end] = sockets.ends;
      const ended = new Promise((resolve) => end?.once('close', resolve));
      stalled.pause();
      for (let n = 0; !end?.writableNeedDrain; n += 1) await join(`u${n}`);
      await ended;
      stalled.resume();
      // What it could still read ends where it was cut off; a client calls that 1006, and comes back.
      expect(await stalled.closed).toMatch(/^(1013|1006) /);
      const before = reading.messages('1').length;
      await join('after');
      await reading.updates('1', before + 1);
    });
  });
});
