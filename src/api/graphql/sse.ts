import { type Request, type RequestHandler, type Response, Router } from 'express';
import { type ExecutionResult, GraphQLError } from 'graphql';
import { createHandler, TOKEN_HEADER_KEY, TOKEN_QUERY_KEY } from 'graphql-sse';
import { AppError, type ErrorCode } from '../../errors';
import { callerKey } from '../../rooms/access/caller';
import { jsonBody, onlyJson } from '../json-body';
import { methodNotAllowed } from '../json-errors';
import { identityOf, requireLogin } from '../logins/http-login';
import type { Identities } from '../logins/identity';
import type { OpenStream, OpenStreams } from '../open-streams';
import { requestId } from '../request-id';
import type { Operation, Operations } from './operation';
import type { Results } from './results';
import { type Reservation, Reservations } from './sse-reservations';

export interface GraphQLOverSseParts {
  readonly operations: Operations;
  readonly identities: Identities;
  readonly streams: OpenStreams;
  readonly subscriptionsPerSocket: number;
  /** Of a request's body. */
  readonly bodyBytes: number;
}

/** What we know of a request while graphql-sse handles it. */
interface Exchange {
  /** The stream of the single connection mode that the request is about. */
  readonly reservation: Reservation | undefined;
  /** The stream that this very request opens. */
  readonly own: OpenStream | undefined;
}

/** An operation, and the stream that it was added to. */
interface Added extends Operation {
  readonly reservation: Reservation | undefined;
}

const PATH = '/graphql/stream';
const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const;
const eventStream = 'text/event-stream';
const HEARTBEAT = ':\n\n';

/** `/graphql/stream`: the GraphQL-over-SSE protocol of graphql-sse, in its distinct and its single connection mode. */
export function graphqlOverSse(parts: GraphQLOverSseParts): RequestHandler {
  const { operations, identities, streams, subscriptionsPerSocket } = parts;

  const refusal = (errors: readonly GraphQLError[]): ExecutionResult => ({
    errors: operations.presentErrors(errors, requestId()) as GraphQLError[],
  });
  const handle = createHandler<Request, Exchange, never>({
    // Read and checked already, as on every other transport.
    validate: () => [],
    authenticate: ({ context: { reservation } }) => reservation?.token ?? null,
    onSubscribe: ({ raw, context: { reservation } }, asked) => {
      const read = operations.read(asked, identityOf(raw).caller, requestId());
      if (!('document' in read)) return once(refusal(read));
      if (read.type === 'mutation' && raw.method === 'GET') throw mutationByGet();
      return { ...read, reservation } as never;
    },
    execute: (operation) => operations.execute(operation as unknown as Operation, 'sse'),
    subscribe: async (args) => {
      const operation = args as unknown as Added;
      const { reservation } = operation;
      if (!reservation) return operations.subscribe(operation, 'sse');
      if (reservation.operations >= subscriptionsPerSocket) return refusal([tooMany(subscriptionsPerSocket)]);
      reservation.operations += 1;
      return whenOver(await operations.subscribe(operation, 'sse'), () => {
        reservation.operations -= 1;
      });
    },
    // The library keeps what is not sent yet without a bound: nothing more is taken from a feed until its reader has caught up.
    onNext: async (_context, { context: { own, reservation } }) => {
      await (own ?? (await reservation?.stream))?.drained();
    },
  });
  const reservations = new Reservations(async (reservation) => {
    reservations.drop(reservation);
    // The library lets go of a stream only when it ends, and one that was never opened has to be opened for that.
    const [body] = await handle(asHandled(reservation));
    if (body && typeof body !== 'string') await body.return();
  });

  const answer: RequestHandler = async (request, response) => {
    const { method } = request;
    const owner = callerKey(identityOf(request).caller);
    const reservation =
      method === 'PUT' ? reservations.reserve(owner) : reservations.find(tokenOf(request), owner);
    const opens = method !== 'PUT' && request.headers.accept?.includes(eventStream) === true;
    const own = opens ? streams.open(request, response) : undefined;
    const accept = opens ? eventStream : '*/*';
    const [body, { status, headers = {} }] = await handle({
      method,
      url: request.originalUrl,
      headers: { get: (name) => (name === 'accept' ? accept : request.get(name)) },
      body: (request.body as Record<string, unknown> | undefined) ?? null,
      raw: request,
      context: { own, reservation },
    });
    if (!own || typeof body === 'string' || body === null) return whole(response, status, body);
    if (reservation) reservations.opened(reservation, own);
    own.gone.addEventListener('abort', () => void body.return(), { once: true });
    own.begin({ 'content-type': headers['content-type'] ?? eventStream }, HEARTBEAT);
    for await (const piece of body) await own.write(piece);
    if (!own.gone.aborted) own.end();
  };

  const router = Router();
  const place = router
    .route(PATH)
    .all(requireLogin(identities))
    .head(methodNotAllowed(...METHODS));
  place.post(onlyJson, jsonBody({ limit: parts.bodyBytes }), answer);
  place
    .get(answer)
    .put(answer)
    .delete(answer)
    .all(methodNotAllowed(...METHODS));
  return router;
}

