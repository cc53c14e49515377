import fc from 'fast-check';
import { UpdateSource } from '../../src/rooms/log/participant-update';
import type { RoomEvent } from '../../src/rooms/log/room-event.model';
import { RoomState } from '../../src/rooms/log/room-state';
import { LeftReason, ParticipantStatus } from '../../src/rooms/participant.model';
import { graceRanOut } from '../../src/rooms/presence/device-rules';
import {
  type Peer,
  peerJoined,
  peerKey,
  peerLeft,
  roleChanged,
  sessionClosed,
} from '../../src/rooms/presence/peer-rules';
import { Room } from '../../src/rooms/room.model';
import { shown, trials } from '../helpers/trials';

const source = UpdateSource.WEBHOOK;
const start = Date.UTC(2026, 0, 1, 10);
const at = (second: number) => new Date(start + second * 1_000);

/** Twelve peers: two users in two sessions, three times each, so that one peer can be the return of another. */
const peers: readonly Peer[] = Array.from({ length: 12 }, (_, index) => ({
  sessionId: `s${index % 2}`,
  peerId: `p${index}`,
  userId: `user-${Math.floor(index / 2) % 2}`,
  role: 'guest',
}));

type Event =
  | { is: 'join'; peer: Peer; second: number }
  | { is: 'leave'; peer: Peer; second: number; isAbrupt: boolean }
  | { is: 'role'; peer: Peer; second: number; role: string }
  | { is: 'close'; sessionId: string; second: number };

const second = fc.integer({ min: 0, max: 1_000 });
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ is: fc.constant('join' as const), peer: fc.constantFrom(...peers), second }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constant('leave' as const),
      peer: fc.constantFrom(...peers),
      second,
      isAbrupt: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant('role' as const),
      peer: fc.constantFrom(...peers),
      second,
      role: fc.constantFrom('guest', 'host', 'moderator'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('close' as const),
      sessionId: fc.constant('s0'),
      second,
    }),
  },
);

/** A story of up to 50 events, each told one to five times, in an order of its own. */
const told = fc.array(fc.tuple(event, fc.integer({ min: 1, max: 5 })), { maxLength: 50 }).chain((story) => {
  const deliveries = story.flatMap(([each, times]) => Array.from({ length: times }, () => each));
  return fc.shuffledSubarray(deliveries, { minLength: deliveries.length });
});

/** Tells a room everything, as the presence service does, then waits until nobody is waited for any more. */
function tell(events: readonly Event[]): { room: RoomState; log: RoomEvent[] } {
  const stored = { roomId: 'r', epoch: '00', asOfSeq: 0, enabled: true };
  const room = new RoomState(Object.assign(new Room(), stored), []);
  const closed = new Map<string, Date>();
  const log: RoomEvent[] = [];
  const decide = (each: Event) => {
    const when = at(each.second);
    if (each.is === 'close') {
      closed.set(each.sessionId, when);
      return sessionClosed(room, each.sessionId, when, source);
    }
    const { peer } = each;
    const common = { peer, facts: {}, sessionClosedAt: closed.get(peer.sessionId), source };
    if (each.is === 'join') return peerJoined(room, { ...common, joinedAt: when });
    if (each.is === 'role') {
      return roleChanged(room, { ...common, role: each.role, changedAt: when, joinedAt: undefined });
    }
    const graceUntil = each.isAbrupt ? at(1e6) : undefined;
    const reason = LeftReason.LEFT;
    return peerLeft(room, { ...common, joinedAt: undefined, leftAt: when, graceUntil, reason, now: at(1e5) });
  };
  const commit = ({ changes }: ReturnType<typeof decide>) => {
    for (const change of changes) log.push(structuredEntry(room.next(change, at(0))));
  };
  for (const each of events) commit(decide(each));
  for (const { key } of room.present()) commit(graceRanOut(room, key, at(1e7)));
  return { room, log };
}

