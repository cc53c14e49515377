import { once } from 'node:events';
import { WebSocket } from 'ws';
import { socketUrl } from '../helpers/clients';
import { startTestService } from '../helpers/service';

let service: Awaited<ReturnType<typeof startTestService>>;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

describe.each([
  { type: 'connection_ack' },
  { type: 'next', id: '1', payload: { data: {} } },
  { type: 'error', id: '1', payload: [{ message: 'no' }] },
])('a client that sends $type, which is for servers', (message) => {
  it.each([
    ['before', []],
    ['after', [{ type: 'connection_init' }]],
  ])('%s connection_init is closed with 4400, after which stock clients give up', async (_when, first) => {
    const socket = new WebSocket(socketUrl(service.url), 'graphql-transport-ws');
    const closed = once(socket, 'close');
    await once(socket, 'open');
    for (const each of [...first, message]) socket.send(JSON.stringify(each));
    const [code] = await closed;
    expect(code).toBe(4400);
  });
});
