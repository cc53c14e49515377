import { Broadcasts } from '../../src/api/graphql/broadcast/broadcast';
import { Ticks } from '../../src/api/graphql/broadcast/socket-writer';
import { type Operation, Operations } from '../../src/api/graphql/operation';
import { buildGraphQLSchema } from '../../src/api/graphql/schema';
import { toErrorBody } from '../../src/errors';
import { silentMeter } from '../../src/figures';
import { ground } from '../helpers/logins';
import { openTestDatabase, TestRooms } from '../helpers/rooms';

const query = `subscription ($roomId: ID!) {
  participantUpdates(roomId: $roomId) { action userId }
}`;
const caller = { kind: 'service', id: 'test' } as const;

/** Counts the ticks of the event loop until it is stopped. */
function countTicks() {
  const ticks = { now: 0, isOver: false };
  const next = () => {
    ticks.now += 1;
    if (!ticks.isOver) setImmediate(next);
  };
  setImmediate(next);
  return ticks;
}

describe('a broadcast to 5,000 subscribers', () => {
  it('queues several updates in one tick, so that each socket gets them with one write', async () => {
    await using database = await openTestDatabase();
    await using rooms = await TestRooms.open(database);
    const roomId = await rooms.addRoom();
    const operations = new Operations({
      schema: await buildGraphQLSchema(),
      production: false,
      limits: ground.limits,
      describe: toErrorBody,
      context: (who, requestId) => ({ ...rooms.rooms, caller: who, requestId }),
      meter: silentMeter,
    });
    const operation = operations.read({ query, variables: { roomId } }, caller) as Operation;
    const live = await rooms.rooms.feed.listen(roomId, () => undefined);
    const place = { roomId, epoch: live.epoch, seq: live.seq };
    const broadcasts = new Broadcasts((error) => {
      throw error;
    });
    const tickOf = new Map<number, number>();
    const ticks = countTicks();
    let received = 0;
    const whenAll = new Promise<void>((resolve) => {
      for (let n = 0; n < 5_000; n += 1) {
        const listener = {
          seq: place.seq,
          tell: ({ seq }: { seq: number }) => {
            tickOf.set(seq, ticks.now);
            received += 1;
            if (received === 5_000 * 4) resolve();
          },
          dismiss: () => undefined,
        };
        broadcasts.join(listener, operation, 'all alike', place);
      }
    });
    await Promise.all(
      ['ana', 'ben', 'cem', 'dia'].map((userId) =>
        rooms.rooms.presence.join({ roomId, userId, deviceId: 'default' }, caller),
      ),
    );
    await whenAll;
    ticks.isOver = true;
    live.detach();
    expect(new Set(tickOf.values()).size).toBe(1);
  });

  it('writes to a bounded number of sockets in one tick, and to all of them in the end', async () => {
    const writtenIn = new Map<number, number>();
    const ticks = countTicks();
    let written = 0;
    await new Promise<void>((resolve) => {
      const scheduled = new Ticks(() => undefined);
      for (let n = 0; n < 10_000; n += 1) {
        const writer = {
          flush: () => {
            writtenIn.set(ticks.now, (writtenIn.get(ticks.now) ?? 0) + 1);
            written += 1;
            if (written === 10_000) resolve();
          },
        };
        scheduled.schedule(writer);
      }
    });
    ticks.isOver = true;
    expect(Math.max(...writtenIn.values())).toBeLessThanOrEqual(5_000);
  });
});