const refusals: Readonly<Record<number, ErrorCode>> = {
  400: 'BAD_USER_INPUT',
  404: 'NOT_FOUND',
  406: 'NOT_ACCEPTABLE',
  409: 'BAD_USER_INPUT',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** An answer that is no stream: the token of a reservation, an acknowledgement, or a refusal in the words of the library. */
function whole(response: Response, status: number, body: unknown): void {
  if (status < 400) {
    response.status(status).type('text/plain').end(body);
    return;
  }
  const said = typeof body === 'string' ? (JSON.parse(body) as { errors: { message: string }[] }) : undefined;
  const message = said?.errors[0]?.message ?? `Send "Accept: ${eventStream}", or the token of a stream.`;
  throw new AppError(refusals[status] ?? 'INTERNAL_SERVER_ERROR', `${message}.`.replace(/\.\.$/, '.'));
}

/** A request that opens a reserved stream, without a caller. */
function asHandled(
  reservation: Reservation,
): Parameters<ReturnType<typeof createHandler<Request, Exchange>>>[0] {
  return {
    method: 'GET',
    url: PATH,
    headers: { get: (name) => (name === 'accept' ? eventStream : undefined) },
    body: null,
    raw: {} as Request,
    context: { reservation, own: undefined },
  };
}

/** The same results; `over` is called once, when they have ended for any reason. */
function whenOver(
  started: Results<Operation> | ExecutionResult,
  over: () => void,
): Results<Operation> | ExecutionResult {
  let isOver = false;
  const end = () => {
    if (!isOver) over();
    isOver = true;
  };
  if (!(Symbol.asyncIterator in started)) {
    end();
    return started;
  }
  const next: Results<Operation>['next'] = async () => {
    const result = await started.next();
    if (result.done) end();
    return result;
  };
  const stop: Results<Operation>['return'] = async () => {
    end();
    return started.return();
  };
  return Object.assign(Object.create(started), { next, return: stop, throw: stop });
}

async function* once(result: ExecutionResult): AsyncGenerator<ExecutionResult, void, void> {
  yield result;
}

function tokenOf(request: Request): string | undefined {
  const inAddress = request.query[TOKEN_QUERY_KEY];
  return request.get(TOKEN_HEADER_KEY) ?? (typeof inAddress === 'string' ? inAddress : undefined);
}

function tooMany(most: number): GraphQLError {
  const message = `One stream carries at most ${most} operations at a time; end one, or open another stream.`;
  return new GraphQLError(message, {
    originalError: new AppError('RATE_LIMITED', message, { retryAfter: 1 }),
  });
}

function mutationByGet(): AppError {
  return new AppError('METHOD_NOT_ALLOWED', 'A mutation is not for GET; use POST.');
}
