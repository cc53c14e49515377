import { type Asked, overHttp } from '../helpers/doors';
import { authSecret, loginOf, serviceKey } from '../helpers/logins';
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
  const join = () => mutate(`joinRoom(input: { roomId: "${roomId}", userId: "ben" })`);
  const cursor = async (): Promise<string> => {
    const response = await fetch(`${url}/rooms/${roomId}`, { headers: { authorization: asService } });
    return ((await response.json()) as { cursor: string }).cursor;
  };
  return { get, cursor, waiting, join, [Symbol.asyncDispose]: () => service.close() };
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
