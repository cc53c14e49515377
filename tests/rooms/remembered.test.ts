import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from 'mongoose';
import { connectDatabase } from '../../src/database/connect';
import { type EmbeddedDatabase, openEmbeddedDatabase } from '../../src/database/embedded';
import { Remembered } from '../../src/rooms/asking/remembered';
import { aService, openTestDatabase, TestRooms } from '../helpers/rooms';

let directory: string;
let database: EmbeddedDatabase;
let connection: Connection;
/** Another client. */
let other: Connection;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollcall-'));
  database = await openEmbeddedDatabase({ directory });
  connection = await connectDatabase(database.uri);
  other = await connectDatabase(database.uri);
});

afterAll(async () => {
  await connection.close();
  await other.close();
  await database.close();
  await rm(directory, { recursive: true, force: true });
});

/** A collection of a test's own, the answers about it, and how often they were asked for. */
async function remembering(name: string) {
  const doors = connection.collection<{ _id: string; open: boolean }>(name);
  await doors.insertMany([
    { _id: 'a', open: true },
    { _id: 'b', open: true },
  ]);
  const known = new Remembered<boolean | undefined>(database.countWrites(connection.name, name), 10);
  let asked = 0;
  const isOpen = (_id: string) =>
    known.answer(_id, async () => {
      asked += 1;
      return (await doors.findOne({ _id }))?.open;
    });
  return { doors, known, isOpen, asked: () => asked };
}

describe('an answer that is remembered', () => {
  it('is asked for once, as long as nothing is written', async () => {
    const { isOpen, asked } = await remembering('quiet');
    expect([await isOpen('a'), await isOpen('a'), await isOpen('a')]).toEqual([true, true, true]);
    expect(asked()).toBe(1);
  });

  it('is asked for anew after every kind of write, by whatever client', async () => {
    const { doors, isOpen } = await remembering('written');
    const theirs = other.collection<{ _id: string; open: boolean }>('written');
    const answerAfter = async (write: Promise<unknown>) => {
      await isOpen('a');
      await write;
      return isOpen('a');
    };
    expect(await answerAfter(theirs.updateOne({ _id: 'a' }, { $set: { open: false } }))).toBe(false);
    expect(await answerAfter(theirs.findOneAndUpdate({ _id: 'a' }, { $set: { open: true } }))).toBe(true);
    expect(await answerAfter(theirs.deleteOne({ _id: 'a' }))).toBeUndefined();
    expect(await answerAfter(theirs.insertOne({ _id: 'a', open: false }))).toBe(false);
    expect(await answerAfter(theirs.replaceOne({ _id: 'a' }, { open: true }))).toBe(true);
    expect(await answerAfter(theirs.findOneAndDelete({ _id: 'a' }))).toBeUndefined();
    expect(
      await answerAfter(theirs.updateOne({ _id: 'a' }, { $set: { open: true } }, { upsert: true })),
    ).toBe(true);
    const source = other.collection<{ _id: string; open: boolean }>('source');
    await source.insertOne({ _id: 'a', open: false });
    expect(await answerAfter(source.aggregate([{ $out: 'written' }]).toArray())).toBe(false);
    expect(await answerAfter(doors.drop())).toBeUndefined();
    expect(await answerAfter(source.rename('written'))).toBe(false);
  });

  it('is not kept where a write came between the question and its answer', async () => {
    const { doors, known, isOpen } = await remembering('between');
    const late = known.answer('a', async () => {
      const found = await doors.findOne({ _id: 'a' });
      await doors.updateOne({ _id: 'a' }, { $set: { open: false } });
      await isOpen('b');
      return found?.open;
    });
    expect(await late).toBe(true);
    expect(await isOpen('a')).toBe(false);
  });

  it('outlives a write that spares it, and none besides', async () => {
    const { doors, known, isOpen, asked } = await remembering('spared');
    const rename = (_id: string) =>
      doors.bulkWrite([{ updateOne: { filter: { _id }, update: { $inc: { n: 1 } } } }]);
    await isOpen('a');
    await known.spare(() => rename('a'));
    await isOpen('a');
    expect(asked()).toBe(1);
    await known.spare(async () => {
      const done = await rename('a');
      await doors.updateOne({ _id: 'a' }, { $set: { open: false } });
      return done;
    });
    expect(await isOpen('a')).toBe(false);
  });

  it('is asked for, and not forgotten, while a write that spares it is under way', async () => {
    const { doors, known, isOpen, asked } = await remembering('under way');
    await isOpen('a');
    await known.spare(async () => {
      const done = await doors.bulkWrite([
        { updateOne: { filter: { _id: 'b' }, update: { $set: { open: false } } } },
      ]);
      expect(await isOpen('b')).toBe(false);
      expect(asked()).toBe(2);
      return done;
    });
    expect([await isOpen('a'), asked()]).toEqual([true, 2]);
  });

  it('is never kept where nobody can count the writes', async () => {
    const known = new Remembered<number>(undefined, 10);
    let asked = 0;
    const ask = async () => {
      asked += 1;
      return asked;
    };
    expect([await known.answer('a', ask), await known.answer('a', ask)]).toEqual([1, 2]);
  });

  it('makes room for newer ones, the oldest first', async () => {
    const known = new Remembered<string>(() => 0, 2);
    const asked: string[] = [];
    const ask = (key: string) => known.answer(key, async () => String(asked.push(key)));
    for (const key of ['a', 'b', 'c', 'b', 'a']) await ask(key);
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });
});

