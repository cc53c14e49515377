import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  type ExecutionResult,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  GraphQLString,
} from 'graphql';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import type { RequestContext } from '../../src/api/graphql/context';
import { Operations } from '../../src/api/graphql/operation';
import { buildGraphQLSchema } from '../../src/api/graphql/schema';
import { openGraphQLSockets } from '../../src/api/graphql/websocket';
import { openIdentities } from '../../src/api/logins/identity';
import { toErrorBody } from '../../src/errors';
import { silentMeter } from '../../src/figures';
import { Collected } from './collected';
import { authSecret, ground, serviceKey } from './logins';
import type { TestRooms } from './rooms';

/** A field that a test adds to what the service has. */
export interface AddedField {
  readonly type: string;
  readonly name: string;
  readonly resolve: GraphQLFieldResolver<unknown, RequestContext>;
  readonly extensions?: Record<string, unknown>;
}

export interface SocketSettings {
  readonly fields?: readonly AddedField[];
  readonly queueAtMost?: number;
  readonly stallSeconds?: number;
  /** Hears of each result of a stream before it is sent. */
  readonly hear?: (result: ExecutionResult) => void;
}

/** The door of graphql-ws upon rooms, with the check of logins, and with fields that a test adds to the schema. */
export async function openTestSockets({ rooms }: TestRooms, settings: SocketSettings = {}) {
  const schema = await buildGraphQLSchema();
  for (const { type, name, resolve, extensions = {} } of settings.fields ?? []) {
    const fields = (schema.getType(type) as GraphQLObjectType).getFields();
    const told = { name, type: GraphQLString, args: [], resolve, extensions };
    fields[name] = { ...told, description: undefined, deprecationReason: undefined, astNode: undefined };
  }
  const users = { by: 'secret', secret: authSecret } as const;
  const serviceKeys = [createHash('sha256').update(serviceKey).digest('hex')];
  const operations = new Operations({
    schema,
    production: false,
    limits: ground.limits,
    describe: toErrorBody,
    context: (caller, requestId) => ({ ...rooms, caller, requestId }),
    meter: silentMeter,
  });
  if (settings.hear) hearResults(operations, settings.hear);
  const sockets = openGraphQLSockets({
    operations,
    identities: openIdentities({ mode: 'logins', users, serviceKeys }, ground),
    ...ground.limits,
    pingSeconds: 25,
    queueAtMost: settings.queueAtMost ?? 256,
    stallSeconds: settings.stallSeconds ?? 30,
    meter: silentMeter,
    logger: pino({ level: 'silent' }),
    report: () => undefined,
  });
  const server = createServer();
  /** The server's ends of the connections, in the order in which they came. */
  const ends: Socket[] = [];
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    ends.push(socket);
    sockets.upgrade(request, socket, head);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const close = async () => {
    for (const sayGoodbye of sockets.goodbyes()) sayGoodbye();
    await sockets.gone();
    server.close();
  };
  return { url, ends, close, [Symbol.asyncDispose]: close };
}

function hearResults(operations: Operations, hear: (result: ExecutionResult) => void): void {
  const subscribe = operations.subscribe.bind(operations);
  operations.subscribe = async (...asked) => {
    const started = await subscribe(...asked);
    if (!(Symbol.asyncIterator in started)) return started;
    const next = started.next.bind(started);
    started.next = async () => {
      const told = await next();
      if (!told.done) hear(told.value);
      return told;
    };
    return started;
  };
}

/** A client that shows the very frames. */
export class FrameWatcher extends Collected<string> implements Disposable {
  /** Code and reason of the close, once it came. */
  readonly closed: Promise<string>;

  private readonly parsed: Message[] = [];

  private constructor(private readonly socket: WebSocket) {
    super();
    socket.on('message', (data) => {
      this.parsed.push(JSON.parse(String(data)));
      this.add(String(data));
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve(`${code} ${reason}`));
    });
  }

  /** A socket that has said who it is. */
  static async open(url: string, login: string): Promise<FrameWatcher> {
    const socket = new WebSocket(url, 'graphql-transport-ws');
    await once(socket, 'open');
    const watcher = new FrameWatcher(socket);
    watcher.send({ type: 'connection_init', payload: { authorization: `Bearer ${login}` } });
    await watcher.first((frame) => frame.includes('connection_ack'));
    return watcher;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Subscribes, and resolves when the first frame of that id has come: a SNAPSHOT where the query asks for one. */
  async subscribe(id: string, query: string, variables: object): Promise<void> {
    this.send({ id, type: 'subscribe', payload: { query, variables } });
    await this.first(() => this.messages(id).length > 0);
  }

  /** Stops reading, as a laptop does that goes to sleep. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** The messages so far of one subscription. */
  messages(id: string): Message[] {
    return this.parsed.filter((message) => message.id === id);
  }

  /** The updates of one subscription, once it has at least `count`. */
  async updates(id: string, count: number): Promise<Record<string, unknown>[]> {
    await this.first(() => this.messages(id).filter(({ type }) => type === 'next').length >= count);
    return this.messages(id).flatMap(({ type, payload }) =>
      type === 'next' ? [payload.data.participantUpdates] : [],
    );
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }
}

interface Message {
  readonly id: string;
  readonly type: string;
  readonly payload: { readonly data: { readonly participantUpdates: Record<string, unknown> } };
}

/** A field of updates that is the same for all who watch, and counts how often it was executed. */
export function countedField(): AddedField & { times: number } {
  const field = {
    times: 0,
    type: 'ParticipantUpdate',
    name: 'counted',
    extensions: { sameForEverybody: true },
    resolve: () => {
      field.times += 1;
      return 'counted';
    },
  };
  return field;
}
