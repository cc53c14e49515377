import { createHash } from 'node:crypto';
import { WebSocket } from 'ws';
import { overHttp, overRest, overSocket, type Shown } from '../helpers/doors';
import { Fleet, noFleet, whyNoFleet } from '../helpers/fleet';
import { resolveHere } from '../helpers/host-name';
import { authSecret, inSeconds, loginOf, serviceKey } from '../helpers/logins';
import { loginOver, streamDoors } from '../helpers/stream-doors';
import { environmentOfCompose, environmentOfKubernetes } from './environments';

/** A normal host name, behind which a user has Rollcall. */
const HOST_NAME = 'rollcall.example.com';
const webhookSecret = 'a-webhook-secret-of-some-length';
const secrets = {
  AUTH_SECRET: authSecret,
  WEBHOOK_SECRET: webhookSecret,
  API_KEY: 'key',
  APP_SECRET: 'secret',
};
const digest = `sha256:${createHash('sha256').update(serviceKey).digest('hex')}`;

const deployments = {
  'deploy/compose.yaml': environmentOfCompose({ ...secrets, SERVICE_KEYS: serviceKey }),
  'deploy/kubernetes': environmentOfKubernetes({ ...secrets, SERVICE_KEYS: digest }),
};

/**
 * What a deployment gives an instance, but for the places that are elsewhere here: the fleet has a database, a Redis and a
 * 100ms of its own, and listens on loopback. A deployment that named no such place would not be the one that is shipped.
 */
function settingsOf(environment: Record<string, string>): Record<string, string> {
  const { MONGO_URI, REDIS_URL, API_KEY, APP_SECRET, HOST, PORT, ...rest } = environment;
  for (const [name, value] of Object.entries({ MONGO_URI, REDIS_URL, API_KEY, APP_SECRET, HOST, PORT }))
    if (!value) throw new Error(`The deployment sets no ${name}.`);
  return rest;
}

resolveHere(HOST_NAME);

const as = (userId: string) => `Bearer ${loginOf(userId)}`;
const asService = `Bearer ${serviceKey}`;
const describeFleet = noFleet ? describe.skip : describe;

