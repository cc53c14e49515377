import { index, modelOptions, prop } from '@typegoose/typegoose';
import type { Bar } from '../access/may-be-inside';

/**
 * - `pending`: to be done, or to be looked at again.
 * - `removed`: the user was inside, was removed, and is gone.
 * - `gone`: the user was not inside.
 * - `allowed`: the user may be inside again.
 */
export type RemovalStatus = 'pending' | 'removed' | 'gone' | 'allowed';

/** A user to be removed from a room, and afterwards the record of what became of it. */
@modelOptions({ schemaOptions: { collection: 'removals', versionKey: false } })
@index({ roomId: 1, userId: 1 }, { unique: true, partialFilterExpression: { status: 'pending' } })
@index({ status: 1, notBefore: 1 })
@index({ keepUntil: 1 }, { expireAfterSeconds: 0 })
export class Removal {
  @prop({ type: () => String, required: true })
  _id!: string;

  @prop({ type: () => String, required: true })
  roomId!: string;

  @prop({ type: () => String, required: true })
  userId!: string;

  @prop({ type: () => String, required: true })
  cause!: Bar;

  @prop({ type: () => String, required: true })
  status!: RemovalStatus;

  @prop({ type: () => Date, required: true })
  requestedAt!: Date;

  /** The newest request: 100ms may not list a peer who has only just joined, so it is looked at again some time after this. */
  @prop({ type: () => Date, required: true })
  lastRequestedAt!: Date;

  /** How often it was requested: who has finished sees by it whether there was another request in the meantime. */
  @prop({ type: () => Number, required: true })
  requests!: number;

  @prop({ type: () => Date, required: true })
  notBefore!: Date;

  /** No other process works on it until then. */
  @prop({ type: () => Date, required: true })
  claimedUntil!: Date;

  /** Peers and reported presences that were removed. */
  @prop({ type: () => Number, required: true })
  removed!: number;

  /** Attempts in a row that failed. */
  @prop({ type: () => Number, required: true })
  failures!: number;

  @prop({ type: () => Date })
  doneAt?: Date;

  /** Not set while it is pending. */
  @prop({ type: () => Date })
  keepUntil?: Date;
}
