import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { openIdentities } from '../../src/api/logins/identity';
import { openRawSockets } from '../../src/api/websocket/raw-sockets';
import { toErrorBody } from '../../src/errors';
import { silentMeter } from '../../src/figures';
import { socketUrl } from '../helpers/clients';
import { Collected } from '../helpers/collected';
import { type Asked, overHttp } from '../helpers/doors';
import { authSecret, ground, inSeconds, loginOf, serviceKey } from '../helpers/logins';
import { RawSocket } from '../helpers/raw-socket';
import { openTestDatabase, TestRooms } from '../helpers/rooms';
import { startTestService } from '../helpers/service';

let service: Awaited<ReturnType<typeof startTestService>>;
let roomId: string;
const asService = `Bearer ${serviceKey}`;

const mutation = (name: string, type: string, input: object): Asked => ({
  query: `mutation ($input: ${type}!) { ${name}(input: $input) { id } }`,
  variables: { input },
});
async function done(asked: Asked): Promise<Record<string, { id: string }>> {
  const { outcome, data } = await overHttp(service.url, asService, asked);
  expect(outcome).toBe('ok');
  return data as Record<string, { id: string }>;
}

beforeAll(async () => {
  service = await startTestService({ AUTH_SECRET: authSecret, SERVICE_KEYS: serviceKey });
  roomId = (await done(mutation('createRoom', 'CreateRoomInput', { name: 'Ours' })))['createRoom']?.id ?? '';
});
afterAll(() => service.close());

/** A client that notices the server's close frame, does not answer it, and goes on sending. */
class StubbornClient {
  /** The code of the close frame, once it came. */
  readonly told: Promise<number>;

  private constructor(private readonly socket: WebSocket) {
    this.told = new Promise((resolve) => {
      socket.close = (code = 1005) => resolve(code);
    });
  }

  static async open(url: string, protocol: string | undefined, hello: object): Promise<StubbornClient> {
    const socket = new WebSocket(url, protocol);
    const client = new StubbornClient(socket);
    await once(socket, 'open');
    client.send(hello);
    await once(socket, 'message');
    return client;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Resolves when the server has read everything that was sent: it answers the end of the connection after that. */
  async gone(): Promise<void> {
    const closed = once(this.socket, 'close');
    WebSocket.prototype.close.call(this.socket);
    await closed;
  }
}

/** How many operations each transport but plain HTTP has run so far. */
async function operationsRun(): Promise<string[]> {
  const response = await fetch(`${service.url}/metrics`, { headers: { authorization: asService } });
  const lines = (await response.text()).split('\n');
  return lines.filter((line) => /^graphql_requests_total.*transport="graphql_ws"/.test(line));
}

/** Waits until this user's login has ended, by its own end or because it is revoked. */
const endings: Readonly<Record<string, (userId: string) => Promise<void>>> = {
  expired: async () => undefined,
  'was revoked': async (userId) => {
    await done(mutation('revokeTokens', 'RevokeTokensInput', { userId }));
  },
};

describe.each(Object.entries(endings))(
  'a client that ignores the close frame after its login %s',
  (how, end) => {
    const claims = () => (how === 'expired' ? { exp: inSeconds(2) } : { iat: inSeconds(-60) });

    it('has nothing executed on graphql-ws: no mutation, no query, no subscription', async () => {
      const userId = `ana-${how.replace(/\W/g, '-')}`;
      const client = await StubbornClient.open(socketUrl(service.url), 'graphql-transport-ws', {
        type: 'connection_init',
        payload: { authorization: `Bearer ${loginOf(userId, claims())}` },
      });
      await end(userId);
      expect(await client.told).toBe(4403);
      const before = await operationsRun();
      const asked: Asked[] = [
        mutation('createRoom', 'CreateRoomInput', { name: `Made by ${userId}` }),
        mutation('joinRoom', 'JoinRoomInput', { roomId, userId }),
        { query: '{ rooms { id } }' },
        { query: `subscription { participantUpdates(roomId: "${roomId}", snapshot: true) { action } }` },
      ];
      for (const [at, payload] of asked.entries()) client.send({ id: `${at}`, type: 'subscribe', payload });
      await client.gone();
      // Whatever the socket began before this is executed before it.
      await done(mutation('joinRoom', 'JoinRoomInput', { roomId, userId: 'marker' }));
      expect(await operationsRun()).toEqual(before);
      const { rooms } = await done({ query: '{ rooms { name } }' });
      expect(rooms).not.toContainEqual({ name: `Made by ${userId}` });
      expect(await present()).not.toContain(userId);
    });

    it('has nothing executed on the raw WebSocket', async () => {
      const userId = `bea-${how.replace(/\W/g, '-')}`;
      const client = await StubbornClient.open(service.url.replace('http', 'ws'), undefined, {
        event: 'auth',
        data: { token: loginOf(userId, claims()) },
      });
      await end(userId);
      expect(await client.told).toBe(4403);
      client.send({ event: 'join', data: { roomId, userId, deviceId: 'one' } });
      await client.gone();
      await done(mutation('joinRoom', 'JoinRoomInput', { roomId, userId: 'marker' }));
      expect(await present()).not.toContain(userId);
    });
  },
);

async function present(): Promise<string[]> {
  const query = 'query ($id: ID!) { room(id: $id) { participants { userId } } }';
  const { room } = (await done({ query, variables: { id: roomId } })) as unknown as {
    room: { participants: { userId: string }[] };
  };
  return room.participants.map(({ userId }) => userId);
}

it('drops raw frames that wait behind one under way when the login is revoked, also once the socket has closed', async () => {
  await using database = await openTestDatabase();
  await using opened = await TestRooms.open(database);
  const { presence, feed } = opened.rooms;
  const openRoom = await opened.addRoom();
  let revoke = (): void => undefined;
  const logins = {
    isRevoked: async () => false,
    whenRevoked: (_login: unknown, act: () => void) => {
      revoke = act;
      return () => undefined;
    },
  };
  const users = { by: 'secret', secret: authSecret } as const;
  const underWay = new Collected<string>();
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const begin: typeof presence.begin = async (device, caller) => {
    underWay.add(String(device.deviceId));
    await finished;
    return presence.begin(device, caller);
  };
  const held = Object.assign(Object.create(presence), { begin });
  const sockets = openRawSockets({
    rooms: { feed, presence: held },
    identities: openIdentities({ mode: 'logins', users, serviceKeys: [] }, { ...ground, logins }),
    describe: toErrorBody,
    ...ground.limits,
    roomsPerSocket: 10,
    pingSeconds: 25,
    stallSeconds: 30,
    meter: silentMeter,
    logger: pino({ level: 'silent' }),
    report: () => undefined,
  });
  const server = createServer().on('upgrade', sockets.upgrade).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const raw = await RawSocket.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  raw.send('auth', { token: loginOf('ana') });
  await raw.nth('authenticated', 1);
  for (const deviceId of ['one', 'two']) raw.send('join', { roomId: openRoom, userId: 'ana', deviceId });
  await underWay.atLeast(1);
  revoke();
  expect((await raw.closed).code).toBe(4403);
  finish();
  server.close();
  await sockets.gone();
  expect(underWay.items).toEqual(['one']);
});
