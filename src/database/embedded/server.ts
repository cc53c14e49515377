import { chmodSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import type { Server } from './commands/command';
import { partialFilter } from './commands/index-spec';
import { Cursors } from './cursors';
import { GroupCommit } from './group-commit';
import { serve } from './protocol/connection';
import { Slices } from './slices';
import { placeForSocket } from './socket-place';
import { openSqlite, removeOwner, writeOwner } from './storage/open';
import { Store } from './storage/store';
import { TtlMonitor } from './ttl-monitor';
import { WriteCounts } from './write-counts';

export interface ServerOptions {
  /** Where the database lives. Made if it is not there. */
  directory: string;
  /** Also listen on this port of 127.0.0.1, for tools that know no Unix sockets. 0: the system chooses. */
  tcpPort?: number;
  /** The memory of `WriteCounts`, for a process that caches reads. */
  counts?: SharedArrayBuffer;
}

/** Each connection costs a descriptor; a driver's pool has at most 100. */
const MOST_CONNECTIONS = 1_000;
const LOOK_FOR_IDLE_CURSORS = 60_000;

export interface OpenServer {
  uri: string;
  /** The second address, where a port was asked for. */
  tcpUri: string | undefined;
  close(): Promise<void>;
}

/**
 * Opens the database of a directory and serves it.
 *
 * @throws EmbeddedDatabaseError
 */
export async function openServer({ directory, tcpPort, counts }: ServerOptions): Promise<OpenServer> {
  const sqlite = openSqlite(directory);
  const store = new Store(sqlite, partialFilter, new WriteCounts(counts));
  const commit = new GroupCommit(store);
  const ttl = new TtlMonitor(store, commit);
  const connections = { current: 0, total: 0 };
  const slices = new Slices();
  const server: Server = { store, cursors: new Cursors(), slices, ttl, startedAt: Date.now(), connections };

  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    connections.total += 1;
    connections.current += 1;
    sockets.add(socket);
    socket.once('close', () => {
      connections.current -= 1;
      sockets.delete(socket);
    });
    socket.setNoDelay(true);
    const address = socket.remoteAddress ? `${socket.remoteAddress}:${socket.remotePort}` : 'socket';
    serve(socket, { id: connections.total, address }, server, commit);
  };

  const listeners: NetServer[] = [];
  const place = placeForSocket(directory);
  const idleCursors = setInterval(() => server.cursors.closeIdle(), LOOK_FOR_IDLE_CURSORS);
  const close = async (): Promise<void> => {
    ttl.stop();
    clearInterval(idleCursors);
    const closed = listeners.map((listener) => new Promise((resolve) => listener.close(resolve)));
    for (const socket of sockets) socket.destroy();
    slices.stop();
    await Promise.all(closed);
    commit.commit();
    removeOwner(directory);
    sqlite.close();
    place.remove();
  };

  try {
    listeners.push(await listen(accept, { path: place.path }));
    chmodSync(place.path, 0o600);
    let tcpUri: string | undefined;
    if (tcpPort !== undefined) {
      const listener = await listen(accept, { host: '127.0.0.1', port: tcpPort });
      listeners.push(listener);
      tcpUri = `mongodb://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    }
    const uri = `mongodb://${encodeURIComponent(place.path)}`;
    writeOwner(directory, uri);
    ttl.start();
    return { uri, tcpUri, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function listen(
  accept: (socket: Socket) => void,
  where: { path: string } | { host: string; port: number },
): Promise<NetServer> {
  // Left by a process that crashed. No process listens on it: this one holds the directory's lock.
  if ('path' in where) rmSync(where.path, { force: true });
  const listener = createServer(accept);
  listener.maxConnections = MOST_CONNECTIONS;
  return new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(where, () => {
      listener.off('error', reject);
      resolve(listener);
    });
  });
}
