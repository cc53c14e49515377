import type { Server, ServerResponse } from 'node:http';
import { type Socket, Server as TcpServer } from 'node:net';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';

/**
 * The connections of an HTTP server, and how they are brought to an end without failing a request: http's own `close` hangs up
 * on every connection without a request in hand, on which the next one may be under way. WebSockets are not among them.
 */
export class HttpConnections {
  private readonly open = new Set<Socket>();
  /** Those of them that have not asked for anything yet. */
  private readonly silent = new Set<Socket>();
  private readonly answering = new Map<ServerResponse, Socket>();
  private isLastAnswer = false;
  private isHangingUp = false;

  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.open.add(socket);
      this.silent.add(socket);
      socket.once('close', () => this.forget(socket));
    });
    server.on('upgrade', ({ socket }) => this.forget(socket));
    // Before the handlers, so that the header is set in time.
    server.prependListener('request', ({ socket }, response: ServerResponse) => {
      this.silent.delete(socket);
      this.answering.set(response, socket);
      if (this.isLastAnswer) sayLast(response);
      response.once('close', () => {
        this.answering.delete(response);
        if (this.isHangingUp) socket.destroySoon();
      });
    });
  }

  /** From now on every answer is the last on its connection, and says so: who asks again asks elsewhere. */
  answerLast(): void {
    this.isLastAnswer = true;
    for (const response of this.answering.keys()) sayLast(response);
  }

  /**
   * Accepts no further connection; open ones continue. The system accepts connections while this process is busy, and closing resets
   * those still in the accept backlog. Yields to the event loop twice first, so that they are accepted.
   */
  async stopListening(): Promise<void> {
    await turn();
    await turn();
    TcpServer.prototype.close.call(this.server);
  }

  /** Closes idle connections at once, others after their response. Resolves when none is left, WebSockets included. */
  async hangUp(): Promise<void> {
    await this.hearFirstWords();
    this.isHangingUp = true;
    const busy = new Set(this.answering.values());
    for (const socket of this.open) if (!busy.has(socket)) socket.destroySoon();
    await this.empty();
  }

  /** Cuts off who is still there. */
  cut(): void {
    for (const socket of this.open) socket.destroy();
  }

  /** A connection that was just accepted may have a request in flight. */
  private async hearFirstWords(): Promise<void> {
    const until = performance.now() + FIRST_WORDS_WITHIN;
    while (this.silent.size > 0 && performance.now() < until) await pause(LOOK_EVERY);
  }

  private forget(socket: Socket): void {
    this.open.delete(socket);
    this.silent.delete(socket);
  }

  private empty(): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        this.server.getConnections((_error, count) => (count > 0 ? setTimeout(look, LOOK_EVERY) : resolve()));
      };
      look();
    });
  }
}

/** In milliseconds. */
const LOOK_EVERY = 10;
/** Longer than a request takes to follow its connection; a connection that a browser opened in advance waits in vain. In milliseconds. */
const FIRST_WORDS_WITHIN = 200;

function sayLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
