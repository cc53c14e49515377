import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HmsKeys } from '../hms.tokens';
import { buildSandboxApp } from './app';
import { openWorkspace } from './workspace';

export interface SandboxOptions {
  /** Where it keeps what it knows: rooms are there again after a restart, or a `kill -9`. */
  readonly directory: string;
  readonly now?: () => Date;
  /** Undefined: those of the last time in this directory, or new ones. */
  readonly keys?: HmsKeys;
  /** On the loopback address; 0, the default, lets the system choose. */
  readonly port?: number;
}

/** A 100ms of our own, up. */
export interface Sandbox extends AsyncDisposable {
  readonly keys: HmsKeys;
  /** The base address of its REST API, with its `/v2`. */
  readonly apiUrl: string;
  close(): Promise<void>;
}

/** Opens a server that answers in the place of 100ms, on the loopback address alone. */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { directory, now = () => new Date(), keys, port = 0 } = options;
  const workspace = openWorkspace({ directory, now, keys });
  const server = createServer(buildSandboxApp(workspace));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    workspace.close();
  };
  return { keys: workspace.account.keys, apiUrl: `${url}/v2`, close, [Symbol.asyncDispose]: close };
}
