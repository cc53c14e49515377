import { once } from 'node:events';
import { CreateRoomDocument, JoinRoomDocument, LeaveRoomDocument } from '../../generated/operations';
import { openRestClient, post } from '../../helpers/clients';
import { nginx, startNginx } from '../../helpers/nginx';
import { RawSocket } from '../../helpers/raw-socket';
import { endProcesses } from '../../helpers/running-process';
import { startTestService } from '../../helpers/service';
import { doors } from './doors';

const whereItIs = nginx ? it : it.skip;
const reason = nginx ? '' : ' (skipped: nginx is not installed; apt-get install nginx-light)';

afterEach(endProcesses);

/** The heartbeats that the service sends while nginx would lose its patience. */
const HEARTBEATS = 4;

whereItIs(
  `every door works behind nginx: upgrades, nothing held back, and quiet streams stay open${reason}`,
  async () => {
    await using service = await startTestService({ PING_SECONDS: '1' });
    await using proxy = await startNginx([service.url], { readTimeout: 3, compresses: true });
    const { url } = proxy;

    const { data } = await post(url, CreateRoomDocument, { input: { name: 'Proxied' } });
    const roomId = data.createRoom.id;
    const request = { roomId, after: data.createRoom.cursor };
    const input = { input: { roomId, userId: 'ana' } };
    await post(url, JoinRoomDocument, input);

    const { 'long polls of REST': _, ...live } = doors;
    const watchers = Object.entries(live).map(([name, watch]) => ({ name, watcher: watch(url, request) }));
    try {
      // From the past, at once: a piece that nginx held back would wait for more of its kind.
      for (const { watcher } of watchers) await watcher.first(({ action }) => action === 'JOINED');

      await using quiet = await RawSocket.open(url);
      for (let heard = 0; heard < HEARTBEATS; heard += 1) await once(quiet.socket, 'ping');

      await post(url, LeaveRoomDocument, input);
      const left = await Promise.all(
        watchers.map(
          async ({ name, watcher }) =>
            [name, await watcher.first(({ action }) => action === 'LEFT')] as const,
        ),
      );
      const { data: room } = await openRestClient(url).GET('/rooms/{roomId}', {
        params: { path: { roomId } },
      });
      expect(left.map(([name, { cursor }]) => [name, cursor])).toEqual(
        Object.keys(live).map((name) => [name, room?.cursor]),
      );
    } finally {
      for (const { watcher } of watchers) await watcher[Symbol.asyncDispose]();
    }
  },
);

whereItIs(`a long poll through nginx comes back with what happened${reason}`, async () => {
  await using service = await startTestService();
  await using proxy = await startNginx([service.url], { readTimeout: 3, compresses: true });
  const { data } = await post(proxy.url, CreateRoomDocument, { input: { name: 'Proxied' } });
  const { id: roomId, cursor: after } = data.createRoom;
  const poll = openRestClient(proxy.url).GET('/rooms/{roomId}/updates', {
    params: { path: { roomId }, query: { after, wait: 2 } },
  });
  await post(proxy.url, JoinRoomDocument, { input: { roomId, userId: 'ana' } });
  expect((await poll).data).toMatchObject({ updates: [{ action: 'joined', userId: 'ana' }] });
});
