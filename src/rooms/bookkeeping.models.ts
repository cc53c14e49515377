import { index, modelOptions, prop, Severity } from '@typegoose/typegoose';
import { Types } from 'mongoose';

const DAY_SECONDS = 24 * 3_600;
/** As long as a webhook is kept that could still tell of the session. */
const SESSION_TTL_SECONDS = 32 * DAY_SECONDS;
/** Longer than any login lives: after it, one that was issued before the revocation would be accepted again. */
const REVOCATION_TTL_SECONDS = 5 * 365 * DAY_SECONDS;

/** The last close of a 100ms session. A join that arrives after it lands as left. */
@modelOptions({ schemaOptions: { collection: 'sessions', versionKey: false } })
@index({ closedAt: 1, openedAt: 1 })
@index({ closedAt: 1 }, { expireAfterSeconds: SESSION_TTL_SECONDS })
export class Session {
  /** The 100ms session id. */
  @prop({ type: () => String, required: true })
  _id!: string;

  @prop({ type: () => String, required: true })
  roomId!: string;

  @prop({ type: () => Date })
  openedAt?: Date;

  @prop({ type: () => Date })
  closedAt?: Date;
}

/** A create that carries an idempotency key: which room it stands for, chosen before 100ms is asked. */
@modelOptions({ schemaOptions: { collection: 'create_requests', versionKey: false } })
@index({ createdAt: 1 }, { expireAfterSeconds: 24 * 3_600 })
export class CreateRequest {
  /** Hash of the caller and the key. */
  @prop({ type: () => String, required: true })
  _id!: string;

  /** Hash of the rest of the request. */
  @prop({ type: () => String, required: true })
  fingerprint!: string;

  @prop({ type: () => Types.ObjectId, required: true })
  room!: Types.ObjectId;

  @prop({ type: () => Date, required: true })
  createdAt!: Date;
}

/** That a token was given out, and for whom; the token itself is kept nowhere. */
@modelOptions({ schemaOptions: { collection: 'minted_tokens', versionKey: false } })
@index({ roomId: 1, userId: 1, issuedAt: -1 })
@index({ userId: 1, issuedAt: -1 })
@index({ issuedAt: -1 })
@index({ keepUntil: 1 }, { expireAfterSeconds: 0 })
export class MintedToken {
  /** The token's `jti`. */
  @prop({ type: () => String, required: true })
  _id!: string;

  @prop({ type: () => String, required: true })
  roomId!: string;

  @prop({ type: () => String, required: true })
  userId!: string;

  @prop({ type: () => String, required: true })
  role!: string;

  @prop({ type: () => String })
  name?: string;

  @prop({ type: () => Date, required: true })
  issuedAt!: Date;

  @prop({ type: () => Date, required: true })
  expiresAt!: Date;

  /** Who asked for it, as `callerKey` has it. */
  @prop({ type: () => String })
  by?: string;

  /** Since when its bearer is not welcome, though 100ms still takes it. */
  @prop({ type: () => Date })
  revokedAt?: Date;

  @prop({ type: () => Date, required: true })
  keepUntil!: Date;
}

/** Until when the logins of a user are none any more. */
@modelOptions({ schemaOptions: { collection: 'revoked_logins', versionKey: false } })
@index({ before: 1 }, { expireAfterSeconds: REVOCATION_TTL_SECONDS })
export class RevokedLogins {
  /** The user id. */
  @prop({ type: () => String, required: true })
  _id!: string;

  @prop({ type: () => Date, required: true })
  before!: Date;
}

/** A lost permission, for the processes that subscribers are connected to. */
@modelOptions({
  schemaOptions: { collection: 'access_notes', versionKey: false },
  options: { allowMixed: Severity.ALLOW },
})
@index({ at: 1 }, { expireAfterSeconds: 3_600 })
export class AccessNote {
  @prop({ type: () => String, required: true })
  _id!: string;

  /** The process that took it. */
  @prop({ type: () => String, required: true })
  from!: string;

  @prop({ type: () => Date, required: true })
  at!: Date;

  /** Whose permissions changed: those of all users in a room, or of one user. */
  @prop({ type: () => Object })
  concerned?: { readonly roomId?: string; readonly userId?: string };

  /** Whose logins ended, and which: those from before a moment, in milliseconds since 1970. */
  @prop({ type: () => Object })
  revoked?: { readonly userId: string; readonly before: number };
}

/**
 * - `pending`: not applied yet, or to be applied again.
 * - `ignored`: of a documented type that says nothing about who is in a room.
 */
export type InboxStatus = 'pending' | 'applied' | 'ignored' | 'unknown type' | 'unknown room' | 'foreign app';

/** A webhook as it came in, kept before it is acknowledged and until 100ms can no longer replay it. */
@modelOptions({
  schemaOptions: { collection: 'inbox', versionKey: false, minimize: false },
  options: { allowMixed: Severity.ALLOW },
})
@index({ status: 1, notBefore: 1 })
@index({ receivedAt: 1 }, { expireAfterSeconds: 32 * 24 * 3_600 })
export class InboxEvent {
  /** 100ms's event id: the same event twice is one document. */
  @prop({ type: () => String, required: true })
  _id!: string;

  @prop({ type: () => String, required: true })
  type!: string;

  @prop({ type: () => String, required: true })
  status!: InboxStatus;

  @prop({ type: () => Date, required: true })
  receivedAt!: Date;

  /** Not applied earlier than this: an event dated in the future waits for its time. */
  @prop({ type: () => Date, required: true })
  notBefore!: Date;

  /** How often it could not be applied. */
  @prop({ type: () => Number })
  failures?: number;

  /** The span that it came in with, as W3C Trace Context has it, where traces are collected. */
  @prop({ type: () => String })
  traceparent?: string;

  /** The parsed event. Presigned addresses and credentials are taken out before it is kept. */
  @prop({ type: () => Object, required: true })
  event!: Record<string, unknown>;
}

/** A process that works on this database, and until when it counts as alive. */
@modelOptions({ schemaOptions: { collection: 'processes', versionKey: false } })
export class RunningProcess {
  @prop({ type: () => String, required: true })
  _id!: string;

  @prop({ type: () => Date, required: true })
  until!: Date;
}

/** Small facts that must outlive the process. */
@modelOptions({ schemaOptions: { collection: 'settings', versionKey: false } })
export class Setting {
  @prop({ type: () => String, required: true })
  _id!: string;

  @prop({ type: () => Buffer })
  key?: Buffer;

  @prop({ type: () => Date })
  at?: Date;

  /** Who has a lease, until when, and how often it has changed hands. */
  @prop({ type: () => String })
  holder?: string;

  @prop({ type: () => Date })
  until?: Date;

  @prop({ type: () => Number })
  fence?: number;
}
