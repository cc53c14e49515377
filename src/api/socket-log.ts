import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { Meter } from '../figures';
import type { Logger } from '../observability/logger';
import { newRequestId } from './request-id';

const ids = new WeakMap<WebSocket, string>();

/** By what the log knows a socket, from its opening to its close. */
export function connectionIdOf(socket: WebSocket): string {
  const id = ids.get(socket) ?? newRequestId();
  ids.set(socket, id);
  return id;
}

/** The id of one request on a socket. It begins with the id of the socket, so that one search finds both in the log. */
export function requestIdOn(socket: WebSocket): string {
  return `${connectionIdOf(socket)}.${randomUUID().slice(0, 8)}`;
}

/** Counts what comes in on a socket and how it closes, and writes down its beginning and its end. */
export function noteSocket(
  socket: WebSocket,
  kind: 'graphql' | 'raw',
  { meter, logger }: { meter: Meter; logger: Logger },
): void {
  const connectionId = connectionIdOf(socket);
  logger.debug({ connectionId, kind }, 'a socket opened');
  socket.on('error', (err) => logger.warn({ err, connectionId, kind }, 'a socket failed'));
  socket.on('message', () => meter.count('ws_messages_total', { kind, direction: 'in' }));
  socket.on('close', (code) => {
    logger.debug({ connectionId, kind, code }, 'a socket closed');
    meter.count('ws_connections_closed_total', { kind, code: String(code) });
  });
}
