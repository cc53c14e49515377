import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Participant } from '../participant.model';
import { CursorScalar } from './cursor.scalar';

export enum ParticipantAction {
  JOINED = 'JOINED',
  LEFT = 'LEFT',
  UPDATED = 'UPDATED',
  RECONNECTING = 'RECONNECTING',
  RECONNECTED = 'RECONNECTED',
  SNAPSHOT = 'SNAPSHOT',
  CAUGHT_UP = 'CAUGHT_UP',
  ROOM_CLOSED = 'ROOM_CLOSED',
}
registerEnumType(ParticipantAction, {
  name: 'ParticipantAction',
  description: 'SNAPSHOT and CAUGHT_UP are markers, sent where a subscription asks for snapshots.',
});

export enum UpdateSource {
  WEBHOOK = 'WEBHOOK',
  REPLAY = 'REPLAY',
  RECONCILE = 'RECONCILE',
  SOCKET = 'SOCKET',
  API = 'API',
}
registerEnumType(UpdateSource, {
  name: 'UpdateSource',
  description: 'Where the news of a change came from.',
});

export enum SnapshotReason {
  FIRST = 'FIRST',
  EPOCH_CHANGED = 'EPOCH_CHANGED',
  TRIMMED = 'TRIMMED',
  AHEAD = 'AHEAD',
  GAP_TOO_LARGE = 'GAP_TOO_LARGE',
}
registerEnumType(SnapshotReason, { name: 'SnapshotReason', description: 'Why a SNAPSHOT was sent.' });

/** One update of a room's stream, as every door tells it. */
@ObjectType({ description: 'A change in a room, or a marker in its stream.', simpleResolvers: true })
export class ParticipantUpdate {
  @Field(() => ParticipantAction)
  action!: ParticipantAction;

  @Field(() => ID)
  roomId!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'Null where the update is about the room and not about one participant.',
  })
  userId?: string;

  @Field(() => Participant, { nullable: true })
  participant?: Participant;

  @Field(() => [Participant], { nullable: true, description: 'With SNAPSHOT: who is there.' })
  participants?: Participant[];

  @Field(() => Int, { description: 'Users present as of this update.' })
  participantCount!: number;

  @Field(() => CursorScalar)
  cursor!: string;

  @Field(() => Date, { description: 'For a marker: when it was sent.' })
  occurredAt!: Date;

  @Field(() => UpdateSource, {
    nullable: true,
    description: 'Null for markers.',
  })
  source?: UpdateSource;

  /** Whether the user had a device in the room before this: not with the JOINED of the first one. For doors that speak of users. */
  userWasPresent?: boolean;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether the user still has a device in the room: false with the LEFT of the last one.',
  })
  userPresent?: boolean;

  @Field(() => SnapshotReason, { nullable: true, description: 'With SNAPSHOT: why it was sent.' })
  reason?: SnapshotReason;

  @Field(() => Boolean, {
    description: 'True while the server is telling what happened before this subscription began.',
  })
  replayed!: boolean;
}
