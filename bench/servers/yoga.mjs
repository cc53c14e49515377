/** graphql-yoga 5 with graphql-ws, as Yoga's documentation shows it. */
import { createServer } from 'node:http';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub, createSchema, createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { announce, change, listRooms, mintToken, topicOf, typeDefs } from './world.mjs';

const pubSub = createPubSub();
const tell =
  (action) =>
  (_root, { input }) => {
    const update = change(action, input);
    pubSub.publish(topicOf(input.roomId), update);
    return update.participant;
  };
const iso = (value) => (root) => root[value].toISOString();
const schema = createSchema({
  typeDefs,
  resolvers: {
    Room: { createdAt: iso('createdAt') },
    Participant: { joinedAt: iso('joinedAt') },
    ParticipantUpdate: { occurredAt: iso('occurredAt') },
    AccessToken: { expiresAt: iso('expiresAt') },
    Query: { rooms: (_root, { limit }) => listRooms(limit) },
    Mutation: {
      joinRoom: tell('JOINED'),
      leaveRoom: tell('LEFT'),
      generateToken: (_root, { input }) => mintToken(input),
    },
    Subscription: {
      participantUpdates: {
        subscribe: (_root, { roomId }) => pubSub.subscribe(topicOf(roomId)),
        resolve: (update) => update,
      },
    },
  },
});

const yoga = createYoga({ schema, logging: false });
const server = createServer(yoga);
const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint });
useServer(
  {
    execute: (args) => args.rootValue.execute(args),
    subscribe: (args) => args.rootValue.subscribe(args),
    onSubscribe: async (ctx, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...ctx,
        req: ctx.extra.request,
        socket: ctx.extra.socket,
        params,
      });
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      };
      const errors = validate(args.schema, args.document);
      return errors.length ? errors : args;
    },
  },
  sockets,
);
announce(server);
