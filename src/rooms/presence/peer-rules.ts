import { createHash } from 'node:crypto';
import type { Bar } from '../access/may-be-inside';
import {
  given,
  hangsOn,
  joined,
  type Leave,
  left,
  lost,
  type Outcome,
  participantOf,
  returned,
  type TokenFacts,
  unchanged,
  updated,
} from '../log/participant-changes';
import { droppedKey } from '../log/participant-keys';
import { UpdateSource } from '../log/participant-update';
import type { Change, RoomState } from '../log/room-state';
import { LeftReason, type Participant, ParticipantStatus } from '../participant.model';

/** A peer of a 100ms session, as far as a webhook told of it. */
export interface Peer {
  readonly sessionId: string;
  readonly peerId: string;
  readonly userId: string;
  readonly name?: string | undefined;
  readonly role?: string | undefined;
}

const prefixOf = (sessionId: string) => `peer ${sessionId} `;

/** What a peer's presence hangs on. */
export function peerKey({ sessionId, peerId }: Pick<Peer, 'sessionId' | 'peerId'>): string {
  return prefixOf(sessionId) + peerId;
}

/** The id that 100ms gives the peer behind a participant; undefined for a presence that a client reported. */
export function peerIdOf({ sessionId, key }: Participant): string | undefined {
  return sessionId === undefined ? undefined : key.slice(prefixOf(sessionId).length);
}

/** A participant's id follows from its first peer, so that its leave and its join agree in any order. */
function peerParticipantId(peer: Peer): string {
  return createHash('sha256').update(peerKey(peer)).digest('hex').slice(0, 24);
}

/** What 100ms says of how a peer left, in our words. Its reason for removals does not say who asked for them. */
const reasons: Readonly<Record<string, LeftReason>> = {
  'client request': LeftReason.LEFT,
  'peer kicked': LeftReason.REMOVED,
  'server removed peer': LeftReason.REMOVED,
  'websocket closed': LeftReason.LOST,
  'ice connection state closed': LeftReason.LOST,
};

export interface PeerEnd {
  /** As 100ms writes it; it may be missing, or new. */
  readonly reason: string | undefined;
  /** Why the peer's user may not be inside. */
  readonly bar: Bar | undefined;
  /** 100ms removes every peer when a session ends. */
  readonly isSessionOver: boolean;
}

/** Returns why a peer left. */
export function reasonOfLeave({ reason = '', bar, isSessionOver }: PeerEnd): LeftReason {
  const said = Object.hasOwn(reasons, reason) ? reasons[reason] : undefined;
  if (said !== LeftReason.REMOVED) return said ?? LeftReason.UNKNOWN;
  if (bar) return reasonOfRemoval(bar);
  return isSessionOver ? LeftReason.SESSION_ENDED : LeftReason.REMOVED;
}

export function reasonOfRemoval(bar: Bar): LeftReason {
  return bar === 'blocked' ? LeftReason.BLOCKED : LeftReason.REMOVED;
}

export interface PeerJoin {
  readonly peer: Peer;
  readonly joinedAt: Date;
  readonly facts: TokenFacts;
  /** When the peer's session closed, where that is known already. */
  readonly sessionClosedAt: Date | undefined;
  readonly source: UpdateSource;
}

/**
 * A peer joined its session. Reported twice it is one entry; reported after the peer's leave it revives no participant; reported after
 * the session's close it lands as left. Where its user was lost in the same session before it joined, it is their
 * return: 100ms gives a reconnecting client a new peer id.
 */
export function peerJoined(room: RoomState, join: PeerJoin): Outcome {
  const { peer, joinedAt, facts, sessionClosedAt, source } = join;
  const key = peerKey(peer);
  const known = room.find(key);
  if (known) return unchanged(known);
  const former = formerHolder(room, peer, joinedAt);
  // What 100ms lists just now is no old news.
  if (former && source !== UpdateSource.RECONCILE) return unchanged(former);
  const participant = newPeer(room.roomId, peer, joinedAt, facts);
  const reason = LeftReason.SESSION_ENDED;
  if (sessionClosedAt) return left(participant, { at: sessionClosedAt, source, reason });
  const before = room
    .lost(peer.userId)
    .find(({ sessionId, lostAt }) => sessionId === peer.sessionId && lostAt && lostAt <= joinedAt);
  if (!before) return joined(participant, source);
  return returned(before, { at: joinedAt, source, key, name: peer.name, role: peer.role });
}

