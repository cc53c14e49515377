import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Meter } from '../../../figures';
import type { LiveRelay } from '../../../rooms/feed/live-relay';
import type { Operation } from '../operation';
import { Broadcasts } from './broadcast';
import { type CarriedSurroundings, CarriedWatcher } from './carried-watcher';
import { SharedSelections } from './shared-selection';
import { SocketWriter, Ticks } from './socket-writer';

export interface RelaysParts {
  readonly meter: Meter;
  /** Updates that may wait for one subscription whose socket is full. */
  readonly queueAtMost: number;
  /** Receives the error of a broadcast that failed; its listeners continue from the log. */
  readonly report: (error: unknown, where: string) => void;
}

/** A subscription on a socket of graphql-ws. */
export interface SocketSubscription {
  readonly id: string;
  readonly ws: WebSocket;
  /** What carries it, for writes beside ws. */
  readonly tcp: Socket;
}

/** The fast way for subscriptions on sockets: what many select alike is executed once, and written straight to each of them. */
export class Relays {
  private readonly selections = new SharedSelections('participantUpdates');
  private readonly around: CarriedSurroundings;
  private readonly writers = new WeakMap<WebSocket, SocketWriter>();
  private readonly ticks: Ticks;

  constructor({ meter, queueAtMost, report }: RelaysParts) {
    const { selections } = this;
    this.around = { meter, queueAtMost, selections, broadcasts: new Broadcasts(report) };
    this.ticks = new Ticks((updates) => {
      meter.count('updates_delivered_total', { door: 'graphql_ws' }, updates);
      meter.count('ws_messages_total', { kind: 'graphql', direction: 'out' }, updates);
    });
  }

  /** The relay of an operation, or undefined where its updates are its own. */
  relayFor(operation: Operation, { id, ws, tcp }: SocketSubscription): LiveRelay | undefined {
    if (!this.selections.areShared(operation)) return undefined;
    const writer = this.writers.get(ws) ?? new SocketWriter(ws, tcp, this.ticks);
    this.writers.set(ws, writer);
    return new CarriedWatcher(this.around, writer, operation, id);
  }
}
