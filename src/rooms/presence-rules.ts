import { createHash } from 'node:crypto';
import { Participant, ParticipantStatus } from './participant.model';
import { ParticipantAction, UpdateSource } from './participant-update';
import type { Change, RoomState } from './room-state';

/** A device that a client reports itself. */
export interface Device {
  readonly userId: string;
  readonly deviceId: string;
}

/** A peer of a 100ms session, as far as a webhook told of it. */
export interface Peer {
  readonly sessionId: string;
  readonly peerId: string;
  readonly userId: string;
  readonly name?: string | undefined;
  readonly role?: string | undefined;
}

/** What the newest token of a user in a room says about who carries it. */
export interface TokenFacts {
  readonly tokenId?: string | undefined;
  readonly name?: string | undefined;
  readonly role?: string | undefined;
}

/** A decision of a rule: what goes into the log, and the participant it is about. */
interface Outcome<T = Participant> {
  readonly changes: readonly Change[];
  readonly answer: T;
}

const unchanged = <T>(answer: T): Outcome<T> => ({ changes: [], answer });

export function deviceKey({ userId, deviceId }: Device): string {
  return `device ${userId} ${deviceId}`;
}

export function peerKey({ sessionId, peerId }: Pick<Peer, 'sessionId' | 'peerId'>): string {
  return `peer ${sessionId} ${peerId}`;
}

/** A peer's participant id follows from the peer, so that its leave and its join agree in whatever order they come. */
function peerParticipantId(peer: Peer): string {
  return createHash('sha256').update(peerKey(peer)).digest('hex').slice(0, 24);
}

function isPresent(participant: Participant | undefined): participant is Participant {
  return participant !== undefined && participant.status !== ParticipantStatus.LEFT;
}

function participantOf(fields: Omit<Participant, 'id' | 'asOfSeq'>): Participant {
  return Object.assign(new Participant(), fields);
}

function left(participant: Participant, leftAt: Date, source: UpdateSource): Outcome {
  const answer = participantOf({ ...participant, status: ParticipantStatus.LEFT, leftAt });
  delete answer.leaseUntil;
  return {
    changes: [{ action: ParticipantAction.LEFT, participant: answer, occurredAt: leftAt, source }],
    answer,
  };
}

export interface DeviceJoin {
  readonly device: Device;
  readonly newId: string;
  readonly now: Date;
  readonly leaseUntil: Date;
  readonly facts: TokenFacts;
}

/** A device says that its user is here. Said again it renews the lease, and nothing else. */
export function deviceJoined(
  room: RoomState,
  { device, newId, now, leaseUntil, facts }: DeviceJoin,
): Outcome {
  const key = deviceKey(device);
  const there = room.find(key);
  if (isPresent(there)) {
    // Not a change of the log: the lease is only read by the sweep, which asks in the same lane.
    if (!there.leaseUntil || there.leaseUntil < leaseUntil) there.leaseUntil = leaseUntil;
    return unchanged(there);
  }
  const participant = participantOf({
    _id: newId,
    roomId: room.roomId,
    key,
    userId: device.userId,
    ...facts,
    status: ParticipantStatus.ACTIVE,
    joinedAt: now,
    leaseUntil,
  });
  const change = { action: ParticipantAction.JOINED, participant, occurredAt: now, source: UpdateSource.API };
  return { changes: [change], answer: participant };
}

/** A device says that it is gone. Null where it was not there. */
export function deviceLeft(room: RoomState, device: Device, now: Date): Outcome<Participant | null> {
  const there = room.find(deviceKey(device));
  return isPresent(there) ? left(there, now, UpdateSource.API) : unchanged(null);
}

/** A lease that has run out ends its presence, unless it was renewed in the meantime. */
export function leaseRanOut(room: RoomState, key: string, now: Date): Outcome<null> {
  const there = room.find(key);
  const over = isPresent(there) && there.leaseUntil !== undefined && there.leaseUntil <= now;
  return { changes: over ? left(there, now, UpdateSource.API).changes : [], answer: null };
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
 * A peer joined its session. Told twice it is one entry; told after the peer's leave it revives nobody; told after
 * the session's close it lands as left.
 */
export function peerJoined(room: RoomState, join: PeerJoin): Outcome {
  const { peer, joinedAt, facts, sessionClosedAt, source } = join;
  const known = room.find(peerKey(peer));
  if (known) return unchanged(known);
  const participant = newPeer(room.roomId, peer, joinedAt, facts);
  if (sessionClosedAt) return left(participant, later(sessionClosedAt, joinedAt), source);
  const change = { action: ParticipantAction.JOINED, participant, occurredAt: joinedAt, source };
  return { changes: [change], answer: participant };
}

export interface PeerLeave {
  readonly peer: Peer;
  /** 100ms tells it with the leave too; the join may be lost or late. */
  readonly joinedAt: Date | undefined;
  readonly leftAt: Date;
  readonly facts: TokenFacts;
  readonly source: UpdateSource;
}

/** A peer left. Where its join was never told, the leave is the one entry that the peer gets. */
export function peerLeft(room: RoomState, { peer, joinedAt, leftAt, facts, source }: PeerLeave): Outcome {
  const known = room.find(peerKey(peer));
  if (isPresent(known)) return left(known, later(leftAt, known.joinedAt), source);
  if (known) return unchanged(known);
  return left(newPeer(room.roomId, peer, joinedAt ?? leftAt, facts), leftAt, source);
}

/** A session closed: whoever is still in it left with it. */
export function sessionClosed(
  room: RoomState,
  sessionId: string,
  at: Date,
  source: UpdateSource,
): Outcome<null> {
  const inside = room.present().filter((participant) => participant.sessionId === sessionId);
  const changes = inside.flatMap(
    (participant) => left(participant, later(at, participant.joinedAt), source).changes,
  );
  return { changes, answer: null };
}

/** Everybody leaves at once, in the order of joining. */
export function everybodyLeft(room: RoomState, at: Date, source: UpdateSource): readonly Change[] {
  return room
    .present()
    .flatMap((participant) => left(participant, later(at, participant.joinedAt), source).changes);
}

function newPeer(roomId: string, peer: Peer, joinedAt: Date, facts: TokenFacts): Participant {
  return participantOf({
    _id: peerParticipantId(peer),
    roomId,
    key: peerKey(peer),
    sessionId: peer.sessionId,
    userId: peer.userId,
    tokenId: facts.tokenId,
    name: peer.name ?? facts.name,
    role: peer.role ?? facts.role,
    status: ParticipantStatus.ACTIVE,
    joinedAt,
  } as Omit<Participant, 'id' | 'asOfSeq'>);
}

/** Nobody leaves before they joined, whatever the clocks of two servers say. */
function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}
