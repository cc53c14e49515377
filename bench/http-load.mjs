/** Queries and tokens over HTTP: a few requests at a time, each answer looked at. */
import { post } from './load.mjs';
import { cpuOf } from './processes.mjs';

const AT_A_TIME = 16;

export const rooms = { query: '{ rooms(limit: 50) { id name participantCount createdAt } }' };
const token = (roomId) => ({
  query:
    'mutation($input: GenerateTokenInput!) { generateToken(input: $input) { token id userId role expiresAt } }',
  variables: { input: { roomId, role: 'host', userId: 'ana' } },
});

/** CPU of the server for each request, in microseconds, `requests` of them after a tenth as many to warm up. */
export async function cpuOfRequests(server, requests, body, isGood) {
  const ask = async () => {
    const { data, errors } = await post(server.url, body);
    if (errors || !isGood(data)) throw new Error(`${server.name} answered ${JSON.stringify(errors ?? data)}`);
  };
  const run = async (count) => {
    let left = count;
    const next = async () => {
      for (; left > 0; left -= 1) await ask();
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, next));
  };
  await run(requests / 10);
  const before = cpuOf(server.pid);
  await run(requests);
  return (cpuOf(server.pid) - before) / requests;
}

export async function httpLoad(server, requests) {
  let roomId = 'r0';
  if (server.name === 'rollcall') {
    for (let n = 0; n < 50; n += 1) {
      const { data } = await post(server.url, {
        query: 'mutation($input: CreateRoomInput!) { createRoom(input: $input) { id } }',
        variables: { input: { name: `Listed ${n}` } },
      });
      roomId = data.createRoom.id;
    }
  }
  return {
    rooms: await cpuOfRequests(server, requests, rooms, (data) => data.rooms.length === 50),
    token: await cpuOfRequests(
      server,
      requests,
      token(roomId),
      ({ generateToken: made }) => made.token.length > 100,
    ),
  };
}
