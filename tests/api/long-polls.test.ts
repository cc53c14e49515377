import { type Asked, overHttp } from '../helpers/doors';
import { authSecret, inSeconds, loginOf, serviceKey } from '../helpers/logins';
import { startTestService } from '../helpers/service';

const asService = `Bearer ${serviceKey}`;

/** A service with a room, and clients that poll its updates. */
async function open(limits: Record<string, string>) {
  const service = await startTestService({ AUTH_SECRET: authSecret, SERVICE_KEYS: serviceKey, ...limits });
  const { url } = service;
  const mutate = async (query: string): Promise<string> => {
    const asked: Asked = { query: `mutation { made: ${query} { id } }` };
    const { outcome, data } = await overHttp(url, asService, asked);
    expect(outcome).toBe('ok');
    const made = data?.['made'] as { id: string } | undefined;
    return made?.id ?? '';
  };
  const roomId = await mutate('createRoom(input: { name: "Polled" })');
  const get = (shown: string, query: string, accept = 'application/json') =>
    fetch(`${url}/rooms/${roomId}/updates${query}`, { headers: { authorization: shown, accept } });
  const waiting = async (count: number): Promise<void> => {
    for (;;) {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      if (metrics.includes(`\nopen_connections{kind="stream"} ${count}\n`)) return;
    }
  };
  const revoke = async (userId: string): Promise<void> => {
    await mutate(`revokeTokens(input: { userId: "${userId}" })`);
  };
  const join = () => mutate(`joinRoom(input: { roomId: "${roomId}", userId: "ben" })`);
  const readRoom = (shown: string) => fetch(`${url}/rooms/${roomId}`, { headers: { authorization: shown } });
  const cursor = async (): Promise<string> => {
    const response = await readRoom(asService);
    return ((await response.json()) as { cursor: string }).cursor;
  };
  return { get, readRoom, cursor, waiting, join, revoke, [Symbol.asyncDispose]: () => service.close() };
}

const userAna = `Bearer ${loginOf('ana')}`;
const userBen = `Bearer ${loginOf('ben')}`;

describe.each([
  ['user', { LIMIT_SOCKETS_PER_IDENTITY: '2' }, userAna, 200],
  ['address', { LIMIT_SOCKETS_PER_ADDRESS: '2' }, asService, 429],
  ['process', { LIMIT_SOCKETS: '2' }, asService, 429],
])('long polls of one %s', (_name, limits, shown, ofOthers) => {
  it('count as streams while they wait, and no longer', async () => {
    await using scene = await open(limits);
    // With a cursor: whatever happens before a poll is attached to the room is not missed.
    const poll = `?wait=30&after=${await scene.cursor()}`;
    const polls = [scene.get(shown, poll), scene.get(shown, poll)];
    await scene.waiting(2);
    const third = await scene.get(shown, '?wait=30');
    expect([third.status, (await third.json()).error.code]).toEqual([429, 'RATE_LIMITED']);
    expect((await scene.get(shown, '', 'text/event-stream')).status).toBe(429);
    // A page that does not wait keeps nothing open.
    expect((await scene.get(shown, '')).status).toBe(200);
    const other = scene.get(userBen, ofOthers === 200 ? '?wait=1' : '?wait=30');
    expect((await other).status).toBe(ofOthers);
    await scene.join();
    expect((await Promise.all(polls)).map(({ status }) => status)).toEqual([200, 200]);
    await scene.waiting(0);
    const again = scene.get(shown, '?wait=1');
    expect((await again).status).toBe(200);
  });
});

type Scene = Awaited<ReturnType<typeof open>>;

/** Resolves when the login of a user has ended. */
const endings: Readonly<Record<string, (scene: Scene, shown: string, userId: string) => Promise<void>>> = {
  expires: async (scene, shown) => {
    while ((await scene.readRoom(shown)).status !== 401);
  },
  'is revoked': (scene, _shown, userId) => scene.revoke(userId),
};

it.each(Object.entries(endings))(
  'end when their login %s, and deliver nothing afterwards',
  async (how, end) => {
    await using scene = await open({ LIMIT_OPERATIONS_PER_SECOND: '1000000' });
    const userId = 'cleo';
    const claims = how === 'expires' ? { exp: inSeconds(8) } : { iat: inSeconds(-60) };
    const shown = `Bearer ${loginOf(userId, claims)}`;
    const after = await scene.cursor();
    const poll = scene.get(shown, `?wait=30&after=${after}`).then(
      async (response) => `${response.status} ${await response.text()}`,
      () => 'cut',
    );
    await scene.waiting(1);
    await end(scene, shown, userId);
    // A poll that outlived its login would be answered with this join.
    await scene.join();
    expect(await poll).toBe('cut');
    await scene.waiting(0);
  },
);
