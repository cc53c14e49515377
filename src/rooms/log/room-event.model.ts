import { index, modelOptions, prop } from '@typegoose/typegoose';
import { Participant } from '../participant.model';
import { ParticipantAction, UpdateSource } from './participant-update';

/**
 * One entry of a room's log. Inserting it is the commit point of a change; it is never edited afterwards.
 *
 * - Within an epoch `seq` starts at 1 and grows by exactly 1, in commit order: the unique index sees to it.
 * - `participant` is the participant after the change, so that replaying needs nothing but the log; of its keys the newest alone.
 */
@modelOptions({ schemaOptions: { collection: 'room_events', versionKey: false } })
@index({ roomId: 1, epoch: 1, seq: 1 }, { unique: true })
@index({ recordedAt: 1 })
export class RoomEvent {
  @prop({ type: () => String, required: true })
  _id!: string;

  @prop({ type: () => String, required: true })
  roomId!: string;

  @prop({ type: () => String, required: true })
  epoch!: string;

  @prop({ type: () => Number, required: true })
  seq!: number;

  @prop({ type: () => String, enum: ParticipantAction, required: true })
  action!: ParticipantAction;

  /** Missing where the entry is about the room and not about one participant. */
  @prop({ type: () => Participant, excludeIndexes: true })
  participant?: Participant;

  /** Users present after this entry. */
  @prop({ type: () => Number, required: true })
  participantCount!: number;

  /** Whether the participant's user had any device in the room just before this entry. */
  @prop({ type: () => Boolean })
  userWasPresent?: boolean;

  /** The same just after it. */
  @prop({ type: () => Boolean })
  userPresent?: boolean;

  @prop({ type: () => Date, required: true })
  occurredAt!: Date;

  /** When it was committed. Never runs backwards within a room, so that trimming by age takes the oldest first. */
  @prop({ type: () => Date, required: true })
  recordedAt!: Date;

  @prop({ type: () => String, enum: UpdateSource, required: true })
  source!: UpdateSource;

  /** The process that has the socket on which the participant hangs since this entry. */
  @prop({ type: () => String })
  heldBy?: string;
}
