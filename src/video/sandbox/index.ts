import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HmsKeys } from '../hms.tokens';
import { buildSandboxApp } from './app';
import type { SandboxControl } from './control/control';
import { Timers } from './timers';
import { openWorkspace, type WorkspaceOptions } from './workspace';

export interface SandboxOptions {
  /** Where it keeps what it knows: everything is there again after a restart, or a `kill -9`. */
  readonly directory: string;
  readonly now?: () => Date;
  /** Undefined: those of the last time in this directory, or new ones. */
  readonly keys?: HmsKeys;
  /** On the loopback address; 0, the default, lets the system choose. */
  readonly port?: number;
  /** What a second of its time takes in real seconds: 1, the default, or 0.001 for a test in a hurry. */
  readonly timeScale?: number;
  /** Called when the disk can no longer be written and responses are 500; by default a line on stderr. */
  readonly report?: (error: unknown) => void;
}

/** A 100ms of our own, up. */
export interface Sandbox extends AsyncDisposable {
  readonly keys: HmsKeys;
  /** The base address of its REST API, with its `/v2`. */
  readonly apiUrl: string;
  /** The same for the exchange of room codes. */
  readonly authUrl: string;
  /** What no call of the API can do, in this process; `controlUrl` is where it is over HTTP. */
  readonly control: SandboxControl;
  readonly controlUrl: string;
  close(): Promise<void>;
}

/** Opens a server that answers in the place of 100ms, on the loopback address alone. */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { directory, now = () => new Date(), keys, port = 0, timeScale = 1, report = complain } = options;
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  // Only now: a second one on the same port must not touch the files of the first.
  const { workspace, timers, control } = openInside(server, { directory, now, keys, timeScale, report });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const close = async () => {
    timers.close();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    workspace.close();
  };
  return {
    keys: workspace.account.keys,
    apiUrl: `${url}/v2`,
    authUrl: `${url}/v2`,
    control,
    controlUrl: `${url}/__sandbox`,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function complain(error: unknown): void {
  process.stderr.write(`The sandbox cannot write to its directory: ${String(error)}\n`);
}

function openInside(server: Server, options: WorkspaceOptions & { readonly timeScale: number }) {
  try {
    const workspace = openWorkspace(options);
    const timers = new Timers(options.now, options.timeScale);
    const { app, control } = buildSandboxApp(workspace, timers);
    server.on('request', app);
    return { workspace, timers, control };
  } catch (error) {
    server.close();
    throw error;
  }
}
