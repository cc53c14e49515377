/**
 * Apollo Server 5, TypeGraphQL and graphql-ws, as their documentations show them together. TypeGraphQL's decorators are
 * called as the functions they are, so that no compiler stands between the file and the run; what runs is the same.
 */
import 'reflect-metadata';
import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import express from 'express';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub } from 'graphql-yoga';
import {
  Arg,
  buildSchema,
  Field,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { WebSocketServer } from 'ws';
import { announce, change, listRooms, mintToken, topicOf } from './world.mjs';

/** A class with fields: `{ name: [type, nullable?] }`. */
function described(Kind, name, fields) {
  const Class = { [name]: class {} }[name];
  for (const [field, [type, nullable = false]] of Object.entries(fields)) {
    Field(() => type, { nullable })(Class.prototype, field);
  }
  Kind(name)(Class);
  return Class;
}

const Room = described(ObjectType, 'Room', {
  id: [ID],
  roomId: [ID],
  name: [String],
  enabled: [Boolean],
  createdAt: [Date],
  participantCount: [Int],
});
const Participant = described(ObjectType, 'Participant', {
  id: [ID],
  roomId: [ID],
  userId: [ID],
  status: [String],
  joinedAt: [Date],
});
const ParticipantUpdate = described(ObjectType, 'ParticipantUpdate', {
  action: [String],
  roomId: [ID],
  userId: [ID, true],
  participant: [Participant, true],
  participantCount: [Int],
  cursor: [ID],
  occurredAt: [Date],
});
const AccessToken = described(ObjectType, 'AccessToken', {
  token: [String],
  id: [ID],
  roomId: [ID],
  userId: [ID],
  role: [String],
  expiresAt: [Date],
});
const RoomUserInput = described(InputType, 'RoomUserInput', { roomId: [ID], userId: [ID] });
const GenerateTokenInput = described(InputType, 'GenerateTokenInput', {
  roomId: [ID],
  role: [String],
  userId: [ID, true],
});

const pubSub = createPubSub();

class RoomResolver {
  rooms(limit) {
    return listRooms(limit);
  }
  joinRoom(input) {
    return this.tell('JOINED', input);
  }
  leaveRoom(input) {
    return this.tell('LEFT', input);
  }
  generateToken(input) {
    return mintToken(input);
  }
  participantUpdates(update) {
    return update;
  }
  tell(action, input) {
    const update = change(action, input);
    pubSub.publish(topicOf(input.roomId), update);
    return update.participant;
  }
}
const on = (method, ...decorators) => {
  const descriptor = Object.getOwnPropertyDescriptor(RoomResolver.prototype, method);
  for (const decorate of decorators) decorate(RoomResolver.prototype, method, descriptor);
};
const argument = (name, type, options) => (target, method) =>
  Arg(name, () => type, options)(target, method, 0);
on(
  'rooms',
  argument('limit', Int, { defaultValue: 50 }),
  Query(() => [Room]),
);
on(
  'joinRoom',
  argument('input', RoomUserInput),
  Mutation(() => Participant),
);
on(
  'leaveRoom',
  argument('input', RoomUserInput),
  Mutation(() => Participant, { nullable: true }),
);
on(
  'generateToken',
  argument('input', GenerateTokenInput),
  Mutation(() => AccessToken),
);
on(
  'participantUpdates',
  (target, method) => Root()(target, method, 0),
  (target, method) => Arg('roomId', () => ID)(target, method, 1),
  Subscription(() => ParticipantUpdate, { topics: ({ args }) => topicOf(args.roomId) }),
);
Resolver()(RoomResolver);

const schema = await buildSchema({ resolvers: [RoomResolver], pubSub, validate: false });
const app = express();
const server = createServer(app);
const sockets = new WebSocketServer({ server, path: '/graphql' });
const cleanup = useServer({ schema }, sockets);
const apollo = new ApolloServer({
  schema,
  plugins: [
    ApolloServerPluginDrainHttpServer({ httpServer: server }),
    { serverWillStart: async () => ({ drainServer: () => cleanup.dispose() }) },
  ],
});
await apollo.start();
app.use('/graphql', express.json(), expressMiddleware(apollo));
announce(server);
