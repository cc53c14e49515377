import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** The least that takes webhooks, for tests without a whole service: what is posted is handed on, then answered 200. */
export async function openDoor(
  take: (type: string, data: object, envelope: object) => Promise<unknown>,
): Promise<AsyncDisposable & { url: string }> {
  const server = createServer(async (request, response) => {
    const { type, data, ...envelope } = JSON.parse(await text(request));
    await take(type, data, envelope);
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const dispose = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/`, [Symbol.asyncDispose]: dispose };
}
