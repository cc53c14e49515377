import { parse } from 'graphql';
import type { mongo } from 'mongoose';
import { AppError } from '../../src/errors';
import type { Caller } from '../../src/rooms/access/caller';
import { RoomScans } from '../../src/rooms/room-scans';
import { post } from '../helpers/clients';
import { type GraphQLDoor, overHttp, overMultipart, overRest, overSocket, overSse } from '../helpers/doors';
import { openTestDatabase, TestRooms } from '../helpers/rooms';
import { startTestService } from '../helpers/service';
import { storedRooms } from '../helpers/stored-rooms';

const doors: Readonly<Record<string, GraphQLDoor>> = {
  'GraphQL over HTTP': overHttp,
  'graphql-ws': overSocket,
  'GraphQL over SSE': overSse,
  'GraphQL over multipart': overMultipart,
};

describe('one operation', () => {
  let service: Awaited<ReturnType<typeof startTestService>>;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.close());

  const aliases = (count: number, field: string) =>
    Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ');
  const connection = (filter: string) => `roomConnection(first: 1, filter: ${filter}) { totalCount }`;

  it.each(Object.entries(doors))(
    'may search and count rooms a few times over %s, and not 30 times',
    async (_name, door) => {
      const outcome = async (query: string, variables = {}) =>
        (await door(service.url, undefined, { query, variables })).outcome;
      const search = connection('{ nameContains: "x" }');
      expect(await outcome(`{ ${aliases(4, search)} }`)).toBe('ok');
      expect(await outcome(`{ ${aliases(30, search)} }`)).toBe('QUERY_TOO_COMPLEX');
      expect(await outcome(`{ ${aliases(30, 'rooms(filter: { nameContains: "x" }) { id }')} }`)).toBe(
        'QUERY_TOO_COMPLEX',
      );
      expect(await outcome(`{ ${aliases(30, 'roomConnection { totalCount }')} }`)).toBe('QUERY_TOO_COMPLEX');
      expect(await outcome(`{ ${aliases(30, 'rooms(limit: 1) { id }')} }`)).toBe('ok');

      const byVariable = aliases(30, 'rooms(filter: $f) { id }');
      const f = { nameContains: 'x' };
      expect(await outcome(`query ($f: RoomFilter) { ${byVariable} }`, { f })).toBe('QUERY_TOO_COMPLEX');
      expect(await outcome(`query ($f: RoomFilter) { ${byVariable} }`, { f: { enabled: true } })).toBe('ok');
      expect(await outcome(`query ($f: RoomFilter = { nameContains: "x" }) { ${byVariable} }`)).toBe(
        'QUERY_TOO_COMPLEX',
      );
      const inside = aliases(30, 'rooms(filter: { nameContains: $n }) { id }');
      expect(await outcome(`query ($n: String) { ${inside} }`, { n: 'x' })).toBe('QUERY_TOO_COMPLEX');
    },
  );

  it('is measured by the default of a variable for the size of a page as well', async () => {
    const people = 'rooms(limit: $n) { participants(limit: $p) { id userId name status } }';
    const { outcome } = await overHttp(service.url, undefined, {
      query: `query ($n: Int = 100, $p: Int = 1000) { ${aliases(3, people)} }`,
    });
    expect(outcome).toBe('QUERY_TOO_COMPLEX');
  });

  it('is told by its refusal what was too expensive and what to do', async () => {
    const told = async (query: string) => {
      const { errors } = await post(service.url, parse(query), {});
      return errors?.[0]?.message;
    };
    const search = connection('{ nameContains: "x" }');
    expect(await told(`{ ${aliases(10, search)} }`)).toBe(
      'This operation is too complex: cost 2000020, and at most 1000000 is allowed. Each nameContains and each totalCount ' +
        'looks at every room and costs 100000; this operation has 20. Send fewer of them in one operation.',
    );
    const people = 'rooms(limit: 100) { participants(limit: 1000) { id userId name status } }';
    expect(await told(`{ ${aliases(3, people)} }`)).toBe(
      'This operation is too complex: cost 1200303, and at most 1000000 is allowed. Each field counts once for every ' +
        'element of the lists it is in: ask for smaller pages or fewer fields.',
    );
  });

  it('leaves readiness and REST alone', async () => {
    const { status } = await overRest(service.url, undefined, { method: 'GET', path: '/rooms?limit=1' });
    expect(status).toBe(200);
  });
});

