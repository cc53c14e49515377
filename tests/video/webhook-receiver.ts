import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Collected } from '../helpers/collected';

interface Received {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: {
    readonly id: string;
    readonly type: string;
    readonly is_replay?: boolean;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

/** A back end that takes webhooks, and answers each with the status that the test says. */
export async function startReceiver(statusOf: (received: Received, count: number) => number = () => 200) {
  const received = new Collected<Received>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = { headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) };
      response.statusCode = statusOf(one, received.items.length);
      response.end();
      received.add(one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    types: () => received.items.map(({ body }) => body.type),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
