import { createHash } from 'node:crypto';
import type { HmsPeer } from '../../video/hms.service';
import type { Bar } from '../access/may-be-inside';
import { given, joined, left, type Outcome, participantOf, updated } from '../log/participant-changes';
import { UpdateSource } from '../log/participant-update';
import type { Change, RoomState } from '../log/room-state';
import { LeftReason, type Participant, ParticipantStatus } from '../participant.model';
import { peerIdOf, peerKey, reasonOfRemoval } from './peer-rules';

/** What 100ms answered to the question who is in a room. */
export interface Reading {
  readonly askedAt: Date;
  /** Where the room's log stood when the question was asked: what changed since is newer than the answer. */
  readonly asOfSeq: number;
  /** Undefined where 100ms says that no session is running. */
  readonly peers: readonly HmsPeer[] | undefined;
  /** The running session, where it had to be asked for. */
  readonly sessionId?: string | undefined;
  /** Sessions that are unknown at 100ms: their absence from its lists proves nothing. */
  readonly foreignSessions: ReadonlySet<string>;
  /** Ids of peers who may not be inside, with the reason. */
  readonly barred: ReadonlyMap<string, Bar>;
}

/** What a reading said that is believed only when the next one says it, too. */
export interface Doubt {
  /** Participants who were not in the answer. */
  readonly gone: ReadonlySet<string>;
  /** Keys of peers who were, although they had left. */
  readonly back: ReadonlySet<string>;
}

export const noDoubt: Doubt = { gone: new Set(), back: new Set() };

/** A peer that joined less than this before the request may not be in 100ms's lists yet, in milliseconds. */
const FRESH = 10_000;

/**
 * Makes a room equal to what 100ms says, except for those who are not known yet: they join as by any other news.
 * Nothing is touched that changed since the question was asked. Where the answer would remove most of the room at
 * once, or a peer that has just joined, or bring back a peer that had left, the next response must agree first;
 * that no session is running is definite, and so is that a peer is gone whose removal was requested.
 */
export function reconciled(room: RoomState, reading: Reading, doubt: Doubt): Outcome<Doubt> {
  const { askedAt, asOfSeq, peers, sessionId, foreignSessions, barred } = reading;
  const listed = new Map((peers ?? []).map((peer) => [peer.id, peer]));
  const mine = room
    .present()
    .filter(({ sessionId: session }) => session !== undefined && !foreignSessions.has(session));
  const known = mine.filter(
    (each) => each.asOfSeq <= asOfSeq && each.status === ParticipantStatus.ACTIVE && each.joinedAt <= askedAt,
  );
  const missing = known.filter((each) => !listed.has(peerIdOf(each) ?? ''));
  const isMass = listed.size === 0 || missing.length > mine.length / 2;
  const isSure = (each: Participant) =>
    peers === undefined ||
    barred.has(peerIdOf(each) ?? '') ||
    doubt.gone.has(each._id) ||
    !(isMass || askedAt.getTime() - each.joinedAt.getTime() < FRESH);
  const removed = missing.filter(isSure);

  const backs =
    sessionId === undefined ? [] : [...listed.values()].flatMap((peer) => backOf(room, peer, reading));
  const returning = backs.filter(({ key }) => doubt.back.has(key));
  return {
    changes: [
      ...removed.flatMap((each) => left(each, leaveOf(each, reading)).changes),
      ...known.flatMap((each) => differences(each, listed.get(peerIdOf(each) ?? ''), askedAt)),
      ...returning.flatMap(({ participant }) => joined(participant, UpdateSource.RECONCILE).changes),
    ],
    answer: {
      gone: new Set(missing.filter((each) => !removed.includes(each)).map(({ _id }) => _id)),
      back: new Set(backs.filter((each) => !returning.includes(each)).map(({ key }) => key)),
    },
  };
}

function leaveOf(participant: Participant, { askedAt: at, peers, barred }: Reading) {
  const bar = barred.get(peerIdOf(participant) ?? '');
  const unbarred = peers === undefined ? LeftReason.SESSION_ENDED : LeftReason.UNKNOWN;
  return { at, source: UpdateSource.RECONCILE, reason: bar ? reasonOfRemoval(bar) : unbarred };
}

/** Peers that 100ms lists although their leave was reported: the same peer, as a new join. */
function backOf(room: RoomState, peer: HmsPeer, { sessionId = '', asOfSeq }: Reading) {
  const key = peerKey({ sessionId, peerId: peer.id });
  const before = room.find(key);
  if (before?.status !== ParticipantStatus.LEFT || before.asOfSeq > asOfSeq) return [];
  const { _id: _, leftAt: _left, leftReason: _reason, keysDroppedAt: _dropped, ...rest } = before;
  const name = peer.name ?? rest.name;
  const role = peer.role ?? rest.role;
  const id = createHash('sha256').update(`${key} after ${before.asOfSeq}`).digest('hex').slice(0, 24);
  const status = ParticipantStatus.ACTIVE;
  return [
    { key, participant: participantOf({ ...rest, ...given({ name, role }), _id: id, keys: [key], status }) },
  ];
}

function differences(participant: Participant, peer: HmsPeer | undefined, at: Date): readonly Change[] {
  if (!peer) return [];
  const role = peer.role !== undefined && peer.role !== participant.role ? peer.role : undefined;
  const name = peer.name !== undefined && peer.name !== participant.name ? peer.name : undefined;
  if (role === undefined && name === undefined) return [];
  const changed = given({ name, role, roleAsOf: role === undefined ? undefined : at });
  return updated(participant, changed, { at, source: UpdateSource.RECONCILE }).changes;
}
