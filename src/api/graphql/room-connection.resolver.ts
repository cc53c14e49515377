import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, Extensions, FieldResolver, Info, Int, Query, Resolver, Root } from 'type-graphql';
import type { RoomPage } from '../../rooms/room-page';
import { scansRooms } from './complexity';
import type { RequestContext } from './context';
import { RoomFilter } from './inputs';
import { PageInfo, RoomConnection } from './outputs';
import { selects } from './selects';

@Resolver(() => RoomConnection)
export class RoomConnectionResolver {
  @Query(() => RoomConnection, {
    description: 'The same rooms by pages, for relayStylePagination and relayPagination.',
  })
  async roomConnection(
    @Ctx() { rooms, caller }: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Arg('filter', () => RoomFilter, { nullable: true }) filter: RoomFilter | null,
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after: string | null,
  ): Promise<Pick<RoomConnection, 'edges'>> {
    const page = await rooms.page({ filter, first, after }, caller);
    if (!selects(info, 'participants')) return page;
    const live = page.edges.map(async ({ node, cursor }) => ({
      node: await rooms.withPresence(node),
      cursor,
    }));
    return { ...page, edges: await Promise.all(live) };
  }

  @FieldResolver()
  nodes(@Root() { edges }: RoomPage): RoomConnection['nodes'] {
    return edges.map(({ node }) => node);
  }

  @FieldResolver()
  pageInfo(@Root() { edges, hasNextPage, hasPreviousPage }: RoomPage): PageInfo {
    return { hasNextPage, hasPreviousPage, startCursor: edges[0]?.cursor, endCursor: edges.at(-1)?.cursor };
  }

  @FieldResolver()
  @Extensions(scansRooms)
  totalCount(@Root() page: RoomPage): Promise<number> {
    return page.totalCount();
  }
}
