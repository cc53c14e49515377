/** Mercurius on fastify with its JIT on from the first request, as its documentation shows it. */
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { change, listRooms, mintToken, topicOf, typeDefs } from './world.mjs';

const tell =
  (action) =>
  async (_root, { input }, { pubsub }) => {
    const update = change(action, input);
    await pubsub.publish({ topic: topicOf(input.roomId), payload: { participantUpdates: update } });
    return update.participant;
  };
const iso = (value) => (root) => root[value].toISOString();

const app = Fastify();
app.register(mercurius, {
  schema: typeDefs,
  jit: 1,
  subscription: { fullWsTransport: true },
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
        subscribe: (_root, { roomId }, { pubsub }) => pubsub.subscribe(topicOf(roomId)),
      },
    },
  },
});
const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`listening ${url}\n`);
