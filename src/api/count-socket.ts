import type { WebSocket } from 'ws';
import type { Meter } from '../figures';

/** Counts what comes in on a socket, and how it closes. */
export function countSocket(socket: WebSocket, kind: 'graphql' | 'raw', meter: Meter): void {
  socket.on('message', () => meter.count('ws_messages_total', { kind, direction: 'in' }));
  socket.once('close', (code) => meter.count('ws_connections_closed_total', { kind, code: String(code) }));
}
