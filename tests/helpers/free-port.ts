import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that the system gives to connections, so that nobody is given it while its owner is started again. */
const FROM = 12_000;
const TO = 32_000;

/** A port of 127.0.0.1 on which nobody listens, for programs that take no port 0 or must come back on the same one. */
export async function freePort(): Promise<number> {
  const port = FROM + Math.floor(Math.random() * (TO - FROM));
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return freePort();
  }
  server.close();
  await once(server, 'close');
  return port;
}
