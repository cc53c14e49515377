import { Field, ID, Int, ObjectType } from 'type-graphql';
import type * as access from '../../rooms/access.service';
import { Room } from '../../rooms/room.model';

@ObjectType({ description: 'What lets somebody into a room.' })
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
