import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ExecutionResult, GraphQLError } from 'graphql';
import { WebSocketServer } from 'ws';
import { AppError } from '../../errors';
import type { Meter } from '../../figures';
import type { Logger } from '../../observability/logger';
import type { LastingDoor } from '../drain';
import type { Identities, Identity } from '../logins/identity';
import { admitToSocket } from '../logins/socket-login';
import { within } from '../logins/within';
import { noteSocket, requestIdOn } from '../socket-log';
import { StalledReaders } from '../stalled-readers';
import { Relays } from './broadcast/relays';
import { Departures } from './departures';
import type { Operation, Operations } from './operation';
import { speakGraphQLWs } from './protocol';

export interface GraphQLSocketParts {
  readonly operations: Operations;
  readonly identities: Identities;
  readonly subscriptionsPerSocket: number;
  readonly pingSeconds: number;
  /** Of one message. */
  readonly frameBytes: number;
  /** Within which a socket must say who it is. */
  readonly loginSeconds: number;
  /** Updates that may wait for one subscription whose socket is full. */
  readonly queueAtMost: number;
  /** How long a reader may take nothing of what waits for it. */
  readonly stallSeconds: number;
  readonly meter: Meter;
  readonly logger: Logger;
  /** Receives errors of a socket's own handling. */
  readonly report: (error: unknown, where: string) => void;
}

/** It completes nothing when it closes: a client takes `complete` for the end of a stream. */
export interface GraphQLSockets extends LastingDoor {
  readonly count: number;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** graphql-ws on sockets that were accepted already. */
export function openGraphQLSockets(parts: GraphQLSocketParts): GraphQLSockets {
  const { operations, identities, meter, report } = parts;
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: parts.frameBytes,
    maxFragments: 64,
    maxBufferedChunks: 256,
    perMessageDeflate: false,
  });
  const stalled = new StalledReaders(parts.stallSeconds, () =>
    meter.count('ws_slow_consumer_disconnects_total', { kind: 'graphql' }),
  );
  wss.on('connection', (socket, { socket: tcp }: IncomingMessage) => {
    stalled.watch(socket, tcp);
    noteSocket(socket, 'graphql', parts);
  });

  const relays = new Relays(parts);
  const departures = new Departures();
  speakGraphQLWs<{ authorization?: unknown; Authorization?: unknown }, { identity?: Identity | undefined }>(
    {
      connectionInitWaitTimeout: parts.loginSeconds * 1_000,
      onConnect: async ({ connectionParams, extra }) => {
        const shown = connectionParams?.authorization ?? connectionParams?.Authorization;
        const asked = within(parts.loginSeconds, identities.ofHeader(shown));
        extra.identity = await admitToSocket(extra.socket, asked, identities, (reason) =>
          meter.count('auth_failures_total', { door: 'graphql_socket', reason }),
        );
        return extra.identity !== undefined;
      },
      onSubscribe: ({ subscriptions, extra }, id, request) => {
        const { identity, socket } = extra;
        if (departures.haveBegun) return departures.whenGone(socket);
        if (!identity) return [new GraphQLError('Say connection_init first.')];
        // The one that begins is counted already.
        if (Object.keys(subscriptions).length > parts.subscriptionsPerSocket) return [tooMany(parts)];
        const tooFast = refusalOf(() => identities.charge(identity));
        if (tooFast) return [tooFast];
        const read = operations.read(request, identity.caller, requestIdOn(socket));
        if (!('document' in read)) return [...read];
        // The protocol keeps what was sent as long as the stream: let that be the one text that all who send it share.
        Object.assign(request, { query: read.document.loc?.source.body ?? request.query });
        if (read.type !== 'subscription') departures.detain(socket, id);
        const relay = relays.relayFor(read, { id, ws: socket, tcp: extra.tcp });
        // Not a copy: there are as many of these as there are watchers, and they stay as long.
        if (relay) Object.assign(read.contextValue, { relay });
        return read;
      },
      execute: (operation) => operations.execute(operation as Operation, 'graphql_ws'),
      subscribe: (operation) => operations.subscribe(operation as Operation, 'graphql_ws'),
      onNext: (_connection, _id, _payload, _operation, result) => {
        meter.count('ws_messages_total', { kind: 'graphql', direction: 'out' });
        return takenFrom(result);
      },
      onComplete: ({ extra }, id) => departures.release(extra.socket, id),
      onError: ({ extra }, _id, _payload, errors) =>
        operations.presentErrors(errors, requestIdOn(extra.socket)),
    },
    wss,
    { pingSeconds: parts.pingSeconds, report: (error) => report(error, 'graphql socket') },
  );

  return {
    get count() {
      return wss.clients.size;
    },
    upgrade: (request, socket, head) =>
      wss.handleUpgrade(request, socket, head, (client) => wss.emit('connection', client, request)),
    goodbyes: () => {
      stalled.close();
      departures.begin();
      return [...wss.clients].map((client) => () => departures.ask(client));
    },
    gone: async () => {
      await Promise.all(
        [...wss.clients].map((client) => new Promise((resolve) => client.once('close', resolve))),
      );
      wss.close();
    },
    cut: () => {
      for (const client of wss.clients) client.terminate();
    },
  };
}

/**
 * What is sent, taken out of the object that it came in: the library holds that one until the stream's next result, and where a
 * broadcast delivers updates there is no next one. A snapshot of a large room would stay in memory for each subscriber.
 */
function takenFrom(result: ExecutionResult): ExecutionResult {
  const taken = { ...result };
  delete result.data;
  return taken;
}

/** What `act` throws, as GraphQL carries it. */
function refusalOf(act: () => void): GraphQLError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return new GraphQLError(message, { originalError: error as Error });
  }
}

function tooMany({ subscriptionsPerSocket }: GraphQLSocketParts): GraphQLError {
  const message = `One socket carries at most ${subscriptionsPerSocket} operations at a time; end one, or open another socket.`;
  return new GraphQLError(message, {
    originalError: new AppError('RATE_LIMITED', message, { retryAfter: 1 }),
  });
}
