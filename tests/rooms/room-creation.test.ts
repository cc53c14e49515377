import type { mongo } from 'mongoose';
import type { Caller } from '../../src/rooms/access/caller';
import { StoppedClock } from '../helpers/clock';
import { openTestHms } from '../helpers/hms';
import { aService, openTestDatabase, TestRooms } from '../helpers/rooms';

/** Rooms with a 100ms behind them, whose creates are counted. */
async function opened() {
  const clock = new StoppedClock();
  const hms = await openTestHms(clock);
  // Each of them may take several attempts.
  const creates = jest.spyOn(hms.hms, 'createRoom');
  const database = await openTestDatabase();
  const uri = `${database.uri}?monitorCommands=true`;
  const there = await TestRooms.open({ uri }, { clock, hms: hms.hms });
  const close = async () => {
    await there[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
    await hms[Symbol.asyncDispose]();
  };
  return { there, creates, rooms: there.rooms.rooms, [Symbol.asyncDispose]: close };
}

it('sends 100ms one create for a hundred that arrive together with one key', async () => {
  await using all = await opened();
  const input = { name: 'Exam', idempotencyKey: 'exam-7' };
  const made = await Promise.all(Array.from({ length: 100 }, () => all.rooms.create(input, aService)));
  expect(new Set(made.map(({ roomId }) => roomId)).size).toBe(1);
  expect(all.creates).toHaveBeenCalledTimes(1);
  expect((await all.rooms.create(input, aService)).roomId).toBe(made[0]?.roomId);
  expect(all.creates).toHaveBeenCalledTimes(1);
});

it('refuses one of two different requests that arrive together with one key', async () => {
  await using all = await opened();
  const outcomes = await Promise.allSettled(
    ['Exam', 'Party'].map((name) => all.rooms.create({ name, idempotencyKey: 'k' }, aService)),
  );
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(all.creates).toHaveBeenCalledTimes(1);
});

it('makes each of two callers with one key a room of their own, together or one after the other', async () => {
  await using all = await opened();
  const callers: Caller[] = [
    { kind: 'user', id: 'ana' },
    { kind: 'user', id: 'ben' },
    { kind: 'service', id: 'ana' },
  ];
  const input = { name: 'Exam', idempotencyKey: 'exam-7' };
  const together = await Promise.all(callers.map((caller) => all.rooms.create(input, caller)));
  const again = [];
  for (const caller of callers) again.push(await all.rooms.create(input, caller));
  expect(new Set(together.map(({ roomId }) => roomId)).size).toBe(3);
  expect(again.map(({ roomId }) => roomId)).toEqual(together.map(({ roomId }) => roomId));
  const later = { name: 'Later', idempotencyKey: 'later' };
  const first = await all.rooms.create(later, callers[0] as Caller);
  const second = await all.rooms.create(later, callers[1] as Caller);
  expect(second.roomId).not.toBe(first.roomId);
});

it('asks the database nothing about a room that has no key: it cannot be there', async () => {
  await using all = await opened();
  const asked: string[] = [];
  all.there.connection
    .getClient()
    .on('commandStarted', ({ commandName, command }: mongo.CommandStartedEvent) => {
      const collection = String(command[commandName]);
      if (collection === 'rooms') asked.push(commandName);
    });
  await all.rooms.create({ name: 'Standup' }, aService);
  expect(asked).toEqual(['insert']);
});
