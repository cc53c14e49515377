import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ErrorCode, errorStatus } from '../errors';

const codeOf: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
  HPE_HEADER_OVERFLOW: 'PAYLOAD_TOO_LARGE',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'PAYLOAD_TOO_LARGE',
};

const messages: Readonly<Partial<Record<ErrorCode, string>>> = {
  REQUEST_TIMEOUT: 'The request did not arrive in time.',
  PAYLOAD_TOO_LARGE: 'The headers are too large.',
  BAD_USER_INPUT: 'This is no HTTP request.',
};

/** Answers what never became a request, too late, too large or no HTTP, as JSON like everything else, and hangs up. */
export function answerBrokenRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const code = codeOf[error.code ?? ''] ?? 'BAD_USER_INPUT';
    hangUp(socket, code, messages[code]);
  });
}

/** Answers on a socket that no response object belongs to, and closes it, whether or not the other side does. */
export function hangUp(socket: Socket, code: ErrorCode, message?: string): void {
  const status = errorStatus[code];
  const body = JSON.stringify({ error: { code, message } });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