describeFleet.each(Object.entries(deployments))(
  `two instances as %s deploys them${whyNoFleet}`,
  (_name, environment) => {
    let fleet: Fleet;
    let url = '';
    /** The origin of a page that may talk to it: the listed one, or that of the service itself. */
    let page = '';
    beforeAll(async () => {
      fleet = await Fleet.open({ instances: 2, settings: settingsOf(environment) });
      url = fleet.url.replace('127.0.0.1', HOST_NAME);
      page = environment['CORS_ORIGINS'] || url;
      fleet.sandbox.control.setWebhook({
        url: `${url}/webhooks/100ms`,
        headers: { 'x-webhook-secret': webhookSecret },
      });
    }, 60_000);
    afterAll(() => fleet?.[Symbol.asyncDispose]());

    const mutate = async (shown: Shown, name: string, type: string, input: object) => {
      const query = `mutation ($input: ${type}!) { ${name}(input: $input) { id } }`;
      const { outcome, data } = await overHttp(url, shown, { query, variables: { input } });
      expect(outcome).toBe('ok');
      return (data as Record<string, { id: string }>)[name]?.id ?? '';
    };
    const newRoom = () =>
      mutate(as('ana'), 'createRoom', 'CreateRoomInput', { name: 'Stand-up', access: 'OPEN' });
    const joins = (roomId: string, userId: string) =>
      mutate(asService, 'joinRoom', 'JoinRoomInput', { roomId, userId });

    it('runs in production, and is ready', async () => {
      expect(environment['NODE_ENV']).toBe('production');
      const ready = await fetch(`${url}/readyz`);
      expect([ready.status, ((await ready.json()) as { ready: boolean }).ready]).toEqual([200, true]);
      expect((await fetch(`${url}/docs`)).status).toBe(404);
      expect(
        (await overHttp(url, as('ana'), { query: '{ __schema { queryType { name } } }' })).outcome,
      ).not.toBe('ok');
    });

    it.each(Object.entries(streamDoors))(
      '%s opens, delivers, and resumes after its cursor',
      async (name, door) => {
        const roomId = await newRoom();
        const first = door(url, as('bo'), roomId);
        await first.told.first((told) => told === 'SNAPSHOT');
        // The raw WebSocket says nothing when its watch has begun: the first join that it delivers shows it.
        for (let n = 0; !first.told.items.some((told) => told.startsWith('early')); n += 1)
          await joins(roomId, `early${n}`);
        await joins(roomId, 'cy');
        await first.told.first((told) => told === 'cy');
        const cursor = first.cursor();
        first.stop();
        if (name === 'the raw WebSocket') return;

        await joins(roomId, 'dan');
        const second = door(url, as('bo'), roomId, cursor);
        await joins(roomId, 'eve');
        await second.told.first((told) => told === 'eve');
        second.stop();
        expect(second.told.items.filter((told) => /^[a-z]/.test(told))).toEqual(['dan', 'eve']);
      },
    );

    it.each(Object.entries(streamDoors))(
      '%s is refused without a login, and under one that has expired',
      async (_door, door) => {
        const roomId = await newRoom();
        const expired = `Bearer ${loginOf('bo', { iat: inSeconds(-120), exp: inSeconds(-60) })}`;
        for (const shown of ['Bearer none', expired]) {
          const watcher = door(url, shown, roomId);
          expect(await watcher.ended).toMatch(/UNAUTHENTICATED|closed 44|refused 401/);
          expect(watcher.told.items.filter((told) => told !== 'SNAPSHOT')).toEqual([]);
          watcher.stop();
        }
      },
    );

    it.each(Object.entries(streamDoors))(
      '%s ends when its login is revoked, on whichever instance',
      async (name, door) => {
        const roomId = await newRoom();
        const userId = `revoked-${Object.keys(streamDoors).indexOf(name)}`;
        const watcher = door(url, `Bearer ${loginOf(userId, { iat: inSeconds(-60) })}`, roomId);
        await watcher.told.first((told) => told === 'SNAPSHOT');
        for (let n = 0; !watcher.told.items.some((told) => told.startsWith('early')); n += 1)
          await joins(roomId, `early${n}`);
        await mutate(asService, 'revokeTokens', 'RevokeTokensInput', { userId });
        expect(await watcher.ended).toBe(loginOver(name));
        watcher.stop();
      },
    );

    it.each([
      ['graphql-ws', '/graphql', ['graphql-transport-ws']],
      ['the raw WebSocket', '/', []],
    ])('%s is opened to the pages that are listed, and to no other', async (_door, path, protocols) => {
      const opens = (origin: string) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocols, { origin });
          socket.once('open', () => resolve('opened')).on('error', (error) => resolve(error.message));
          socket.once('open', () => socket.terminate());
        });
      expect(await opens(page)).toBe('opened');
      for (const origin of ['https://evil.example', 'null'])
        expect(await opens(origin)).toBe('Unexpected server response: 403');
    });

    it('lets the pages that are listed read answers over HTTP, and no other', async () => {
      const allowed = async (origin: string) =>
        (await fetch(`${url}/rooms`, { headers: { origin, authorization: as('ana') } })).headers.get(
          'access-control-allow-origin',
        );
      expect(await allowed(page)).toBe(page);
      expect(await allowed('https://evil.example')).toBeNull();
    });

    it('refuses operations without a login, and those that the login does not allow', async () => {
      const roomId = await newRoom();
      const rename = {
        query: 'mutation ($id: ID!) { updateRoom(input: { id: $id, name: "Mine" }) { id } }',
        variables: { id: roomId },
      };
      for (const door of [overHttp, overSocket]) {
        expect((await door(url, 'Bearer none', rename)).outcome).toMatch(/UNAUTHENTICATED|closed 44/);
        expect((await door(url, as('bo'), rename)).outcome).toBe('FORBIDDEN');
        expect((await door(url, as('ana'), rename)).outcome).toBe('ok');
      }
      expect((await overRest(url, undefined, { method: 'GET', path: '/rooms' })).status).toBe(401);
    });

    it('takes webhooks with the secret only, and applies them', async () => {
      const wrong = await fetch(`${url}/webhooks/100ms`, {
        method: 'POST',
        body: '{}',
        headers: { 'x-webhook-secret': 'wrong' },
      });
      expect(wrong.status).toBe(401);
      const roomId = await newRoom();
      const watcher = (streamDoors['graphql-ws'] as (typeof streamDoors)[string])(url, as('bo'), roomId);
      await watcher.told.first((told) => told === 'SNAPSHOT');
      fleet.sandbox.control.join({ roomId, userId: 'by-video', role: 'guest' });
      await watcher.told.first((told) => told === 'by-video');
      watcher.stop();
    });

    it('keeps its figures from whom nginx lets in', async () => {
      expect((await fetch(`${url}/metrics`)).status).toBe(404);
    });
  },
);
