import { connectDatabase } from '../../src/database/connect';
import { openModels } from '../../src/rooms/models';
import { Upkeep } from '../../src/rooms/upkeep/upkeep';
import { UpkeepLease } from '../../src/rooms/upkeep/upkeep-lease';
import { Collected } from '../helpers/collected';
import { commandsOf, noting } from '../helpers/commands';
import { openTestDatabase } from '../helpers/rooms';

/** Several processes' hands on one lease. */
async function openLeases({ seconds }: { seconds: number }) {
  const database = await openTestDatabase();
  const connection = await connectDatabase(noting(database.uri));
  const models = openModels(connection);
  return {
    connection,
    lease: () => new UpkeepLease({ models, seconds }),
    kept: () => models.settings.findOne({ _id: 'upkeep lease' }).lean(),
    async [Symbol.asyncDispose]() {
      await connection.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

it('is held by one of many who ask at once', async () => {
  await using leases = await openLeases({ seconds: 60 });
  const answers = await Promise.all(Array.from({ length: 20 }, () => leases.lease().hold()));
  expect(answers.filter(Boolean)).toHaveLength(1);
});

it('is taken without an upsert by expression, which MongoDB refuses', async () => {
  await using leases = await openLeases({ seconds: 60 });
  const lease = leases.lease();
  const commands = await commandsOf(leases, () => lease.hold());
  const updates: { q?: object; upsert?: boolean }[] = commands.flatMap((command) => command.updates);
  expect(updates.some(({ q }) => q && '$expr' in q)).toBe(true);
  expect(updates.filter(({ q, upsert }) => upsert && q && '$expr' in q)).toEqual([]);
  expect(lease.isMine).toBe(true);
});

it('goes to another as soon as it is let go, and changes its fence with the hands', async () => {
  await using leases = await openLeases({ seconds: 60 });
  const [first, second] = [leases.lease(), leases.lease()];
  expect(await first.hold()).toBe(true);
  expect(await first.hold()).toBe(true);
  expect(await second.hold()).toBe(false);
  const before = await leases.kept();
  await first.release();
  expect(await second.hold()).toBe(true);
  expect(await first.hold()).toBe(false);
  expect((await leases.kept())?.fence).toBe((before?.fence ?? 0) + 1);
});

it('of a process that died goes to another when its time is over', async () => {
  await using leases = await openLeases({ seconds: 1 });
  expect(await leases.lease().hold()).toBe(true);
  const heir = leases.lease();
  const asked = new Collected<boolean>();
  const asks: Promise<void>[] = [];
  const asking = setInterval(() => asks.push(heir.hold().then(asked.add)), 100);
  await asked.first((isMine) => isMine);
  clearInterval(asking);
  await Promise.all(asks);
  expect(asked.items[0]).toBe(false);
});

it('keeps a task with one process until that one is closed, and then another goes on with it', async () => {
  await using leases = await openLeases({ seconds: 60 });
  const ran = new Collected<string>();
  const open = async (name: string) => {
    const task = { name: 'sweep', everySeconds: 0.05, run: async () => ran.add(name) };
    const upkeep = new Upkeep([task], leases.lease(), (error) => ran.fail(error));
    await upkeep.start();
    return upkeep;
  };
  const first = await open('first');
  await ran.atLeast(1);
  const second = await open('second');
  await ran.atLeast(5);
  expect(new Set(ran.items)).toEqual(new Set(['first']));
  await first.close();
  await ran.first((name) => name === 'second');
  await second.close();
});
