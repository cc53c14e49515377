import type { GraphQLSchema } from 'graphql';
import { buildSchema } from 'type-graphql';
import { DateTimeScalar } from './date-time.scalar';
import { PresenceResolver } from './presence.resolver';
import { RoomResolver } from './room.resolver';
import { RoomConnectionResolver } from './room-connection.resolver';

/** The schema that callers see; also what `schema.graphql` is printed from. */
export function buildGraphQLSchema(): Promise<GraphQLSchema> {
  return buildSchema({
    resolvers: [RoomResolver, RoomConnectionResolver, PresenceResolver],
    scalarsMap: [{ type: Date, scalar: DateTimeScalar }],
    // Values are checked below the doors, the same for all of them.
    validate: false,
  });
}
