import type { ApiFault } from '../../src/video/sandbox/faults';
import { StoppedClock } from '../helpers/clock';
import { openTestHms } from '../helpers/hms';
import { openTestDatabase, TestRooms } from '../helpers/rooms';
import { shown, trials } from '../helpers/trials';

const caller = { kind: 'service', id: 'tests' } as const;

/**
 * Rooms on a 100ms whose webhooks go nowhere: all that is known comes by asking.
 *
 * @param ask how 100ms is asked, where not by `fetch` itself
 */
async function openWorld(ask?: typeof fetch) {
  const clock = new StoppedClock();
  const database = await openTestDatabase();
  const there = await openTestHms(clock, 1, ask);
  const { hms, sandbox } = there;
  const process = await TestRooms.open(database, { clock, hms, reconcileSeconds: 86_400 });
  const { id: roomId } = await process.rooms.rooms.create({ name: 'Standup' }, caller);
  const joins = (userId: string, role = 'guest') =>
    sandbox.control.join({ roomId, userId, role, name: userId });
  const told = async () =>
    (await process.log(roomId)).map(({ participant, action }) => `${participant?.userId} ${action}`);
  const reconcile = () => process.rooms.upkeep.runNow('reconcile');
  await reconcile();
  const dispose = async () => {
    for (const part of [process, there, database]) await part[Symbol.asyncDispose]();
  };
  return {
    clock,
    database,
    hms,
    control: sandbox.control,
    process,
    roomId,
    joins,
    told,
    reconcile,
    [Symbol.asyncDispose]: dispose,
  };
}

describe('the reconciler', () => {
  it('opens what was missed, and says that it was it', async () => {
    await using world = await openWorld();
    const ana = world.joins('ana', 'host');
    world.joins('ben');
    await world.reconcile();
    expect((await world.told()).sort()).toEqual(['ana JOINED', 'ben JOINED']);
    const [entry] = await world.process.log(world.roomId);
    expect(entry).toMatchObject({ source: 'RECONCILE' });
    const stored = await world.process.stored('participants', { userId: 'ana' });
    expect(stored).toMatchObject({ name: 'ana', role: 'host', keys: [`peer ${ana.session_id} ${ana.id}`] });
    const room = await world.process.rooms.rooms.find(world.roomId, caller);
    expect(room?.lastReconciledAt).toEqual(world.clock.now());
    await world.reconcile();
    expect(await world.told()).toHaveLength(2);
  });

  it('closes who is gone, tells of a new role, and ends everybody when there is no session', async () => {
    await using world = await openWorld();
    const [ana, ben] = [world.joins('ana'), world.joins('ben'), world.joins('cleo')];
    await world.reconcile();
    world.clock.moveOn(30);
    world.control.leave(ben.id);
    world.control.changeRole(ana.id, 'host');
    await world.reconcile();
    expect((await world.told()).slice(3).sort()).toEqual(['ana UPDATED', 'ben LEFT']);
    for (const { id } of world.control.present(world.roomId)) world.control.leave(id);
    world.clock.moveOn(30);
    await world.reconcile();
    expect((await world.told()).slice(5).sort()).toEqual(['ana LEFT', 'cleo LEFT']);
    expect((await world.process.rooms.rooms.find(world.roomId, caller))?.participantCount).toBe(0);
  });

  it('believes that most are gone only when it hears it twice', async () => {
    await using world = await openWorld();
    const peers = ['ana', 'ben', 'cleo', 'dan'].map((userId) => world.joins(userId));
    await world.reconcile();
    world.clock.moveOn(30);
    for (const { id } of peers.slice(0, 3)) world.control.leave(id);
    await world.reconcile();
    expect(await world.told()).toHaveLength(4);
    await world.reconcile();
    expect((await world.told()).slice(4).sort()).toEqual(['ana LEFT', 'ben LEFT', 'cleo LEFT']);
  });

  it('remembers over an answer that is none what it has heard once', async () => {
    await using world = await openWorld();
    const peers = ['ana', 'ben', 'cleo', 'dan'].map((userId) => world.joins(userId));
    await world.reconcile();
    world.clock.moveOn(30);
    for (const { id } of peers.slice(0, 3)) world.control.leave(id);
    await world.reconcile();
    world.control.setApiFaults([{ kind: 'html', status: 404, on: '/active-rooms' }]);
    await world.reconcile();
    world.control.setApiFaults([]);
    expect(await world.told()).toHaveLength(4);
    await world.reconcile();
    expect((await world.told()).slice(4).sort()).toEqual(['ana LEFT', 'ben LEFT', 'cleo LEFT']);
  });

  it('never touches what changed since it asked', async () => {
    let meanwhile: (() => Promise<void>) | undefined;
    await using world = await openWorld(async (url, init) => {
      const answer = await fetch(url, init);
      if (String(url).endsWith('/peers')) await meanwhile?.();
      return answer;
    });
    const { process, roomId } = world;
    const [ana, ben] = [world.joins('ana'), world.joins('ben'), world.joins('cleo')];
    await world.reconcile();
    world.clock.moveOn(30);
    const data = (peer: typeof ana) => ({
      ...{
        room_id: roomId,
        session_id: peer.session_id,
        peer_id: peer.id,
        user_id: peer.user_id,
        role: 'guest',
      },
      ...{ joined_at: peer.joined_at, left_at: world.clock.now().toISOString(), reason: 'client request' },
    });
    // 100ms has answered, and the answer is under way: one joins and another leaves, and webhooks tell of both.
    const told = ['ben LEFT', 'late JOINED'];
    meanwhile = async () => {
      meanwhile = undefined;
      await process.webhook('peer.leave.success', data(ben));
      await process.webhook('peer.join.success', data({ ...ana, id: 'late', user_id: 'late' }));
      await process.rooms.inbox.settled();
      expect((await world.told()).slice(3).sort()).toEqual(told);
    };
    await world.reconcile();
    expect(meanwhile).toBeUndefined();
    expect((await world.told()).slice(3).sort()).toEqual(told);
  });

  it('takes back a leave that was none, when 100ms lists the peer twice', async () => {
    await using world = await openWorld();
    const ana = world.joins('ana');
    world.joins('ben');
    await world.reconcile();
    world.clock.moveOn(30);
    const data = { room_id: world.roomId, session_id: ana.session_id, peer_id: ana.id, user_id: 'ana' };
    await world.process.webhook('peer.leave.success', { ...data, left_at: world.clock.now().toISOString() });
    await world.process.rooms.inbox.settled();
    await world.reconcile();
    expect((await world.told()).at(-1)).toBe('ana LEFT');
    await world.reconcile();
    expect((await world.told()).at(-1)).toBe('ana JOINED');
    const log = await world.process.log(world.roomId);
    expect(log.at(-1)?.participant?._id).not.toBe(log.at(-2)?.participant?._id);
    await world.reconcile();
    expect(await world.told()).toHaveLength(4);
  });

  it('on the sandbox leaves sessions alone of which the sandbox has never heard', async () => {
    await using world = await openWorld();
    await using careful = await TestRooms.open(world.database, {
      clock: world.clock,
      hms: world.hms,
      reconcileSeconds: 86_400,
      onlyKnownSessions: true,
    });
    const byHand = { room_id: world.roomId, session_id: 'made-up', peer_id: 'p', user_id: 'ana' };
    await careful.webhook('peer.join.success', byHand);
    await careful.rooms.inbox.settled();
    world.clock.moveOn(60);
    await careful.rooms.upkeep.runNow('reconcile');
    await careful.rooms.upkeep.runNow('reconcile');
    expect(await world.told()).toEqual(['ana JOINED']);
    await world.reconcile();
    expect(await world.told()).toEqual(['ana JOINED', 'ana LEFT']);
  });

  it('asks the sandbox once about a session, and remembers that only while somebody is in it', async () => {
    let timesAsked = 0;
    await using world = await openWorld((url, init) => {
      if (String(url).endsWith('/sessions/made-up')) timesAsked += 1;
      return fetch(url, init);
    });
    await using careful = await TestRooms.open(world.database, {
      clock: world.clock,
      hms: world.hms,
      reconcileSeconds: 86_400,
      onlyKnownSessions: true,
    });
    const tells = async (type: string, data: object = {}) => {
      const about = { room_id: world.roomId, session_id: 'made-up', user_id: 'ana', ...data };
      await careful.webhook(type, about);
      await careful.rooms.inbox.settled();
    };
    const reconcile = () => careful.rooms.upkeep.runNow('reconcile');
    await tells('peer.join.success', { peer_id: 'p' });
    await reconcile();
    await reconcile();
    expect(timesAsked).toBe(1);
    await tells('peer.leave.success', { peer_id: 'p', left_at: world.clock.now().toISOString() });
    await reconcile();
    await tells('peer.join.success', { peer_id: 'q' });
    await reconcile();
    expect(timesAsked).toBe(2);
  });
});

