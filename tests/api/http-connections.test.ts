import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { HttpConnections } from '../../src/api/http-connections';

/** A client on a thread of its own, which asks while this one is busy, and tells what it got. */
const client = `
  const { connect } = require('node:net');
  const { parentPort, workerData: { port, asked } } = require('node:worker_threads');
  let text = '';
  const socket = connect(port, '127.0.0.1', () => {
    socket.write('GET / HTTP/1.1\\r\\nhost: localhost\\r\\n\\r\\n', () => {
      Atomics.store(asked, 0, 1);
      Atomics.notify(asked, 0);
    });
  });
  socket.setEncoding('utf8').on('data', (piece) => { text += piece; });
  socket.on('error', (error) => { text += error.code; });
  socket.on('close', () => parentPort.postMessage(text));
`;

it('answers whom the system let in while this process was busy, and who is there without having asked', async () => {
  const server = createServer((_request, response) => response.end('answered'));
  const connections = new HttpConnections(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const asked = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(client, { eval: true, workerData: { port, asked } });
  const answer = once(worker, 'message');
  expect(Atomics.wait(asked, 0, 0, 20_000)).not.toBe('timed-out');
  connections.answerLast();
  await connections.stopListening();
  await connections.hangUp();
  expect((await answer)[0]).toMatch(/^HTTP\/1\.1 200 .*answered$/s);
});
