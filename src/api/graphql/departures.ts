import { GraphQLError } from 'graphql';
import type { WebSocket } from 'ws';
import { closeWith, endings } from '../close-codes';

/**
 * How sockets of graphql-ws go when the server does. One with a query or a mutation under way is closed once that is answered,
 * or its client, who asks everything again when it comes back, would do it twice. What is asked afterwards is not begun.
 */
export class Departures {
  haveBegun = false;
  /** Ids of queries and mutations under way. */
  private readonly detained = new WeakMap<WebSocket, Set<string>>();
  private readonly asked = new WeakSet<WebSocket>();

  begin(): void {
    this.haveBegun = true;
  }

  detain(socket: WebSocket, id: string): void {
    this.detained.set(socket, (this.detained.get(socket) ?? new Set()).add(id));
  }

  /** Says of any operation that it is over. Its last message may still have to be sent. */
  release(socket: WebSocket, id: string): void {
    if (this.detained.get(socket)?.delete(id) && this.asked.has(socket)) setImmediate(() => this.ask(socket));
  }

  /** Closes the socket as soon as nothing is under way on it. */
  ask(socket: WebSocket): void {
    this.asked.add(socket);
    if (!this.detained.get(socket)?.size) closeWith(socket, endings.restarting);
  }

  /** Rejects new operations while draining: resolves only once the socket has closed, so that the client retries elsewhere. */
  async whenGone(socket: WebSocket): Promise<GraphQLError[]> {
    this.ask(socket);
    await new Promise((resolve) => socket.once('close', resolve));
    return [new GraphQLError(endings.restarting.reason)];
  }
}
