import { peerKey } from '../../src/rooms/presence/peer-rules';
import { SampleSession, type Webhook } from '../helpers/webhooks';

/** What 100ms could tell of one room over a few hours, and who is there after all of it. */
export interface ToldRoom {
  readonly roomId: string;
  /** In the order in which it happened. */
  readonly webhooks: readonly Webhook[];
  /** What every peer's presence hangs on, once it was told of. */
  readonly known: ReadonlySet<string>;
  /** The same for those who are still there: their users, and the roles that they have. */
  readonly present: ReadonlyMap<string, { readonly userId: string; readonly role: string }>;
}

const users = ['ana', 'ben', 'cleo', 'dan', 'eva', 'finn'];
const roles = ['guest', 'host', 'moderator'];
/** A session ends by itself after twelve hours: everything has happened within the last eight. */
const HOURS_AGO = 8;
const SECONDS_APART = 20;

/**
 * Invents exactly so many events of one room: sessions that close and sessions that run on, people with several
 * devices who come, change roles, are lost and return; joins and leaves that nobody told of, and events about nobody's presence.
 */
export function inventRoom(roomId: string, count: number, random: () => number): ToldRoom {
  const webhooks: Webhook[] = [];
  const known = new Set<string>();
  const present = new Map<string, { userId: string; role: string }>();
  let second = 0;
  let peers = 0;
  const moment = () => {
    second += SECONDS_APART;
    return new Date(Date.now() - HOURS_AGO * 3_600_000 + second * 1_000);
  };
  const one = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)] as T;
  const tell = (webhook: Webhook) => {
    if (webhooks.length < count) webhooks.push(webhook);
    return webhooks.at(-1) === webhook;
  };

  const invite = (session: SampleSession) => {
    const userId = one(users);
    const peerId = `peer-${peers++}`;
    const key = peerKey({ sessionId: session.sessionId, peerId });
    const peer = session.peer(userId, 'guest', peerId);
    const isHere = (role: string) => {
      known.add(key);
      present.set(key, { userId, role });
    };
    if (random() < 0.9 && tell(peer.joined(moment()))) isHere('guest');
    while (random() < 0.3) {
      const role = one(roles);
      if (tell(peer.changedRole(role, moment()))) isHere(role);
    }
    if (random() < 0.6) {
      const reason = random() < 0.3 ? 'websocket closed' : 'client request';
      if (!tell(peer.left(reason, moment()))) return;
      known.add(key);
      present.delete(key);
    }
  };

  while (webhooks.length < count) {
    const session = new SampleSession(roomId, moment());
    if (random() < 0.8) tell(session.opened());
    for (let left = 4 + Math.floor(random() * 12); left > 0; left -= 1) invite(session);
    if (random() < 0.2) tell({ ...session.envelope('peer.join.failure'), data: session.common() });
    if (random() < 0.2) tell({ ...session.envelope('something.new'), data: session.common() });
    const ending = random();
    const end = ending < 0.5 ? session.closed(moment()) : session.ended(moment());
    if (ending < 0.7 && tell(end)) {
      for (const key of present.keys()) if (key.startsWith(`peer ${session.sessionId} `)) present.delete(key);
    }
  }
  return { roomId, webhooks, known, present };
}

/** Each one to five times, in any order. */
export function shuffled(webhooks: readonly Webhook[], random: () => number): Webhook[] {
  return webhooks
    .flatMap((webhook) => Array.from({ length: 1 + Math.floor(random() * 5) }, () => webhook))
    .map((webhook) => ({ webhook, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ webhook }) => webhook);
}
