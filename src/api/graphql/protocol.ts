import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { handleProtocols, makeServer, type ServerOptions } from 'graphql-ws';
import type { RawData, WebSocket, WebSocketServer } from 'ws';
import { closeWith, endings } from '../close-codes';
import { keepAlive } from '../websocket/keep-alive';

/** What a connection is made of, for the hooks of the protocol. */
interface Connection extends Record<PropertyKey, unknown> {
  readonly socket: WebSocket;
  /** What carries it. The request that opened it is not kept: its headers would be there as long as the socket. */
  readonly tcp: Socket;
}

/** Well-formed messages that a server sends and never receives. The library takes one for a failure of its own. */
const serverMessages: ReadonlySet<unknown> = new Set(['connection_ack', 'next', 'error']);

/**
 * Speaks graphql-ws on every socket of a server. The library's own way to do this writes to the console what it meets, past any
 * log, and closes with codes after which its clients give up.
 *
 * @param report receives errors of a socket's own handling
 */
export function speakGraphQLWs<Params extends Record<string, unknown>, Extra extends object>(
  options: ServerOptions<Params, Connection & Partial<Extra>>,
  wss: WebSocketServer,
  { pingSeconds, report }: { pingSeconds: number; report: (error: unknown) => void },
): void {
  const protocol = makeServer(options);
  wss.options.handleProtocols = handleProtocols;
  wss.on('connection', (socket, { socket: tcp }: IncomingMessage) => {
    socket.on('error', report);
    const stopBeating = keepAlive(socket, pingSeconds);
    const failed = (error: unknown) => {
      report(error);
      closeWith(socket, endings.failed);
    };
    const receive = (data: RawData, handle: (message: string) => Promise<void>) => {
      // A client may ignore the close frame that ended its login, and go on sending until the connection is cut.
      if (socket.readyState !== socket.OPEN) return;
      const message = read(data);
      if (serverMessages.has(typeOf(message))) closeWith(socket, endings.invalidMessage);
      else handle(message).catch(failed);
    };
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => sendOn(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => socket.on('message', (data: RawData) => receive(data, handle)),
      },
      { socket, tcp } as Connection & Partial<Extra>,
    );
    socket.on('close', (code, reason) => {
      stopBeating();
      closed(code, String(reason)).catch(report);
    });
  });
}

/**
 * A message as the library takes it as well as its text: with a subscription it keeps what it was given, and beside what was read
 * from it that would be the text once more. What is no JSON it gets as it came, and closes the socket with 4400.
 */
function read(data: RawData): string {
  const text = String(data);
  try {
    const message = JSON.parse(text);
    return typeof message === 'string' ? text : message;
  } catch {
    return text;
  }
}

function typeOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'type' in message ? message.type : undefined;
}

/** Resolves when the system has taken the text, which is what holds a stream back whose reader is slow. */
function sendOn(socket: WebSocket, text: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve, reject) => socket.send(text, (error) => (error ? reject(error) : resolve())));
}
