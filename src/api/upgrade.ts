import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ErrorCode, errorStatus } from '../errors';

/** Answers a request for a WebSocket with the status of a code, and closes. No browser shows more of it than that. */
export function refuseUpgrade(socket: Duplex, code: ErrorCode): void {
  const status = errorStatus[code];
  const body = JSON.stringify({ error: { code } });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
