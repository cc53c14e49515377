import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  subscribe,
} from 'graphql';
import { useServer as serveGraphQL } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { AppError } from '../../errors';
import type { DescribeError } from '../describe-error';
import type { RequestContext } from './context';
import { presentError } from './present-error';
import { readDocument } from './validate';

export interface GraphQLSocketParts {
  readonly schema: GraphQLSchema;
  readonly production: boolean;
  readonly describe: DescribeError;
  /** The context of one operation. */
  readonly context: (requestId: string) => RequestContext;
  readonly subscriptionsPerSocket: number;
  readonly pingSeconds: number;
  /** Hears of what broke in a socket's own handling. */
  readonly report: (error: unknown, where: string) => void;
}

/** Close code after which clients of graphql-ws come back: the server is going down or being replaced. */
const RESTARTING = 1012;
/** A client that has not answered the close by then is cut off, in milliseconds. */
const CUT_OFF_AFTER = 3_000;
const LARGEST_MESSAGE = 64 * 1_024;

export interface GraphQLSockets {
  readonly count: number;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Tells every client to come back later, completing nothing: a client takes `complete` for the end of a stream. */
  close(): Promise<void>;
}

/** graphql-ws on sockets that were accepted already. */
export function openGraphQLSockets(parts: GraphQLSocketParts): GraphQLSockets {
  const { schema, production, describe, report } = parts;
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: LARGEST_MESSAGE,
    maxFragments: 64,
    maxBufferedChunks: 256,
    perMessageDeflate: false,
  });
  wss.on('connection', (socket) => socket.on('error', (error) => report(error, 'graphql socket')));

  serveGraphQL(
    {
      onSubscribe: (
        { subscriptions },
        _id,
        { query, operationName, variables },
      ): ExecutionArgs | GraphQLError[] => {
        // The one that begins is counted already.
        if (Object.keys(subscriptions).length > parts.subscriptionsPerSocket) return [tooMany(parts)];
        const read = readDocument(schema, query, production);
        if ('errors' in read) return [...read.errors];
        if (!getOperationAST(read.document, operationName)) {
          return [
            new GraphQLError('There is no such operation in the document; name one with operationName.'),
          ];
        }
        return {
          schema,
          document: read.document,
          operationName,
          variableValues: variables,
          hideSuggestions: production,
          contextValue: parts.context(randomUUID()),
        };
      },
      subscribe: async (args) => {
        const stream = await subscribe(args);
        return Symbol.asyncIterator in stream ? endingWithItsError(stream) : stream;
      },
      onNext: (_ctx, _id, _payload, { contextValue }, result) => {
        if (!result.errors) return undefined;
        const { requestId } = contextValue as RequestContext;
        return { ...result, errors: result.errors.map((error) => presentError(error, requestId, describe)) };
      },
      onError: (_ctx, _id, _payload, errors) => {
        const requestId = randomUUID();
        return errors.map((error) => presentError(error, requestId, describe));
      },
    },
    wss,
    parts.pingSeconds * 1_000,
  );

  return {
    get count() {
      return wss.clients.size;
    },
    upgrade: (request, socket, head) =>
      wss.handleUpgrade(request, socket, head, (client) => wss.emit('connection', client, request)),
    close: () => closeAll(wss),
  };
}

function tooMany({ subscriptionsPerSocket }: GraphQLSocketParts): GraphQLError {
  const message = `One socket carries at most ${subscriptionsPerSocket} operations at a time; end one, or open another socket.`;
  return new GraphQLError(message, {
    originalError: new AppError('RATE_LIMITED', message, { retryAfter: 1 }),
  });
}

/**
 * An error of the stream itself as its last result: thrown further, it would close the socket and all beside it.
 * Not a generator, whose `return` would wait for the update that a watcher no longer wants.
 */
function endingWithItsError(
  stream: AsyncGenerator<ExecutionResult, void, void>,
): AsyncGenerator<ExecutionResult, void, void> {
  let failed = false;
  const next = async (): Promise<IteratorResult<ExecutionResult, void>> => {
    if (failed) return { done: true, value: undefined };
    try {
      return await stream.next();
    } catch (error) {
      failed = true;
      const message = error instanceof Error ? error.message : String(error);
      return {
        done: false,
        value: { errors: [new GraphQLError(message, { originalError: error as Error })] },
      };
    }
  };
  return Object.assign(Object.create(stream), {
    next,
    return: () => stream.return(),
    [Symbol.asyncIterator]() {
      return this;
    },
  });
}

async function closeAll(wss: WebSocketServer): Promise<void> {
  for (const client of wss.clients)
    client.close(RESTARTING, 'Server is restarting; come back with your last cursor.');
  const cutOff = setTimeout(() => {
    for (const client of wss.clients) client.terminate();
  }, CUT_OFF_AFTER);
  await Promise.all(
    [...wss.clients].map((client) => new Promise((resolve) => client.once('close', resolve))),
  );
  clearTimeout(cutOff);
  wss.close();
}
