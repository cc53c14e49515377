import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Meter } from '../../../figures';
import type { LiveRelay } from '../../../rooms/feed/live-relay';
import type { Operation } from '../operation';
import { Broadcasts } from './broadcast';
import { CarriedWatcher } from './carried-watcher';
import { SharedSelections } from './shared-selection';
import { SocketWriter, Ticks } from './socket-writer';

export interface RelaysParts {
  readonly meter: Meter;
  /** Updates that may wait for one subscription whose socket is full. */
  readonly queueAtMost: number;
  /** Hears of a broadcast that failed; its listeners go on by themselves. */
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
  private readonly broadcasts: Broadcasts;
  private readonly writers = new WeakMap<WebSocket, SocketWriter>();
  private readonly ticks: Ticks;

  constructor(private readonly parts: RelaysParts) {
    this.broadcasts = new Broadcasts(parts.report);
    const { meter } = parts;
    this.ticks = new Ticks((updates) => {
      meter.count('updates_delivered_total', { door: 'graphql_ws' }, updates);
      meter.count('ws_messages_total', { kind: 'graphql', direction: 'out' }, updates);
    });
  }

  /** The relay of an operation, or undefined where its updates are its own. */
  relayFor(operation: Operation, { id, ws, tcp }: SocketSubscription): LiveRelay | undefined {
    const sharing = this.selections.keyOf(operation);
    if (sharing === undefined) return undefined;
    const writer = this.writers.get(ws) ?? new SocketWriter(ws, tcp, this.ticks);
    this.writers.set(ws, writer);
    const { broadcasts } = this;
    return new CarriedWatcher({
      broadcasts,
      writer,
      id,
      operation,
      sharing,
      ...this.parts,
    });
  }
}
