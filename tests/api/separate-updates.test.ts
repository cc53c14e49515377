import type { RequestContext } from '../../src/api/graphql/context';
import { loginOf, serviceKey } from '../helpers/logins';
import { type AddedField, countedField, FrameWatcher, openTestSockets } from '../helpers/sockets';
import { useWatchedRoom, watch } from '../helpers/watched-room';

describe('participantUpdates on sockets of graphql-ws', () => {
  const watched = useWatchedRoom();
  const { join, leave } = watched;

  const own: AddedField = {
    type: 'ParticipantUpdate',
    name: 'watcher',
    resolve: (_update, _args, context) => (context.caller as { id: string }).id,
  };

  describe('the border between watchers', () => {
    it('keeps rooms, documents, operations and variables apart', async () => {
      await using sockets = await openTestSockets(watched.rooms);
      using watcher = await FrameWatcher.open(sockets.url, loginOf('ana'));
      const elsewhere = await watched.rooms.addRoom();
      const two = `subscription A($roomId: ID!) { participantUpdates(roomId: $roomId, snapshot: true) { action a: userId } }
      subscription B($roomId: ID!) { participantUpdates(roomId: $roomId, snapshot: true) { action b: userId } }`;
      const include = `subscription ($roomId: ID!, $named: Boolean!) {
      participantUpdates(roomId: $roomId, snapshot: true) { action participant { userId name @include(if: $named) } }
    }`;
      const subscribe = (id: string, query: string, variables: object, operationName?: string) => {
        watcher.send({ id, type: 'subscribe', payload: { query, variables, operationName } });
        return watcher.updates(id, 1);
      };
      await Promise.all([
        subscribe('here', watch, { roomId: watched.roomId }),
        subscribe('elsewhere', watch, { roomId: elsewhere }),
        subscribe('A', two, { roomId: watched.roomId }, 'A'),
        subscribe('B', two, { roomId: watched.roomId }, 'B'),
        subscribe('named', include, { roomId: watched.roomId, named: true }),
        subscribe('unnamed', include, { roomId: watched.roomId, named: false }),
        subscribe(
          'literal',
          watch.replace('$roomId, ', `"${elsewhere}", `).replace('$roomId: ID!, ', ''),
          {},
        ),
      ]);
      await join('dia', 'Dia');
      await join('eli', 'Eli', elsewhere);
      const second = async (id: string) => (await watcher.updates(id, 2))[1];
      expect(await second('here')).toMatchObject({ userId: 'dia' });
      expect(await second('elsewhere')).toMatchObject({ userId: 'eli' });
      expect(await second('literal')).toMatchObject({ userId: 'eli' });
      expect(await second('A')).toEqual({ action: 'JOINED', a: 'dia' });
      expect(await second('B')).toEqual({ action: 'JOINED', b: 'dia' });
      expect(await second('named')).toEqual({
        action: 'JOINED',
        participant: { userId: 'dia', name: 'Dia' },
      });
      expect(await second('unnamed')).toEqual({ action: 'JOINED', participant: { userId: 'dia' } });
      expect(watcher.messages('here')).toHaveLength(2);
    });

    it.each([
      ['itself', 'watcher'],
      ['through an alias', 'mine: watcher'],
      ['through a fragment', '...Mine'],
      [
        'through an inline fragment behind a directive',
        '... on ParticipantUpdate @include(if: true) { watcher }',
      ],
    ])('gives a field that depends on who asks to each alone, selected %s', async (_how, selection) => {
      await using sockets = await openTestSockets(watched.rooms, { fields: [own] });
      const fragment = selection === '...Mine' ? ' fragment Mine on ParticipantUpdate { watcher }' : '';
      const query = watch.replace('userId', `userId ${selection}`) + fragment;
      const users = ['ana', 'ben', 'ana', 'cem'];
      const watchers = await Promise.all(users.map((user) => FrameWatcher.open(sockets.url, loginOf(user))));
      await Promise.all(watchers.map((watcher) => watcher.subscribe('1', query, { roomId: watched.roomId })));
      await join('dia');
      await leave('dia');
      for (const [n, watcher] of watchers.entries()) {
        for (const update of (await watcher.updates('1', 3)).slice(1)) {
          expect(update['watcher'] ?? update['mine']).toBe(users[n]);
        }
        watcher[Symbol.dispose]();
      }
    });

    it('never executes a field that depends on the caller without one, also where it would answer without', async () => {
      const callers: (string | undefined)[] = [];
      const idOf = (context: RequestContext | undefined) =>
        context?.caller.kind === 'user' ? context.caller.id : undefined;
      const tolerant: AddedField = {
        ...own,
        resolve: (_update, _args, context: RequestContext | undefined) => {
          callers.push(idOf(context));
          return idOf(context) ?? 'no caller';
        },
      };
      await using sockets = await openTestSockets(watched.rooms, { fields: [tolerant] });
      using ana = await FrameWatcher.open(sockets.url, loginOf('ana'));
      using ben = await FrameWatcher.open(sockets.url, loginOf('ben'));
      const query = watch.replace('userId', 'userId watcher');
      for (const watcher of [ana, ben]) await watcher.subscribe('1', query, { roomId: watched.roomId });
      const before = callers.length;
      await join('dia');
      await join('eli');
      expect((await ana.updates('1', 3)).map(({ watcher }) => watcher)).toEqual(['ana', 'ana', 'ana']);
      expect((await ben.updates('1', 3)).map(({ watcher }) => watcher)).toEqual(['ben', 'ben', 'ben']);
      expect(callers.slice(before).sort()).toEqual(['ana', 'ana', 'ben', 'ben']);
    });

    it('shares executions between callers of one kind, and never between a user and a service', async () => {
      const field = countedField();
      await using sockets = await openTestSockets(watched.rooms, { fields: [field] });
      const query = watch.replace('userId', 'userId counted');
      const tokens = [loginOf('ana'), loginOf('ben'), serviceKey, serviceKey];
      const watchers = await Promise.all(tokens.map((token) => FrameWatcher.open(sockets.url, token)));
      await Promise.all(watchers.map((watcher) => watcher.subscribe('1', query, { roomId: watched.roomId })));
      // From the second update on, all of them are shared.
      await join('dia');
      for (const watcher of watchers) await watcher.updates('1', 2);
      const before = field.times;
      await join('eli');
      for (const watcher of watchers) {
        expect((await watcher.updates('1', 3)).at(-1)).toMatchObject({ userId: 'eli' });
        watcher[Symbol.dispose]();
      }
      expect(field.times - before).toBe(2);
    });

    it('shows no caller to another where a field is wrongly marked as the same for all callers', async () => {
      const marked = { ...own, extensions: { sameForEverybody: true } };
      await using sockets = await openTestSockets(watched.rooms, { fields: [marked] });
      const query = watch.replace('userId', 'userId watcher');
      using ana = await FrameWatcher.open(sockets.url, loginOf('ana'));
      using ben = await FrameWatcher.open(sockets.url, loginOf('ben'));
      await ana.subscribe('1', query, { roomId: watched.roomId });
      await ben.subscribe('1', query, { roomId: watched.roomId });
      await join('dia');
      await join('eli');
      expect((await ana.updates('1', 3)).map(({ watcher }) => watcher)).toEqual(['ana', 'ana', 'ana']);
      expect((await ben.updates('1', 3)).map(({ watcher }) => watcher)).toEqual(['ben', 'ben', 'ben']);
    });

    it('has no caller in a shared execution', async () => {
      const seen: unknown[] = [];
      const looks: AddedField = {
        type: 'ParticipantUpdate',
        name: 'looks',
        extensions: { sameForEverybody: true },
        resolve: (_update, _args, context: RequestContext | undefined) => {
          seen.push(context);
          return 'looked';
        },
      };
      await using sockets = await openTestSockets(watched.rooms, { fields: [looks] });
      using ana = await FrameWatcher.open(sockets.url, loginOf('ana'));
      await ana.subscribe('1', watch.replace('userId', 'userId looks'), { roomId: watched.roomId });
      const before = seen.length;
      await join('dia');
      await ana.updates('1', 2);
      expect(seen.slice(before)).toEqual([undefined]);
    });
  });
});