export interface PeerLeave {
  readonly peer: Peer;
  /** 100ms tells it with the leave too; the join may be lost or late. */
  readonly joinedAt: Date | undefined;
  readonly leftAt: Date;
  /** The connection was lost: until when a return is waited for. Undefined for a leave on purpose, and a kick. */
  readonly graceUntil?: Date | undefined;
  readonly reason: LeftReason;
  readonly now: Date;
  readonly facts: TokenFacts;
  readonly source: UpdateSource;
}

/** A peer left. Where its join was never told, the leave is the one entry that the peer gets. */
export function peerLeft(room: RoomState, leave: PeerLeave): Outcome {
  const { peer, joinedAt, leftAt: at, graceUntil, reason, now, facts, source } = leave;
  const key = peerKey(peer);
  const known = room.find(key);
  if (!known) {
    const former = formerHolder(room, peer, joinedAt ?? at);
    if (former) return unchanged(former);
    return left(newPeer(room.roomId, peer, joinedAt ?? at, facts), { at, source, reason });
  }
  if (!hangsOn(known, key)) return unchanged(known);
  if (graceUntil === undefined) return left(known, { at, source, reason });
  if (known.status === ParticipantStatus.RECONNECTING) return unchanged(known);
  return graceUntil > now ? lost(known, { at, graceUntil, source }) : left(known, { at, source, reason });
}

/** 100ms says that a peer is not there. A participant that still counts as that peer has left. */
export function peerGone(room: RoomState, peerId: string, leave: Leave): Outcome<null> {
  const theirs = room.present().filter((each) => peerIdOf(each) === peerId);
  return { changes: theirs.flatMap((each) => left(each, leave).changes), answer: null };
}

export interface RoleChange {
  readonly peer: Peer;
  readonly role: string;
  readonly changedAt: Date;
  readonly joinedAt: Date | undefined;
  readonly facts: TokenFacts;
  readonly sessionClosedAt: Date | undefined;
  readonly source: UpdateSource;
}

/** A peer has another role. The newest role counts, in any order of arrival, and implies the join if that is missing. */
export function roleChanged(room: RoomState, change: RoleChange): Outcome {
  const { peer, role, changedAt, joinedAt = changedAt, source } = change;
  const key = peerKey(peer);
  const known = room.find(key);
  if (!known) {
    const outcome = peerJoined(room, { ...change, peer: { ...peer, role }, joinedAt });
    for (const { participant } of outcome.changes) if (participant) participant.roleAsOf = changedAt;
    return outcome;
  }
  const isNews = hangsOn(known, key) && !(known.roleAsOf && known.roleAsOf >= changedAt);
  // Told even where it is the role that we have: an older change that comes later must not undo it.
  if (!isNews) return unchanged(known);
  return updated(known, { role, roleAsOf: changedAt }, { at: changedAt, source });
}

/** A session closed: the participants still in it left with it. */
export function sessionClosed(
  room: RoomState,
  sessionId: string,
  at: Date,
  source: UpdateSource,
): Outcome<null> {
  const inside = room.present().filter((participant) => participant.sessionId === sessionId);
  const leave = { at, source, reason: LeftReason.SESSION_ENDED };
  return { changes: inside.flatMap((participant) => left(participant, leave).changes), answer: null };
}

/** All participants leave at once, in the order of joining. */
export function everybodyLeft(room: RoomState, at: Date, source: UpdateSource): readonly Change[] {
  const leave = { at, source, reason: LeftReason.SESSION_ENDED };
  return room.present().flatMap((participant) => left(participant, leave).changes);
}

/** The participant who held the key of a peer once, and dropped it: late news of such a key changes nothing. */
function formerHolder(room: RoomState, peer: Peer, joinedAt: Date): Participant | undefined {
  const found = room.find(droppedKey(peer));
  return found?.keysDroppedAt && joinedAt < found.keysDroppedAt ? found : undefined;
}

function newPeer(roomId: string, peer: Peer, joinedAt: Date, facts: TokenFacts): Participant {
  return participantOf({
    _id: peerParticipantId(peer),
    roomId,
    keys: [peerKey(peer)],
    sessionId: peer.sessionId,
    userId: peer.userId,
    ...given({ tokenId: facts.tokenId, name: peer.name ?? facts.name, role: peer.role ?? facts.role }),
    status: ParticipantStatus.ACTIVE,
    joinedAt,
  });
}