const badAnswers: [string, ApiFault][] = [
  ['an error of the server', { kind: 'status', status: 500 }],
  ['a server that is away', { kind: 'status', status: 503 }],
  ['a refusal of our key', { kind: 'status', status: 401 }],
  ['too many questions', { kind: 'rate-limited', seconds: 45 }],
  ['no answer at all', { kind: 'never' }],
  ['a connection cut before the answer', { kind: 'cut', at: 'start' }],
  ['a connection cut within the answer', { kind: 'cut', at: 'middle' }],
  ['a page of HTML', { kind: 'html', status: 200 }],
  ['the 404 of somebody on the way', { kind: 'html', status: 404 }],
  ['half of the answer', { kind: 'truncated' }],
  ['an empty object', { kind: 'body', text: '{}' }],
  ['a list where a map belongs', { kind: 'body', text: '{"peers":[]}' }],
  ['null for the peers', { kind: 'body', text: '{"peers":null}' }],
  ['an empty body', { kind: 'body', text: '' }],
  ['a redirect', { kind: 'redirect', to: 'http://127.0.0.1:9/' }],
];

it('removes nobody on any of fifteen kinds of bad answer, however often it comes', async () => {
  const times = trials(3, 50);
  await using world = await openWorld();
  for (const userId of ['ana', 'ben', 'cleo']) world.joins(userId);
  await world.reconcile();
  world.clock.moveOn(30);
  for (const [what, fault] of badAnswers) {
    world.control.setApiFaults([{ ...fault, on: '/active-rooms' }]);
    for (let i = 0; i < times; i += 1) await world.reconcile();
    expect([what, (await world.told()).length]).toEqual([what, 3]);
  }
  shown('a bad answer of 100ms removes nobody', `${badAnswers.length} kinds × ${times}, 0 removed`);
  // And it can: the same room, asked again without faults.
  world.control.setApiFaults([]);
  for (const { id } of world.control.present(world.roomId)) world.control.leave(id);
  await world.reconcile();
  expect((await world.process.rooms.rooms.find(world.roomId, caller))?.participantCount).toBe(0);
}, 600_000);
