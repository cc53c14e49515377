import type { GraphQLSchema } from 'graphql';
import { buildSchema, type PubSub } from 'type-graphql';
import { AccessResolver } from './access.resolver';
import { DateTimeScalar } from './date-time.scalar';
import { PresenceResolver } from './presence.resolver';
import { RoomResolver } from './room.resolver';
import { RoomConnectionResolver } from './room-connection.resolver';

/**
 * TypeGraphQL asks for a pub/sub wherever there is a subscription. Ours bring their own stream, each watcher's own and
 * bounded; its pub/sub would share one between rooms and end the process under load.
 */
const noPubSub: PubSub = {
  publish: () => {
    throw new Error('updates go through the room log, not through TypeGraphQL');
  },
  subscribe: () => {
    throw new Error('a subscription brings its own stream, from the room feed');
  },
};

/** The schema that callers see; also what `schema.graphql` is printed from. */
export function buildGraphQLSchema(): Promise<GraphQLSchema> {
  return buildSchema({
    resolvers: [RoomResolver, RoomConnectionResolver, PresenceResolver, AccessResolver],
    scalarsMap: [{ type: Date, scalar: DateTimeScalar }],
    pubSub: noPubSub,
    // Values are checked below the doors, the same for all of them.
    validate: false,
  });
}
