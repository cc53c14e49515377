import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { RoomRole } from '../../rooms/access/room-grant.model';
import { Room } from '../../rooms/room.model';
import type { RequestContext } from './context';
import { GrantRoomRoleInput, RevokeRoomRoleInput, RevokeTokensInput } from './inputs';
import { Invitation, TokenRecord } from './outputs';

@Resolver(() => Room)
export class AccessResolver {
  @FieldResolver(() => RoomRole, {
    nullable: true,
    description: 'What you are to this room; null for services, who may do everything.',
  })
  myRole(@Ctx() { rooms, caller }: RequestContext, @Root() room: Room): Promise<RoomRole | null> {
    return rooms.roleIn(room, caller);
  }

  @Mutation(() => Invitation, {
    description: 'Invites a user to a room, or changes what they were invited as.',
  })
  grantRoomRole(
    @Ctx() { invitations, caller }: RequestContext,
    @Arg('input', () => GrantRoomRoleInput) input: GrantRoomRoleInput,
  ): Promise<Invitation> {
    return invitations.grant(input, caller);
  }

  @Mutation(() => Invitation, {
    nullable: true,
    description:
      'Takes an invitation back. Null where there was none. Of a room that is INVITED, the user is removed as by revokeTokens.',
  })
  revokeRoomRole(
    @Ctx() { invitations, caller }: RequestContext,
    @Arg('input', () => RevokeRoomRoleInput) input: RevokeRoomRoleInput,
  ): Promise<Invitation | null> {
    return invitations.revoke(input, caller);
  }

  @Mutation(() => [TokenRecord], {
    description:
      'With roomId: removes the user from the room until they are invited again, no matter which token they join with. Without, for ' +
      'services: revokes every login of the user, and their tokens in all rooms. 100ms still accepts a revoked token: a user who ' +
      'joins by one is removed again, within RECONCILE_SECONDS at the latest. Answers with the tokens that were still good.',
  })
  async revokeTokens(
    @Ctx() { tokenAudit, caller }: RequestContext,
    @Arg('input', () => RevokeTokensInput) input: RevokeTokensInput,
  ): Promise<TokenRecord[]> {
    return (await tokenAudit.revoke(input, caller)).map(TokenRecord.of);
  }

  @Query(() => [TokenRecord], {
    description:
      'For services: which tokens were given out, by and for whom, newest first; kept for 90 days. limit: 1 to 100.',
  })
  async tokenAudit(
    @Ctx() { tokenAudit, caller }: RequestContext,
    @Arg('roomId', () => ID, { nullable: true }) roomId: string | null,
    @Arg('userId', () => ID, { nullable: true }) userId: string | null,
    @Arg('limit', () => Int, { defaultValue: 50 }) limit: number,
  ): Promise<TokenRecord[]> {
    return (await tokenAudit.list({ roomId, userId, limit }, caller)).map(TokenRecord.of);
  }
}
