import { type LeftReason, Participant, ParticipantStatus } from '../participant.model';
import { isFullOfKeys, withKeys } from './participant-keys';
import { ParticipantAction, type UpdateSource } from './participant-update';
import type { Change } from './room-state';

/** A decision of a rule: the entries for the log, and the result for the caller. */
export interface Outcome<T = Participant> {
  readonly changes: readonly Change[];
  readonly answer: T;
}

/** What the newest token of a user in a room says about who carries it. */
export interface TokenFacts {
  readonly tokenId?: string | undefined;
  readonly name?: string | undefined;
  readonly role?: string | undefined;
}

export const unchanged = <T>(answer: T): Outcome<T> => ({ changes: [], answer });

export function isPresent(participant: Participant | undefined): participant is Participant {
  return participant !== undefined && participant.status !== ParticipantStatus.LEFT;
}

/** Whether a presence still hangs on this key, and was not handed on to another since. */
export function hangsOn(participant: Participant | undefined, key: string): participant is Participant {
  return isPresent(participant) && participant.key === key;
}

export function participantOf(fields: Omit<Participant, 'id' | 'key' | 'asOfSeq'>): Participant {
  return Object.assign(new Participant(), fields);
}

export function joined(participant: Participant, source: UpdateSource): Outcome {
  const { joinedAt: occurredAt } = participant;
  return {
    changes: [{ action: ParticipantAction.JOINED, participant, occurredAt, source }],
    answer: participant,
  };
}

export interface Leave {
  readonly at: Date;
  readonly source: UpdateSource;
  readonly reason: LeftReason;
}

/** A participant never leaves before they joined, even if the clocks of two servers disagree. */
export function left(participant: Participant, { at, source, reason: leftReason }: Leave): Outcome {
  const leftAt = at > participant.joinedAt ? at : participant.joinedAt;
  const answer = participantOf({ ...participant, status: ParticipantStatus.LEFT, leftAt, leftReason });
  forgetWaiting(answer);
  return {
    changes: [{ action: ParticipantAction.LEFT, participant: answer, occurredAt: leftAt, source }],
    answer,
  };
}

export interface Loss {
  readonly at: Date;
  /** Until when a return is waited for. Not later than `at`: not at all. */
  readonly graceUntil: Date;
  readonly source: UpdateSource;
}

/** The connection was lost, not closed: the participant may reconnect soon, and counts as present until then. */
export function lost(participant: Participant, { at, graceUntil, source }: Loss): Outcome {
  const answer = participantOf({ ...participant, status: ParticipantStatus.RECONNECTING });
  forgetWaiting(answer);
  Object.assign(answer, { lostAt: at, graceUntil });
  return {
    changes: [{ action: ParticipantAction.RECONNECTING, participant: answer, occurredAt: at, source }],
    answer,
  };
}

export interface Return {
  readonly at: Date;
  readonly source: UpdateSource;
  /** What the presence hangs on from now on. */
  readonly key: string;
  readonly leaseUntil?: Date | undefined;
  readonly name?: string | undefined;
  readonly role?: string | undefined;
}

/** A lost connection was restored: the participant is the same as before. */
export function returned(participant: Participant, back: Return): Outcome {
  const { at, source, key, leaseUntil, name = participant.name, role = participant.role } = back;
  const answer = participantOf({ ...participant, status: ParticipantStatus.ACTIVE });
  if (participant.key !== key && isFullOfKeys(participant) && participant.sessionId !== undefined) {
    answer.keysDroppedAt = at;
  }
  answer.keys = withKeys(answer, [key]);
  forgetWaiting(answer);
  // What was said of the role of another peer is not said of this one.
  if (participant.key !== key) delete answer.roleAsOf;
  Object.assign(answer, given({ leaseUntil, name, role }));
  return {
    changes: [{ action: ParticipantAction.RECONNECTED, participant: answer, occurredAt: at, source }],
    answer,
  };
}

/** Something about a participant is otherwise than before. */
export function updated(
  participant: Participant,
  changed: Partial<Pick<Participant, 'name' | 'role' | 'roleAsOf'>>,
  { at, source }: { at: Date; source: UpdateSource },
): Outcome {
  const answer = participantOf({ ...participant, ...changed });
  return {
    changes: [{ action: ParticipantAction.UPDATED, participant: answer, occurredAt: at, source }],
    answer,
  };
}

/** Only the members that are there: a document has no undefined ones. */
export function given<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}

function forgetWaiting(participant: Participant): void {
  delete participant.leaseUntil;
  delete participant.lostAt;
  delete participant.graceUntil;
}
