import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type ExecutionResult, execute } from 'graphql';
import type { Meter } from '../../figures';
import type { Logger } from '../../observability/logger';
import { SharedQuestions } from '../../rooms/asking/shared-questions';
import type { Traces } from '../../spans';
import type { DescribeError } from '../describe-error';
import { identityOf, login } from '../logins/http-login';
import type { Identities } from '../logins/identity';
import { requestIdOf } from '../request-id';
import { fixedSecurityHeaders } from '../security-headers';
import { presentExecuted } from './apollo';
import { markArgumentErrors } from './input-errors';
import type { Operation, Operations } from './operation';
import { plainAnswerType, plainOperation, readPlainBody } from './plain-request';

export interface ShortWayParts {
  readonly operations: Operations;
  readonly identities: Identities;
  readonly describe: DescribeError;
  readonly meter: Meter;
  readonly logger: Logger;
  readonly traces?: Traces | undefined;
  /** Of a request's body. */
  readonly bodyBytes: number;
  /** Whether a request may call this server by this name. */
  readonly isHostAllowed: (host: string | undefined) => boolean;
}

/** The executed result, and its text if it is the same for all callers: without errors. */
interface Executed {
  readonly operation: Operation;
  readonly result: ExecutionResult;
  readonly text: string | undefined;
}

/**
 * `POST /graphql` past Express and Apollo Server, for the requests that most requests are: an ordinary head, one valid query or
 * mutation within the limits. Any other request takes the full path,
 * `app`, as it came. The answer is the same, byte for byte; tests/api/short-way.test.ts compares them.
 */
export function shortWay(parts: ShortWayParts, app: RequestListener): RequestListener {
  const door = new ShortDoor(parts, app);
  const isHostAllowed = rememberLast(parts.isHostAllowed);
  return (request, response) => {
    const type = plainAnswerType(request, parts.bodyBytes);
    if (type === undefined || !isHostAllowed(request.headers.host)) return app(request, response);
    const theLongWay = () => app(request, response);
    // Who is refused is asked again there, and refused again in its words.
    login(request, parts.identities).then(
      () => door.take({ request, response, type, id: requestIdOf(request) }),
      theLongWay,
    );
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of the request. */
  readonly id: string;
  /** Media type of the answer. */
  readonly type: string;
}

class ShortDoor {
  private readonly queries = new SharedQuestions<Executed>();

  constructor(
    private readonly parts: ShortWayParts,
    private readonly app: RequestListener,
  ) {}

  take(exchange: Exchange): void {
    const { request, response } = exchange;
    // A body arrives outside of what its request runs in.
    const bound = this.parts.traces ? AsyncResource.bind : asItIs;
    const theLongWay = bound(() => this.app(request, response));
    const count = this.counting(response, exchange.id);
    const take = (body: string) => {
      const answering = this.answer(body, exchange);
      if (!answering) return false;
      response.once('close', count);
      const settle = (isAnswered: boolean) => {
        if (isAnswered) return;
        response.off('close', count);
        // Express takes a body that was read already from here.
        Object.assign(request, { body: JSON.parse(body) });
        if (request.readableEnded) theLongWay();
        else request.once('end', theLongWay);
      };
      answering.then(settle, (error: Error) => response.destroy(error));
      return true;
    };
    readPlainBody(request, bound(take), theLongWay);
  }

  /** As `countAnswers` counts and writes down those of Express. */
  private counting(response: ServerResponse, requestId: string): () => void {
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1_000;
    const { meter, logger } = this.parts;
    return () => {
      const { statusCode } = response;
      logger.debug({ requestId, door: 'graphql', method: 'POST', statusCode }, 'a request was answered');
      meter.count('http_requests_total', { door: 'graphql', status: String(statusCode) });
      meter.observe('http_request_duration_seconds', seconds(), { door: 'graphql' });
    };
  }

  /** Answers what a body asks for; resolves with false where nothing was executed. Undefined for what is not plain. */
  private answer(body: string, exchange: Exchange): Promise<boolean> | undefined {
    const { caller } = identityOf(exchange.request);
    const { id } = exchange;
    // The result depends on nothing but the request and the caller.
    const key = `${JSON.stringify(caller)} ${body}`;
    const asked = plainOperation(body);
    const read = asked && this.parts.operations.read(asked, caller, id);
    if (!read || !('document' in read) || read.type === 'subscription') return undefined;
    const run = () => executed(read);
    const executing = read.type === 'query' ? this.queries.answer(key, run) : run();
    return this.send(this.counted(executing, read), exchange);
  }

  private async send(executing: Promise<Executed>, { id, response, type }: Exchange): Promise<boolean> {
    const { operation, result, text } = await executing;
    if (!('data' in result)) return false;
    const body = text ?? this.withErrors(result, operation, id);
    if (response.destroyed) return true;
    response.writeHead(200, [
      'x-request-id',
      id,
      ...fixedSecurityHeaders,
      'cache-control',
      'no-store',
      'Content-Type',
      `${type}; charset=utf-8`,
      'Content-Length',
      String(Buffer.byteLength(body)),
    ]);
    response.end(body);
    return true;
  }

  /** As `countOperations` counts those of Apollo Server. */
  private async counted(executing: Promise<Executed>, { type }: Operation): Promise<Executed> {
    const began = performance.now();
    const executed = await executing;
    if (!('data' in executed.result)) return executed;
    const { meter } = this.parts;
    const outcome = executed.result.errors ? 'error' : 'ok';
    meter.count('graphql_requests_total', { operation_type: type, transport: 'http', outcome });
    const seconds = (performance.now() - began) / 1_000;
    meter.observe('graphql_request_duration_seconds', seconds, { operation_type: type });
    return executed;
  }

  private withErrors({ errors = [], data }: ExecutionResult, operation: Operation, id: string): string {
    const { schema, document, variableValues: variables } = operation;
    markArgumentErrors(errors, { schema, document, variables });
    return textOf({ errors: errors.map((error) => presentExecuted(error, id, this.parts.describe)), data });
  }
}

const asItIs = <T>(work: T): T => work;

async function executed(operation: Operation): Promise<Executed> {
  const result = await execute(operation);
  return { operation, result, text: result.errors ? undefined : textOf({ data: result.data }) };
}

/** As Apollo Server prints results. */
function textOf(answer: object): string {
  return `${JSON.stringify(answer)}\n`;
}

/** Caches the last result: nearly all clients use the same host name. */
function rememberLast(ask: (value: string | undefined) => boolean): (value: string | undefined) => boolean {
  let last: { value: string | undefined; answer: boolean } | undefined;
  return (value) => {
    if (last?.value !== value) last = { value, answer: ask(value) };
    return last?.answer ?? false;
  };
}
