/**
 * What every peer keeps in memory: rooms, who is in them, and what an update looks like. The same for all, so that the
 * measured difference is the server and not its data. Nothing here is written anywhere; Rollcall writes each update to its
 * database before it publishes anything.
 */
import { createSecretKey, randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';

const rooms = new Map();

/** Rooms with the names r1 … rN, and 50 more for the list. */
export function room(roomId) {
  let found = rooms.get(roomId);
  if (!found) {
    found = {
      id: roomId,
      roomId,
      name: `Room ${roomId}`,
      enabled: true,
      createdAt: new Date(),
      present: new Map(),
      seq: 0,
    };
    rooms.set(roomId, found);
  }
  return found;
}

export function listRooms(limit) {
  for (let n = rooms.size; n < limit; n += 1) room(`listed-${n}`);
  return [...rooms.values()].slice(0, limit).map(shown);
}

const shown = ({ present, ...fields }) => ({ ...fields, participantCount: present.size });

/** Lets a user in, or out, and answers with the update that every watcher of the room must get. */
export function change(action, { roomId, userId }) {
  const { present, ...where } = room(roomId);
  const now = new Date();
  const participant = present.get(userId) ?? {
    id: randomUUID().replaceAll('-', '').slice(0, 24),
    roomId,
    userId,
    joinedAt: now,
  };
  participant.status = action === 'JOINED' ? 'ACTIVE' : 'LEFT';
  if (action === 'JOINED') present.set(userId, participant);
  else present.delete(userId);
  room(roomId).seq = where.seq + 1;
  return {
    action,
    roomId,
    userId,
    participant: { ...participant },
    participantCount: present.size,
    // As long as a cursor of Rollcall.
    cursor: `AeWq3sVb0pX2${String(where.seq + 1).padStart(40, 'A')}`,
    occurredAt: now,
  };
}

const key = createSecretKey(Buffer.from('a secret of the bench, used for nothing else'));

export function mintToken({ roomId, role, userId = randomUUID() }) {
  const id = randomUUID();
  const expiresAt = new Date(Date.now() + 3_600_000);
  const claims = { room_id: roomId, user_id: userId, role, type: 'app', version: 2, access_key: 'bench' };
  const token = jwt.sign(claims, key, { algorithm: 'HS256', expiresIn: 3_600, jwtid: id });
  return { token, id, roomId, userId, role, expiresAt };
}

export const typeDefs = /* GraphQL */ `
  type Room { id: ID! roomId: ID! name: String! enabled: Boolean! createdAt: String! participantCount: Int! }
  type Participant { id: ID! roomId: ID! userId: ID! status: String! joinedAt: String! }
  type ParticipantUpdate {
    action: String! roomId: ID! userId: ID participant: Participant participantCount: Int! cursor: ID! occurredAt: String!
  }
  type AccessToken { token: String! id: ID! roomId: ID! userId: ID! role: String! expiresAt: String! }
  input RoomUserInput { roomId: ID! userId: ID! }
  input GenerateTokenInput { roomId: ID! role: String! userId: ID }
  type Query { rooms(limit: Int! = 50): [Room!]! }
  type Mutation {
    joinRoom(input: RoomUserInput!): Participant!
    leaveRoom(input: RoomUserInput!): Participant
    generateToken(input: GenerateTokenInput!): AccessToken!
  }
  type Subscription { participantUpdates(roomId: ID!): ParticipantUpdate! }
`;

export const topicOf = (roomId) => `room:${roomId}`;

/** Prints where it listens; the parent process waits for the line. */
export function announce(server) {
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`listening http://127.0.0.1:${server.address().port}\n`);
  });
}