/** An entry as it is stored: later changes make new objects, and never touch it. */
function structuredEntry(entry: RoomEvent): RoomEvent {
  return { ...entry, ...(entry.participant ? { participant: { ...entry.participant } } : {}) } as RoomEvent;
}

/** Who is there in the end, whatever the order was: told of, and neither gone nor in a session that is over. */
function model(events: readonly Event[]): Set<string> {
  const closed = new Set(events.flatMap((each) => (each.is === 'close' ? [each.sessionId] : [])));
  const about = (is: string) =>
    new Map(
      events.flatMap((each) => (each.is === is && 'peer' in each ? [[peerKey(each.peer), each.peer]] : [])),
    );
  const left = about('leave');
  const here = [...about('join'), ...about('role')].filter(
    ([key, peer]) => !left.has(key as string) && !closed.has((peer as Peer).sessionId),
  );
  return new Set(here.map(([key]) => key as string));
}

/** The role that was given last; several, where they were given in the same second. */
function newestRoles(events: readonly Event[], key: string): string[] {
  const changes = events.flatMap((each) => (each.is === 'role' && peerKey(each.peer) === key ? [each] : []));
  const newest = Math.max(...changes.map((each) => each.second));
  if (changes.length === 0) return ['guest'];
  return changes.filter((each) => each.second === newest).map(({ role }) => role);
}

function expectWellFormed(log: readonly RoomEvent[]): void {
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
  const actions = new Map<string, string[]>();
  const present = new Map<string, string>();
  for (const { participant, action, participantCount, userPresent } of log) {
    if (!participant) continue;
    actions.set(participant._id, [...(actions.get(participant._id) ?? []), action]);
    if (participant.status === ParticipantStatus.LEFT) present.delete(participant._id);
    else present.set(participant._id, participant.userId);
    const users = new Set(present.values());
    expect(participantCount).toBe(users.size);
    expect(userPresent).toBe(users.has(participant.userId));
  }
  const asTold = /^(LEFT|JOINED( UPDATED)*( RECONNECTING( UPDATED)*( RECONNECTED( UPDATED)*)?)*( LEFT)?)$/;
  for (const [, told] of actions) expect(told.join(' ')).toMatch(asTold);
}

it('a story of 50 events, each told up to five times in any order, ends as a plain model says', () => {
  const numRuns = trials(1_000, 20_000);
  let events = 0;
  fc.assert(
    fc.property(told, (story) => {
      events += story.length;
      const { room, log } = tell(story);
      expect(new Set(room.present().map(({ key }) => key))).toEqual(model(story));
      for (const { key, role } of room.present()) expect(newestRoles(story, key)).toContain(role);
      expectWellFormed(log);
    }),
    { numRuns },
  );
  shown(
    'in any order, any number of times, the same presence',
    `${numRuns} stories, ${events} events, 0 differ`,
  );
}, 600_000);

it('six events end in the same presence in all their 720 orders', () => {
  const [ana, anaBack, ben] = [peers[0], { ...peers[0], peerId: 'back' }, peers[2]] as [Peer, Peer, Peer];
  const story: Event[] = [
    { is: 'join', peer: ana, second: 1 },
    { is: 'leave', peer: ana, second: 5, isAbrupt: true },
    { is: 'join', peer: anaBack, second: 7 },
    { is: 'join', peer: ben, second: 2 },
    { is: 'role', peer: ben, second: 3, role: 'host' },
    { is: 'close', sessionId: 's9', second: 9 },
  ];
  const orders = permutations(story);
  expect(orders).toHaveLength(720);
  for (const order of orders) {
    const { room, log } = tell(order);
    expect(new Set(room.present().map(({ key }) => key))).toEqual(new Set([peerKey(anaBack), peerKey(ben)]));
    expect(room.find(peerKey(ben))?.role).toBe('host');
    expect(room.participantCount).toBe(2);
    expectWellFormed(log);
  }
  shown('six events in all 720 orders, the same presence', '720 orders, 0 differ');
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}
