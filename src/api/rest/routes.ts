import { AppError } from '../../errors';
import * as answers from './answers';
import * as inputs from './inputs';
import { presentCreated, presentParticipant, presentRoom, presentToken } from './present';
import { route } from './route';
import { updates } from './updates';

const createRoom = route({
  id: 'createRoom',
  method: 'post',
  path: '/rooms',
  summary: 'Create a room, here and at 100ms',
  headers: inputs.idempotency,
  body: inputs.newRoom,
  answer: {
    status: 201,
    description: 'The room.',
    body: answers.createdRoom,
    headers: { Location: 'Where the room is.' },
  },
  errors: ['IDEMPOTENCY_CONFLICT', 'UPSTREAM_REJECTED', 'UPSTREAM_UNAVAILABLE'],
  run: async ({ headers, body }, { rooms, caller }) => {
    const { roomName, name = roomName ?? '', idempotencyKey, ...wanted } = body;
    const room = await rooms.create(
      { ...wanted, name, idempotencyKey: headers['Idempotency-Key'] ?? idempotencyKey },
      caller,
    );
    return { body: presentCreated(room), headers: { location: `/rooms/${room.roomId}` } };
  },
});

const listRooms = route({
  id: 'listRooms',
  method: 'get',
  path: '/rooms',
  summary: 'List the rooms, newest first',
  query: inputs.roomsQuery,
  answer: { status: 200, description: 'A page of rooms.', body: answers.roomList },
  errors: ['BAD_CURSOR', 'QUERY_TOO_COMPLEX'],
  run: async ({ query: { limit, after } }, { rooms, caller }) => {
    const { edges, hasNextPage } = await rooms.page({ first: limit, after }, caller);
    const next = hasNextPage ? edges.at(-1)?.cursor : undefined;
    const body: answers.RoomList = { rooms: edges.map(({ node }) => presentRoom(node)), next };
    return { body };
  },
});

const getRoom = route({
  id: 'getRoom',
  method: 'get',
  path: '/rooms/{roomId}',
  summary: 'One room, with who is in it and where its updates stand',
  params: inputs.aRoom,
  answer: { status: 200, description: 'The room.', body: answers.roomDetails },
  errors: ['ROOM_NOT_FOUND'],
  run: async ({ params: { roomId } }, { rooms, caller }) => {
    const found = await rooms.find(roomId, caller);
    if (!found) throw new AppError('ROOM_NOT_FOUND', `There is no room ${roomId}.`);
    const room = await rooms.withPresence(found);
    const body: answers.RoomDetails = {
      ...presentRoom(room),
      participants: room.present.map(presentParticipant),
      cursor: rooms.cursorOf(room),
    };
    return { body };
  },
});

const createToken = route({
  id: 'createToken',
  method: 'post',
  path: '/rooms/{roomId}/token',
  summary: 'A token with which a 100ms client SDK joins the room',
  params: inputs.aRoom,
  body: inputs.newToken,
  answer: { status: 200, description: 'The token. It is kept nowhere.', body: answers.accessToken },
  errors: ['ROOM_NOT_FOUND', 'ROOM_DISABLED', 'ROLE_INVALID', 'UPSTREAM_REJECTED', 'UPSTREAM_UNAVAILABLE'],
  run: async ({ params: { roomId }, body }, { access, caller }) => ({
    body: presentToken(await access.generateToken({ roomId, ...body }, caller)),
  }),
});

/** Every call of the REST door. */
export const routes = [createRoom, listRooms, getRoom, createToken, updates] as const;
