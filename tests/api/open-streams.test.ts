import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import express from 'express';
import { Crowds } from '../../src/api/logins/crowds';
import { requireLogin } from '../../src/api/logins/http-login';
import { openIdentities } from '../../src/api/logins/identity';
import { type OpenStream, OpenStreams } from '../../src/api/open-streams';
import { silentMeter } from '../../src/figures';
import { ground } from '../helpers/logins';

interface Opened {
  readonly stream: OpenStream;
  readonly response: ServerResponse;
}

const identities = openIdentities({ mode: 'open', explicit: false }, ground);

/** A server whose one answer is an open stream, and the streams that were opened. */
async function serve(streams: OpenStreams) {
  const opened: ((value: Opened) => void)[] = [];
  const app = express();
  app.use(requireLogin(identities));
  app.get('/', (request, response) => {
    const stream = streams.open(request, response);
    stream.begin({ 'content-type': 'text/plain' }, '.');
    opened.shift()?.({ stream, response });
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const nextOpened = () => new Promise<Opened>((resolve) => opened.push(resolve));
  return { port, nextOpened, [Symbol.dispose]: () => void server.close() };
}

const settings = {
  pingSeconds: 60,
  stallSeconds: 1,
  isFull: () => false,
  identities,
  addresses: new Crowds(1_000),
  meter: silentMeter,
};

it('cuts a reader that reads nothing at all, and waits for one that is only slow', async () => {
  const streams = new OpenStreams(settings);
  using server = await serve(streams);
  const next = server.nextOpened();
  const reader = connect(server.port, '127.0.0.1').pause();
  reader.on('error', () => undefined);
  reader.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const { stream, response } = await next;

  const large = 'x'.repeat(16 * 1_024 * 1_024);
  const slow = stream.write(large);
  expect(response.writableNeedDrain).toBe(true);
  reader.resume();
  await slow;
  expect(stream.gone.aborted).toBe(false);

  reader.pause();
  await stream.write(large);
  expect(stream.gone.aborted).toBe(true);
  expect(streams.count).toBe(0);
  reader.destroy();
});

it('ends none of its streams when the server goes, but cuts them, and what begins then as well', async () => {
  const streams = new OpenStreams(settings);
  using server = await serve(streams);
  const next = server.nextOpened();
  const response = await fetch(`http://127.0.0.1:${server.port}/`);
  const { stream } = await next;
  await stream.write('before');
  const read = response.text();
  for (const sayGoodbye of streams.goodbyes()) sayGoodbye();
  // Chunks that are not ended are no end to whoever reads them.
  await expect(read).rejects.toThrow('terminated');
  const late = await fetch(`http://127.0.0.1:${server.port}/`);
  expect(late.status).toBe(200);
  await expect(late.text()).rejects.toThrow('terminated');
});
