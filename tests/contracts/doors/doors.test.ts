import type { RunningService } from '../../../src/app';
import {
  CreateRoomDocument,
  EndRoomDocument,
  JoinRoomDocument,
  LeaveRoomDocument,
} from '../../generated/operations';
import type { components } from '../../generated/rest';
import { openRestClient, post } from '../../helpers/clients';
import { startTestService } from '../../helpers/service';
import { doors } from './doors';

let service: RunningService;

/** Few entries may lie behind a cursor, so that one can be left behind. */
const MOST_REPLAYED = 50;

beforeAll(async () => {
  service = await startTestService({ LIMIT_REPLAY: String(MOST_REPLAYED) });
});
afterAll(() => service.close());

const device = (roomId: string, userId: string, deviceId: string) => ({
  input: { roomId, userId, deviceId },
});
const join = (roomId: string, userId: string, deviceId = 'default') =>
  post(service.url, JoinRoomDocument, device(roomId, userId, deviceId));
const leave = (roomId: string, userId: string, deviceId = 'default') =>
  post(service.url, LeaveRoomDocument, device(roomId, userId, deviceId));

/** A new room, and where its updates begin. */
async function newRoom(): Promise<{ roomId: string; start: string }> {
  const { data } = await post(service.url, CreateRoomDocument, { input: { name: 'Many doors' } });
  return { roomId: data.createRoom.id, start: data.createRoom.cursor };
}

/** What happened in a room after a place, read at once: what every door is compared with. */
async function history(roomId: string, after: string): Promise<components['schemas']['Update'][]> {
  const { data } = await openRestClient(service.url).GET('/rooms/{roomId}/updates', {
    params: { path: { roomId }, query: { after } },
  });
  return (data as components['schemas']['UpdatePage']).updates;
}

const cursorsOf = (updates: readonly { cursor: string }[]) => updates.map(({ cursor }) => cursor);
const withoutMarkers = <T extends { action: string }>(told: readonly T[]) =>
  told.filter(({ action }) => action !== 'CAUGHT_UP');

describe.each(Object.entries(doors))('%s', (_name, watch) => {
  it('tells who comes and goes, the past and then the present, with the cursors of the log', async () => {
    const { roomId, start } = await newRoom();
    await join(roomId, 'ana');
    await join(roomId, 'ben');
    await using watcher = watch(service.url, { roomId, after: start });
    await watcher.first(({ userId }) => userId === 'ben');
    await leave(roomId, 'ana');
    await leave(roomId, 'ben');
    await watcher.first(({ action, userId }) => action === 'LEFT' && userId === 'ben');
    const told = withoutMarkers(watcher.items);
    expect(told.map(({ action, userId }) => [action, userId])).toEqual([
      ['JOINED', 'ana'],
      ['JOINED', 'ben'],
      ['LEFT', 'ana'],
      ['LEFT', 'ben'],
    ]);
    expect(cursorsOf(told)).toEqual(cursorsOf(await history(roomId, start)));
  });

  it('tells each of many changes at once, in one order', async () => {
    const { roomId, start } = await newRoom();
    await using watcher = watch(service.url, { roomId, after: start });
    const users = Array.from({ length: 20 }, (_, number) => `user-${number}`);
    await Promise.all(users.map((user) => join(roomId, user)));
    await Promise.all(users.map((user) => leave(roomId, user)));
    const all = cursorsOf(await history(roomId, start));
    expect(all).toHaveLength(40);
    await watcher.first(({ cursor }) => cursor === all.at(-1));
    expect(cursorsOf(withoutMarkers(watcher.items))).toEqual(all);
  });

  it('continues what was seen through any other door, and each of them what was seen through it', async () => {
    const { roomId, start } = await newRoom();
    for (const user of ['ana', 'ben', 'cleo']) await join(roomId, user);
    const [, , last] = cursorsOf(await history(roomId, start));
    await using here = watch(service.url, { roomId, after: start });
    const [seen] = await here.atLeast(1);
    for (const other of Object.values(doors)) {
      await using there = other(service.url, { roomId, after: seen?.cursor ?? '' });
      await there.first(({ cursor }) => cursor === last);
      expect(withoutMarkers(there.items).map(({ userId }) => userId)).toEqual(['ben', 'cleo']);
    }
  });

  it('begins anew with who is there where the place of the cursor is left behind', async () => {
    const { roomId, start } = await newRoom();
    const comings = Array.from({ length: MOST_REPLAYED / 2 }, (_, number) => `user-${number}`);
    await Promise.all(comings.map((user) => join(roomId, user)));
    await Promise.all(comings.map((user) => leave(roomId, user)));
    await join(roomId, 'ana');
    await using watcher = watch(service.url, { roomId, after: start });
    const [snapshot] = await watcher.atLeast(1);
    expect(snapshot).toMatchObject({ action: 'SNAPSHOT', users: ['ana'], reason: 'GAP_TOO_LARGE' });
    await using further = watch(service.url, { roomId, after: snapshot?.cursor ?? '' });
    await leave(roomId, 'ana');
    const left = await further.first(({ action }) => action === 'LEFT');
    expect(await watcher.first(({ action }) => action === 'LEFT')).toEqual(left);
  });

  it('tells that the room is closed, and ends with that', async () => {
    const { roomId, start } = await newRoom();
    await join(roomId, 'ana');
    await using watcher = watch(service.url, { roomId, after: start });
    await watcher.first(({ action }) => action === 'JOINED');
    await post(service.url, EndRoomDocument, { input: { roomId, lock: true } });
    await watcher.finished();
    const told = withoutMarkers(watcher.items);
    expect(told.map(({ action }) => action)).toEqual(['JOINED', 'LEFT', 'ROOM_CLOSED']);
    await using again = watch(service.url, { roomId, after: told.at(-1)?.cursor ?? '' });
    await again.finished();
    expect(withoutMarkers(again.items)).toEqual(told.slice(-1));
  });

  it.each([
    [
      'a room that is not there',
      'ROOM_NOT_FOUND',
      async () => ({ roomId: 'nobodys', after: (await newRoom()).start }),
    ],
    [
      'the cursor of another room',
      'BAD_CURSOR',
      async () => ({ roomId: (await newRoom()).roomId, after: (await newRoom()).start }),
    ],
  ])('refuses %s with %s', async (_what, code, request) => {
    await using watcher = watch(service.url, await request());
    const body = { code, message: expect.any(String), requestId: expect.any(String) };
    await expect(watcher.atLeast(1)).rejects.toMatchObject({ body: expect.objectContaining(body) });
  });
});
