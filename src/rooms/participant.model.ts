import { index, modelOptions, prop } from '@typegoose/typegoose';
import { Extensions, Field, ID, ObjectType, registerEnumType } from 'type-graphql';

export enum ParticipantStatus {
  ACTIVE = 'ACTIVE',
  RECONNECTING = 'RECONNECTING',
  LEFT = 'LEFT',
}
registerEnumType(ParticipantStatus, {
  name: 'ParticipantStatus',
  description: 'ACTIVE and RECONNECTING are present; LEFT is not.',
});

/** How a presence ended. */
export enum LeftReason {
  LEFT = 'LEFT',
  REMOVED = 'REMOVED',
  BLOCKED = 'BLOCKED',
  LOST = 'LOST',
  SESSION_ENDED = 'SESSION_ENDED',
  LEASE_EXPIRED = 'LEASE_EXPIRED',
  UNKNOWN = 'UNKNOWN',
}
registerEnumType(LeftReason, {
  name: 'LeftReason',
  description: 'How a presence ended.',
  valuesConfig: {
    LEFT: { description: 'The user left, or the client closed its socket.' },
    REMOVED: { description: 'The user was removed from the room.' },
    BLOCKED: { description: 'The user was removed, and is blocked in the room.' },
    LOST: { description: 'The connection was lost, and did not come back within the grace.' },
    SESSION_ENDED: { description: 'The session ended for all participants.' },
    LEASE_EXPIRED: { description: 'The client did not repeat joinRoom in time.' },
    UNKNOWN: { description: '100ms no longer lists the peer, or gave no reason.' },
  },
});

/**
 * One device of one user in a room, from its join to its leave. A fold of the room's log: `asOfSeq` is the
 * newest entry that this document has taken in.
 */
@ObjectType({
  description: 'One device of one user in a room. Two devices of a user are two participants.',
  simpleResolvers: true,
})
@modelOptions({ schemaOptions: { collection: 'participants', versionKey: false } })
@index({ roomId: 1, keys: 1 })
@index({ roomId: 1, status: 1, joinedAt: -1 })
@index({ leaseUntil: 1 })
@index({ graceUntil: 1 })
@index({ heldBy: 1 }, { sparse: true })
export class Participant {
  @prop({ type: () => String, required: true })
  _id!: string;

  @Field(() => ID)
  @Extensions({ sameForEverybody: true })
  get id(): string {
    return this._id;
  }

  @Field(() => ID)
  @prop({ type: () => String, required: true })
  roomId!: string;

  /**
   * What the presence hung on from its join on, the present one last: a peer of a 100ms session, a device that a
   * client reports itself, or a socket. A return within the grace may bring another. The newest are kept; see `withKeys`.
   */
  @prop({ type: () => [String], required: true })
  keys!: string[];

  /** When a key of a 100ms peer was last dropped: older news of peers that are not known is news of such a key. */
  @prop({ type: () => Date })
  keysDroppedAt?: Date;

  get key(): string {
    return this.keys.at(-1) ?? '';
  }

  /** The 100ms session, where the presence is a peer's. */
  @prop({ type: () => String })
  sessionId?: string;

  @Field(() => ID)
  @prop({ type: () => String, required: true })
  userId!: string;

  @Field(() => String, { nullable: true })
  @prop({ type: () => String })
  name?: string;

  @Field(() => String, { nullable: true })
  @prop({ type: () => String })
  role?: string;

  @Field(() => ParticipantStatus)
  @prop({ type: () => String, enum: ParticipantStatus, required: true })
  status!: ParticipantStatus;

  @Field(() => Date)
  @prop({ type: () => Date, required: true })
  joinedAt!: Date;

  @Field(() => Date, { nullable: true })
  @prop({ type: () => Date })
  leftAt?: Date;

  /** Missing while present, and in what was stored before it was known. */
  @Field(() => LeftReason, {
    nullable: true,
    description: 'How the presence ended; null while the participant is present.',
  })
  @prop({ type: () => String, enum: LeftReason })
  leftReason?: LeftReason;

  /** `jti` of the newest token minted for this user and room before the join. Never the token itself. */
  @prop({ type: () => String })
  tokenId?: string;

  /** Until when a self-reported presence holds without being repeated. Not part of the log: renewals are not published. */
  @prop({ type: () => Date })
  leaseUntil?: Date;

  /**
   * While ACTIVE: which process has the socket that it hangs on. Entries say which one it was at first; a socket of another
   * process may take it over without one, so that only this field is up to date.
   */
  @prop({ type: () => String })
  heldBy?: string;

  /** While RECONNECTING: when the connection was lost, and until when a return is waited for. */
  @prop({ type: () => Date })
  lostAt?: Date;

  @prop({ type: () => Date })
  graceUntil?: Date;

  /** When 100ms last changed the role: an older change does not count. */
  @prop({ type: () => Date })
  roleAsOf?: Date;

  @prop({ type: () => Number, required: true })
  asOfSeq!: number;
}