describe('rooms that remember', () => {
  it('let nobody into a room that another client of the database has disabled', async () => {
    await using database = await openTestDatabase();
    await using here = await TestRooms.open(database);
    const roomId = await here.addRoom();
    const join = (userId: string) =>
      here.rooms.presence.join({ roomId, userId, deviceId: 'phone' }, aService);
    await join('ana');
    await join('ben');
    await here.connection.collection('rooms').updateOne({ roomId }, { $set: { enabled: false } });
    await expect(join('eve')).rejects.toMatchObject({ code: 'ROOM_DISABLED' });
    await here.connection.collection('rooms').updateOne({ roomId }, { $set: { enabled: true } });
    expect(await join('eve')).toMatchObject({ userId: 'eve' });
  });

  it('list a room with the count of whoever has just joined, and another only as filtered', async () => {
    await using database = await openTestDatabase();
    await using here = await TestRooms.open(database);
    const roomId = await here.addRoom({ name: 'Morning standup' });
    await here.addRoom({ name: 'Retro' });
    const list = async (nameContains?: string) => {
      const rooms = await here.rooms.rooms.list({ filter: { nameContains }, limit: 50 }, aService);
      return rooms.map(({ name, participantCount }) => `${name} ${participantCount}`).sort();
    };
    expect(await list()).toEqual(['Morning standup 0', 'Retro 0']);
    expect(await list('retro')).toEqual(['Retro 0']);
    expect(await list('stand')).toEqual(['Morning standup 0']);
    await here.rooms.presence.join({ roomId, userId: 'ana', deviceId: 'phone' }, aService);
    expect(await list()).toEqual(['Morning standup 1', 'Retro 0']);
    await here.connection.collection('rooms').updateOne({ roomId }, { $set: { name: 'Planning' } });
    expect(await list()).toEqual(['Planning 1', 'Retro 0']);
  });

  it('name a participant by the newest token, also by one that was minted since they last asked', async () => {
    await using database = await openTestDatabase();
    await using here = await TestRooms.open(database);
    const roomId = await here.addRoom();
    const device = { roomId, userId: 'ana', deviceId: 'phone' };
    const keep = (_id: string, name: string) => {
      const at = here.clock.now();
      const token = { _id: _id as never, roomId, userId: 'ana', name, role: 'host', issuedAt: at };
      return here.connection
        .collection('minted_tokens')
        .insertOne({ ...token, expiresAt: at, keepUntil: new Date('2999-01-01') });
    };
    const { presence } = here.rooms;
    expect(await presence.join(device, aService)).not.toHaveProperty('tokenId');
    await presence.leave(device, aService);
    await keep('one', 'Ana');
    expect(await presence.join(device, aService)).toMatchObject({ name: 'Ana', tokenId: 'one' });
  });
});
