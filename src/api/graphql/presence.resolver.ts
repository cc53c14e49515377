import { Arg, Ctx, ID, Mutation, Resolver, Root, Subscription } from 'type-graphql';
import type { FeedRequest } from '../../rooms/feed/room-feed';
import { CursorScalar } from '../../rooms/log/cursor.scalar';
import { ParticipantUpdate } from '../../rooms/log/participant-update';
import { Participant } from '../../rooms/participant.model';
import type { RequestContext } from './context';
import { JoinRoomInput, LeaveRoomInput } from './inputs';

@Resolver()
export class PresenceResolver {
  @Mutation(() => Participant, {
    description:
      'Says that a user is in the room, for clients that report their own presence. Repeating it renews the lease, ' +
      'and publishes no update; a lease that runs out is a LEFT. RATE_LIMITED with more devices of the user in the room than ' +
      'LIMIT_DEVICES_PER_USER.',
  })
  joinRoom(
    @Ctx() { presence, caller }: RequestContext,
    @Arg('input', () => JoinRoomInput) input: JoinRoomInput,
  ): Promise<Participant> {
    return presence.join(input, caller);
  }

  @Mutation(() => Participant, {
    nullable: true,
    description: 'Null where the user was not there; ROOM_NOT_FOUND where there is no room.',
  })
  leaveRoom(
    @Ctx() { presence, caller }: RequestContext,
    @Arg('input', () => LeaveRoomInput) input: LeaveRoomInput,
  ): Promise<Participant | null> {
    return presence.leave(input, caller);
  }

  @Subscription(() => ParticipantUpdate, {
    description:
      'Who comes and goes, in order, each once. `after` continues from a cursor; `snapshot: true` adds the markers ' +
      'that let a client start, resume and heal on one stream.',
    subscribe: ({ args, context }: { args: FeedRequest; context: RequestContext }) => {
      const { roomId, after, snapshot } = args;
      return context.feed.follow({ roomId, after, snapshot, relay: context.relay }, context.caller);
    },
  })
  participantUpdates(
    @Root() update: ParticipantUpdate,
    @Arg('roomId', () => ID) _roomId: string,
    @Arg('after', () => CursorScalar, { nullable: true }) _after: string | null,
    @Arg('snapshot', () => Boolean, { defaultValue: false }) _snapshot: boolean,
  ): ParticipantUpdate {
    return update;
  }
}
