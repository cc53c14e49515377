import { Field, ID, Int, ObjectType } from 'type-graphql';
import type * as access from '../../rooms/access/access.service';
import type * as invitations from '../../rooms/access/invitations.service';
import { InvitedRole } from '../../rooms/access/room-grant.model';
import type { MintedToken } from '../../rooms/bookkeeping.models';
import { Room } from '../../rooms/room.model';
import type * as imports from '../../rooms/upkeep/room-import';

@ObjectType({ description: 'A 100ms auth token with which a client SDK joins the room.' })
export class AccessToken implements access.AccessToken {
  @Field(() => String)
  token!: string;

  @Field(() => ID, { description: "The token's jti." })
  id!: string;

  @Field(() => ID)
  roomId!: string;

  @Field(() => ID)
  userId!: string;

  @Field(() => String)
  role!: string;

  @Field(() => Date)
  expiresAt!: Date;
}

@ObjectType({ description: 'What importRooms found.' })
export class ImportedRooms implements imports.ImportedRooms {
  @Field(() => Int, { description: 'Rooms that there are at 100ms.' })
  found!: number;

  @Field(() => Int, { description: 'Of them, those that were not known here.' })
  imported!: number;

  @Field(() => Int, {
    description: 'Of those known here, those that were disabled here because they are there.',
  })
  disabled!: number;
}

@ObjectType()
export class RoomEdge {
  @Field(() => Room)
  node!: Room;

  @Field(() => String)
  cursor!: string;
}

@ObjectType()
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => Boolean)
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true })
  startCursor?: string | undefined;

  @Field(() => String, { nullable: true })
  endCursor?: string | undefined;
}

@ObjectType()
export class RoomConnection {
  @Field(() => [RoomEdge])
  edges!: readonly RoomEdge[];

  @Field(() => [Room])
  nodes!: readonly Room[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;

  @Field(() => Int, { description: 'Rooms on all pages together.' })
  totalCount!: number;
}

@ObjectType({ description: 'The role of a user in a room by invitation.' })
export class Invitation implements invitations.Invitation {
  @Field(() => ID)
  id!: string;

  @Field(() => ID)
  roomId!: string;

  @Field(() => ID)
  userId!: string;

  @Field(() => InvitedRole)
  role!: InvitedRole;

  @Field(() => [String], {
    description:
      "Of the room's template: those that a member's tokens may have. Empty for co-hosts, who get every one.",
  })
  hmsRoles!: readonly string[];
}

@ObjectType({ description: 'That a token was given out. The token itself is kept nowhere.' })
export class TokenRecord {
  static of(this: void, { _id, by = '', ...minted }: MintedToken): TokenRecord {
    return Object.assign(new TokenRecord(), minted, { id: _id, by });
  }

  @Field(() => ID, { description: "The token's jti." })
  id!: string;

  @Field(() => String, {
    description: 'Who asked for it: "user <id>", or "service <the first of its key\'s digest>".',
  })
  by!: string;

  @Field(() => ID, { description: 'Whom it lets in.' })
  userId!: string;

  @Field(() => ID)
  roomId!: string;

  @Field(() => String)
  role!: string;

  @Field(() => Date)
  issuedAt!: Date;

  @Field(() => Date)
  expiresAt!: Date;

  @Field(() => Date, { nullable: true })
  revokedAt?: Date;
}
