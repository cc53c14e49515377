import fc from 'fast-check';
import { UpdateSource } from '../../src/rooms/log/participant-update';
import type { RoomEvent } from '../../src/rooms/log/room-event.model';
import { RoomState } from '../../src/rooms/log/room-state';
import { LeftReason } from '../../src/rooms/participant.model';
import { type Peer, peerJoined, peerKey, peerLeft, sessionClosed } from '../../src/rooms/presence/peer-rules';
import { Room } from '../../src/rooms/room.model';

const source = UpdateSource.WEBHOOK;
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 10, 0, second));

const ada: Peer = { sessionId: 's1', peerId: 'p1', userId: 'ada' };
const adasPhone: Peer = { sessionId: 's1', peerId: 'p2', userId: 'ada' };
const ben: Peer = { sessionId: 's2', peerId: 'p3', userId: 'ben' };

/** The world outside the log, as the presence service keeps it. */
class Story {
  readonly room = new RoomState(Object.assign(new Room(), { roomId: 'r', epoch: '00', asOfSeq: 0 }), []);
  readonly log: RoomEvent[] = [];
  private readonly closed = new Map<string, Date>();

  tell(event: Event): void {
    for (const change of this.decide(event).changes) this.log.push(this.room.next(change, at(0)));
  }

  actions(userId: string): string[] {
    return this.log.filter(({ participant }) => participant?.userId === userId).map(({ action }) => action);
  }

  private decide(event: Event) {
    if (event.is === 'close') {
      this.closed.set(event.sessionId, event.at);
      return sessionClosed(this.room, event.sessionId, event.at, source);
    }
    const { peer } = event;
    if (event.is === 'leave') {
      return peerLeft(this.room, {
        peer,
        joinedAt: event.joinedAt,
        leftAt: event.at,
        now: event.at,
        facts: {},
        reason: LeftReason.LEFT,
        source,
      });
    }
    const sessionClosedAt = this.closed.get(peer.sessionId);
    return peerJoined(this.room, { peer, joinedAt: event.at, facts: {}, sessionClosedAt, source });
  }
}

type Event =
  | { is: 'join'; peer: Peer; at: Date }
  | { is: 'leave'; peer: Peer; joinedAt?: Date; at: Date }
  | { is: 'close'; sessionId: string; at: Date };

function tell(...events: Event[]): Story {
  const story = new Story();
  for (const event of events) story.tell(event);
  return story;
}

const join = (peer: Peer, second = 1): Event => ({ is: 'join', peer, at: at(second) });
const leave = (peer: Peer, second = 9): Event => ({ is: 'leave', peer, joinedAt: at(1), at: at(second) });
const close = (sessionId: string, second = 20): Event => ({ is: 'close', sessionId, at: at(second) });

describe('what is told of peers', () => {
  it('twice is one entry', () => {
    expect(tell(join(ada), join(ada), leave(ada), leave(ada)).actions('ada')).toEqual(['JOINED', 'LEFT']);
  });

  it('leave first, join later, is one LEFT with both times and nothing else', () => {
    const story = tell(leave(ada, 9), join(ada, 1));
    expect(story.actions('ada')).toEqual(['LEFT']);
    expect(story.log[0]?.participant).toMatchObject({ joinedAt: at(1), leftAt: at(9) });
    expect(story.room.participantCount).toBe(0);
  });

  it('of two devices counts the user once, and the leave of one leaves the other', () => {
    const story = tell(join(ada), join(adasPhone), leave(ada));
    expect(story.log.map(({ participantCount }) => participantCount)).toEqual([1, 1, 1]);
    expect(story.log.map(({ userPresent }) => userPresent)).toEqual([true, true, true]);
    story.tell(leave(adasPhone));
    expect(story.log.at(-1)).toMatchObject({ participantCount: 0, userPresent: false });
  });

  it('ends everyone in a session that closes, and nobody else', () => {
    const story = tell(join(ada), join(adasPhone), join(ben), close('s1'));
    expect(story.actions('ada')).toEqual(['JOINED', 'JOINED', 'LEFT', 'LEFT']);
    expect(story.room.present().map(({ userId }) => userId)).toEqual(['ben']);
  });

  it('lands as left when its session was closed before the join arrived', () => {
    const story = tell(close('s1'), join(ada));
    expect(story.actions('ada')).toEqual(['LEFT']);
    expect(story.log[0]?.participant?.leftAt).toEqual(at(20));
  });

  it('never has anybody leave before they joined, whatever the clocks say', () => {
    const story = tell(join(ada, 9), { is: 'leave', peer: ada, at: at(3) });
    expect(story.log[1]?.participant?.leftAt).toEqual(at(9));
  });

  it('keeps one participant id from the join to the leave', () => {
    const { log } = tell(join(ada), leave(ada));
    expect(log[0]?.participant?._id).toBe(log[1]?.participant?._id);
  });

  it('ends in the same presence in all 720 orders of six events', () => {
    const events = [join(ada), leave(ada), join(adasPhone), join(ben), leave(ben), close('s3')];
    const orders = permutations(events);
    expect(orders).toHaveLength(720);
    for (const order of orders) {
      const { room } = tell(...order);
      expect(room.present().map(({ key }) => key)).toEqual([peerKey(adasPhone)]);
      expect(room.participantCount).toBe(1);
    }
  });

  it('ends as a plain model says, however often and in whatever order it is told', () => {
    const peers = [ada, adasPhone, ben];
    const event: fc.Arbitrary<Event> = fc.oneof(
      fc.constantFrom(...peers).map((peer) => join(peer)),
      fc.constantFrom(...peers).map((peer) => leave(peer)),
      fc.constantFrom('s1', 's2').map((sessionId) => close(sessionId)),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 50 }), (events) => {
        const { room, log } = tell(...events);
        const gone = (peer: Peer) =>
          events.some(
            (e) =>
              (e.is === 'leave' && e.peer === peer) || (e.is === 'close' && e.sessionId === peer.sessionId),
          );
        const here = peers.filter(
          (peer) => events.some((e) => e.is === 'join' && e.peer === peer) && !gone(peer),
        );
        expect(new Set(room.present().map(({ key }) => key))).toEqual(new Set(here.map(peerKey)));
        expect(room.participantCount).toBe(new Set(here.map(({ userId }) => userId)).size);
        expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
      }),
      { numRuns: 1_000 },
    );
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) =>
    permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]),
  );
}
