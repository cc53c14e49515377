import { on } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Meter } from '../../figures';
import type { Logger } from '../../observability/logger';
import type { Rooms } from '../../rooms';
import type { Traces } from '../../spans';
import { closeWith, endings } from '../close-codes';
import type { DescribeError } from '../describe-error';
import type { LastingDoor } from '../drain';
import type { Identities } from '../logins/identity';
import { admitToSocket } from '../logins/socket-login';
import { within } from '../logins/within';
import { connectionIdOf, noteSocket, requestIdOn } from '../socket-log';
import { StalledReaders } from '../stalled-readers';
import { isDeliberate } from './deliberate-close';
import { whoIsThere } from './first-frame';
import type { ServerFrame } from './frames';
import { keepAlive } from './keep-alive';
import { SocketSession } from './socket-session';

export interface RawSocketParts {
  readonly rooms: Pick<Rooms, 'feed' | 'presence'>;
  readonly identities: Identities;
  readonly describe: DescribeError;
  readonly roomsPerSocket: number;
  readonly pingSeconds: number;
  /** How long a reader may take nothing of what waits for it. */
  readonly stallSeconds: number;
  /** Of one message. */
  readonly frameBytes: number;
  /** Within which a socket must say who it is. */
  readonly loginSeconds: number;
  readonly meter: Meter;
  readonly traces?: Traces | undefined;
  readonly logger: Logger;
  /** Receives errors of a socket's own handling. */
  readonly report: (error: unknown, where: string) => void;
}

export interface RawSockets extends LastingDoor {
  readonly count: number;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** The raw WebSocket on sockets that were accepted already: JSON text frames `{ "event", "data" }`. */
export function openRawSockets(parts: RawSocketParts): RawSockets {
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: parts.frameBytes,
    maxFragments: 64,
    maxBufferedChunks: 256,
    perMessageDeflate: false,
  });
  const open = new Map<WebSocket, Promise<void>>();
  const { meter } = parts;
  const stalled = new StalledReaders(parts.stallSeconds, () =>
    meter.count('ws_slow_consumer_disconnects_total', { kind: 'raw' }),
  );
  const serve = (socket: WebSocket, request: IncomingMessage) => {
    stalled.watch(socket, request.socket);
    noteSocket(socket, 'raw', parts);
    const over = serveSocket(socket, request.headers.authorization, parts)
      .catch((error: unknown) => parts.report(error, 'raw socket'))
      .finally(() => open.delete(socket));
    open.set(socket, over);
  };

  return {
    get count() {
      return open.size;
    },
    upgrade: (request, socket, head) => wss.handleUpgrade(request, socket, head, (ws) => serve(ws, request)),
    goodbyes: () => {
      stalled.close();
      return [...open.keys()].map((socket) => () => closeWith(socket, endings.restarting));
    },
    gone: async () => {
      await Promise.all(open.values());
      wss.close();
    },
    cut: () => {
      for (const socket of open.keys()) socket.terminate();
    },
  };
}

/** From the login to the end of everything that the socket began. */
async function serveSocket(
  socket: WebSocket,
  authorization: string | undefined,
  { rooms, identities, describe, roomsPerSocket, pingSeconds, loginSeconds, meter, traces }: RawSocketParts,
): Promise<void> {
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const send = (frame: ServerFrame) => {
    meter.count('ws_messages_total', { kind: 'raw', direction: 'out' });
    return sendOn(socket, frame);
  };
  const frames = textFrames(socket);
  const next = async () => (await frames.next()).value;
  const identity = await admitToSocket(
    socket,
    within(loginSeconds, whoIsThere(authorization, identities, { next, send })),
    identities,
    (reason) => meter.count('auth_failures_total', { door: 'raw_socket', reason }),
  );
  if (!identity) return void (await closed);

  const session = new SocketSession(
    { send },
    {
      ...rooms,
      meter,
      traces,
      caller: identity.caller,
      socketId: connectionIdOf(socket),
      roomsAtMost: roomsPerSocket,
      describe: (error) => describe(error, requestIdOn(socket)),
    },
  );
  const stopBeating = keepAlive(socket, pingSeconds);
  for await (const frame of frames) await session.received(frame, () => identities.charge(identity));
  const code = await closed;
  stopBeating();
  await session.closed(isDeliberate(code) ? 'left' : 'lost');
}

/** Frames read ahead of the one that is being acted on; beyond it the socket is not read. */
const READ_AHEAD = 16;

/** The text frames of a socket, until it closes or sends another kind. Taken one at a time, none is acted on before its turn. */
function textFrames(socket: WebSocket): AsyncGenerator<string, undefined> {
  // From now on, and not from when the first is asked for: a client may send before it is known who it is.
  const events = on(socket, 'message', { close: ['close'], highWaterMark: READ_AHEAD, lowWaterMark: 1 });
  return readTextFrames(socket, events as AsyncIterable<[RawData, boolean]>);
}

async function* readTextFrames(
  socket: WebSocket,
  events: AsyncIterable<[RawData, boolean]>,
): AsyncGenerator<string, undefined> {
  try {
    for await (const [data, isBinary] of events) {
      if (socket.readyState !== socket.OPEN) return undefined;
      if (isBinary) return void closeWith(socket, endings.binaryFrame);
      yield data.toString();
    }
  } catch {
    // The socket broke. Its close says the rest.
  }
  return undefined;
}

function sendOn(socket: WebSocket, frame: ServerFrame): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => socket.send(JSON.stringify(frame), () => resolve()));
}
