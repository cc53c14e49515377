import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { EventSource } from 'eventsource';
import { JoinRoomDocument, LeaveRoomDocument } from '../generated/operations';
import type { components } from '../generated/rest';
import { openRestClient, post } from '../helpers/clients';
import { Collected } from '../helpers/collected';
import { startIn, startTestService } from '../helpers/service';

type Update = components['schemas']['Update'];

interface Seen {
  readonly event: string;
  readonly id: string;
  readonly update: Update;
}

/** A browser's `EventSource`, its events gathered in order. */
function follow(
  url: string,
): { seen: Collected<Seen>; source: EventSource; failed: Collected<number | undefined> } & Disposable {
  const seen = new Collected<Seen>();
  const failed = new Collected<number | undefined>();
  const source = new EventSource(url);
  for (const name of ['update', 'snapshot', 'caught_up']) {
    source.addEventListener(name, ({ data, lastEventId }) => {
      seen.add({ event: name, id: lastEventId, update: JSON.parse(data) as Update });
    });
  }
  source.onerror = ({ code }) => failed.add(code);
  return { seen, source, failed, [Symbol.dispose]: () => source.close() };
}

async function newRoom(url: string): Promise<string> {
  const { data } = await openRestClient(url).POST('/rooms', { body: { roomName: 'My Room' } });
  return data?.id ?? '';
}

const join = (url: string, roomId: string, userId: string) =>
  post(url, JoinRoomDocument, { input: { roomId, userId } });
const leave = (url: string, roomId: string, userId: string) =>
  post(url, LeaveRoomDocument, { input: { roomId, userId } });

it('tells updates as they happen, each with its cursor as the event id', async () => {
  await using service = await startTestService();
  const room = await newRoom(service.url);
  using watcher = follow(`${service.url}/rooms/${room}/updates?snapshot=true`);
  const first = await watcher.seen.first(({ event }) => event === 'snapshot');
  expect(first.update).toMatchObject({ participants: [], reason: 'FIRST' });
  await join(service.url, room, 'ana');
  await leave(service.url, room, 'ana');
  const [, joined, left] = await watcher.seen.atLeast(3);
  expect([joined, left]).toMatchObject([
    { event: 'update', id: joined?.update.cursor, update: { action: 'joined', userId: 'ana' } },
    { event: 'update', id: left?.update.cursor, update: { action: 'left', userId: 'ana' } },
  ]);
});

it('is cut and not ended by a restart, and a browser comes back to where it was', async () => {
  const directory = await mkdtemp(joinPath(tmpdir(), 'rollcall-'));
  const before = await startIn(directory);
  const room = await newRoom(before.url);
  using watcher = follow(`${before.url}/rooms/${room}/updates`);
  await new Promise((resolve) => {
    watcher.source.onopen = resolve;
  });
  await join(before.url, room, 'ana');
  await watcher.seen.atLeast(1);
  const port = new URL(before.url).port;
  await before.close();
  await watcher.failed.atLeast(1);
  expect(watcher.source.readyState).toBe(EventSource.CONNECTING);

  const after = await startIn(directory, { PORT: port });
  try {
    await leave(after.url, room, 'ana');
    const [joined, left] = await watcher.seen.atLeast(2);
    expect([joined?.update.action, left?.update.action]).toEqual(['joined', 'left']);
  } finally {
    watcher.source.close();
    await after.close();
    await rm(directory, { recursive: true, force: true });
  }
});

it('refuses what cannot start as any request is refused, which tells a browser to stop', async () => {
  await using service = await startTestService();
  using watcher = follow(`${service.url}/rooms/nobodys/updates`);
  expect(await watcher.failed.atLeast(1)).toEqual([404]);
  expect(watcher.source.readyState).toBe(EventSource.CLOSED);
});

it('takes Last-Event-ID for newer than the address, and an empty one for none', async () => {
  await using service = await startTestService();
  const room = await newRoom(service.url);
  const start = await openRestClient(service.url).GET('/rooms/{roomId}', {
    params: { path: { roomId: room } },
  });
  await join(service.url, room, 'ana');
  const { data } = await openRestClient(service.url).GET('/rooms/{roomId}', {
    params: { path: { roomId: room } },
  });
  const firstEvent = async (lastEventId: string) => {
    const url = `${service.url}/rooms/${room}/updates?after=${start.data?.cursor}&snapshot=true`;
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream', 'last-event-id': lastEventId },
    });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += new TextDecoder().decode(chunk as Uint8Array);
      const match = /^event: (\w+)$/m.exec(text);
      if (match) return match[1];
    }
    return text;
  };
  expect(await firstEvent(data?.cursor ?? '')).toBe('caught_up');
  expect(await firstEvent('')).toBe('update');
});

it('counts among the open connections', async () => {
  await using service = await startTestService({ LIMIT_SOCKETS: '1' });
  const room = await newRoom(service.url);
  using first = follow(`${service.url}/rooms/${room}/updates?snapshot=true`);
  await first.seen.atLeast(1);
  using second = follow(`${service.url}/rooms/${room}/updates`);
  expect(await second.failed.atLeast(1)).toEqual([429]);
});
