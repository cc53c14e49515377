import { index, modelOptions, prop } from '@typegoose/typegoose';
import { Types } from 'mongoose';
import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { RoomAccess } from './access/room-grant.model';

export enum Region {
  IN = 'IN',
  US = 'US',
  EU = 'EU',
  AUTO = 'AUTO',
}
registerEnumType(Region, { name: 'Region', description: 'Where 100ms carries the media of a room.' });

/**
 * A room as it is kept, and as GraphQL shows it. What has no `@Field` is ours alone.
 *
 * `participantCount`, `asOfSeq` and `asOfEntry` are a fold of the room's log: always written together, so that
 * one read of this document gives a count and the place in the log where it held.
 */
@ObjectType({ description: 'A live video room.' })
@modelOptions({ schemaOptions: { collection: 'rooms', versionKey: false } })
@index({ roomId: 1 }, { unique: true })
@index({ createdAt: -1, _id: -1 })
@index({ ownerId: 1 })
export class Room {
  /** Ours, chosen before 100ms is asked: the name at 100ms is derived from it, which makes a create safe to repeat. */
  @prop({ type: () => Types.ObjectId, required: true })
  _id!: Types.ObjectId;

  @Field(() => ID, { description: 'The 100ms room id: the one that every door takes.' })
  get id(): string {
    return this.roomId;
  }

  @Field(() => ID, { description: 'The same value, under the name it has in the REST list.' })
  @prop({ type: () => String, required: true })
  roomId!: string;

  @Field(() => String)
  @prop({ type: () => String, required: true })
  name!: string;

  @Field(() => String, { nullable: true })
  @prop({ type: () => String })
  description?: string;

  @Field(() => Boolean)
  @prop({ type: () => Boolean, required: true })
  enabled!: boolean;

  /** When `enabled` was last said: an older word of 100ms does not count. */
  @prop({ type: () => Date })
  enabledAsOf?: Date;

  @Field(() => Date)
  @prop({ type: () => Date, required: true })
  createdAt!: Date;

  @Field(() => RoomAccess)
  @prop({ type: () => String, enum: RoomAccess })
  access!: RoomAccess;

  /** The user who created it; a room that a service created has none. */
  @prop({ type: () => String })
  ownerId?: string;

  @Field(() => Int, { description: 'Users present now: two devices of one user count once.' })
  @prop({ type: () => Number, required: true })
  participantCount!: number;

  @Field(() => Date, {
    nullable: true,
    description: 'When who is here was last found equal to what 100ms says, or made so.',
  })
  @prop({ type: () => Date })
  lastReconciledAt?: Date;

  @Field(() => Float, {
    nullable: true,
    description: 'How long after it happened 100ms told us of the newest change, in seconds by both clocks.',
  })
  @prop({ type: () => Number })
  webhookLagSeconds?: number;

  /** Which log the numbers below belong to. New whenever continuity with earlier cursors cannot be promised. */
  @prop({ type: () => String, required: true })
  epoch!: string;

  @prop({ type: () => Number, required: true })
  asOfSeq!: number;

  /** Id of the entry at `asOfSeq`; missing while the log is empty. */
  @prop({ type: () => String })
  asOfEntry?: string;

  /** The app at 100ms that made it, where 100ms said so. */
  @prop({ type: () => String })
  appId?: string;

  @prop({ type: () => String })
  templateId?: string;

  @prop({ type: () => String, enum: Region })
  region?: Region;

  @prop({ type: () => Number })
  size?: number;

  @prop({ type: () => Boolean })
  largeRoom?: boolean;

  @prop({ type: () => Number })
  maxDurationSeconds?: number;
}