describe('a low LIMIT_COST', () => {
  it('bounds pages, and still allows four searches with their counts in one operation', async () => {
    await using service = await startTestService({ LIMIT_COST: '100' });
    const outcome = async (query: string) => (await overHttp(service.url, undefined, { query })).outcome;
    const searches = (count: number) =>
      Array.from(
        { length: count },
        (_, at) => `a${at}: roomConnection(first: 1, filter: { nameContains: "x" }) { totalCount }`,
      ).join(' ');
    expect(await outcome(`{ ${searches(4)} }`)).toBe('ok');
    expect(await outcome(`{ ${searches(5)} }`)).toBe('QUERY_TOO_COMPLEX');
    expect(await outcome('{ rooms(limit: 100) { id } }')).toBe('QUERY_TOO_COMPLEX');
  });
});

const ana: Caller = { kind: 'user', id: 'ana' };
const ben: Caller = { kind: 'user', id: 'ben' };
const backend: Caller = { kind: 'service', id: 'back end' };
const search = { filter: { nameContains: 'no room is called this' }, first: 1 };

describe('reads of many rooms', () => {
  it('are given a time limit in the database', async () => {
    await using database = await openTestDatabase();
    await using there = await TestRooms.open({ uri: `${database.uri}?monitorCommands=true` });
    const limits: unknown[] = [];
    there.connection.getClient().on('commandStarted', ({ command }: mongo.CommandStartedEvent) => {
      if ((command['find'] ?? command['aggregate']) === 'rooms') limits.push(command['maxTimeMS']);
    });
    await there.rooms.rooms.list({ limit: 1 }, backend);
    const page = await there.rooms.rooms.page(search, ana);
    await page.totalCount();
    expect(limits).toEqual([5_000, 5_000, 5_000]);
  });

  it('of one caller leave the database to another, who is served before they are over', async () => {
    await using database = await openTestDatabase();
    await using there = await TestRooms.open({ uri: `${database.uri}?monitorCommands=true` });
    const roomId = await there.addRoom();
    await there.connection.collection('rooms').insertMany(storedRooms(2_000));
    let running = 0;
    let most = 0;
    const open = new Set<number>();
    const client = there.connection.getClient();
    client.on('commandStarted', ({ command, requestId }: mongo.CommandStartedEvent) => {
      if (command['maxTimeMS'] !== 5_000) return;
      open.add(requestId);
      running += 1;
      most = Math.max(most, running);
    });
    const ended = ({ requestId }: { requestId: number }) => {
      if (open.delete(requestId)) running -= 1;
    };
    client.on('commandSucceeded', ended);
    client.on('commandFailed', ended);

    const order: string[] = [];
    const operation = async () => {
      const page = await there.rooms.rooms.page(search, ana);
      order.push(`${await page.totalCount()} of ana`);
    };
    const operations = Array.from({ length: 20 }, operation);
    const other = there.rooms.rooms.find(roomId, ben).then((room) => order.push(`${room?.roomId} of ben`));
    await Promise.all([...operations, other]);
    expect(order).toHaveLength(21);
    expect(order.indexOf(`${roomId} of ben`)).toBeLessThan(5);
    expect(most).toBe(4);
  });
});

describe('the semaphore of scans', () => {
  const isScan = true;
  /** Scans that end when the test says so. */
  const held = () => {
    const ends: (() => void)[] = [];
    const read = () => new Promise<void>((resolve) => ends.push(resolve));
    return { ends, read };
  };

  it('lets 4 of one caller through, 12 of all, and refuses a caller of whom 100 wait', async () => {
    const scans = new RoomScans();
    const { ends, read } = held();
    const running = Array.from({ length: 104 }, () => scans.run(ana, isScan, read));
    expect(ends).toHaveLength(4);
    await expect(scans.run(ana, isScan, read)).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: 1 });
    for (const caller of ['b', 'c', 'd'])
      running.push(...Array.from({ length: 4 }, () => scans.run({ kind: 'user', id: caller }, isScan, read)));
    expect(ends).toHaveLength(12);
    await scans.run(ana, false, async () => ends.push(() => undefined));
    let at = 0;
    const all = Promise.all(running).then(() => (at = -1));
    while (at >= 0) {
      while (at < ends.length) ends[at++]?.();
      await new Promise(setImmediate);
    }
    await all;
    expect(ends).toHaveLength(104 + 12 + 1);
  });

  it('tells the caller what to do when the database gave up', async () => {
    const expired = Object.assign(new Error('operation exceeded time limit'), { code: 50 });
    const given = new RoomScans().run(ana, isScan, () => Promise.reject(expired));
    await expect(given).rejects.toThrow(AppError);
    await expect(given).rejects.toMatchObject({
      code: 'QUERY_TOO_COMPLEX',
      message: expect.stringContaining('longer than 5 s'),
    });
  });
});
