import type { RequestHandler } from 'express';
import type { ExecutionResult } from 'graphql';
import { identityOf } from '../logins/http-login';
import type { OpenStreams } from '../open-streams';
import { requestId } from '../request-id';
import type { Operations } from './operation';

/** One media type of an `Accept` by which a client takes subscriptions this way. Anchored: its time is linear in the header. */
const multipartType = /^\s*multipart\/mixed\s*;/i;
const specParameter = /^\s*subscriptionSpec\s*=\s*"?1\.0"?\s*$/i;
const contentType = 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"';
/** Closes what comes before it: without it the reader would hold each part back until the next one begins. */
const BOUNDARY = '\r\n--graphql';
const END = '--\r\n';

/**
 * Subscriptions by `POST /graphql` as Apollo's multipart protocol describes them, version 1.0: each result is a part of
 * a response that stays open, as `{ "payload": … }`, and `{}` is a heartbeat. What is no subscription goes past.
 */
export function multipartSubscriptions(operations: Operations, streams: OpenStreams): RequestHandler {
  return async (request, response, next) => {
    const { query, operationName, variables } = (request.body ?? {}) as Record<string, unknown>;
    if (!isAskedFor(request.headers.accept) || typeof query !== 'string') return next();
    const asked = { query, operationName: textOr(operationName), variables: objectOr(variables) };
    const read = operations.read(asked, identityOf(request).caller, requestId());
    const errors = 'document' in read ? undefined : operations.presentErrors(read, requestId());
    // Apollo Server answers everything else as it answers who did not ask for subscriptions.
    if ('document' in read ? read.type !== 'subscription' : request.accepts('json')) return next();

    const stream = streams.open(request, response);
    const started = 'document' in read ? await operations.subscribe(read, 'multipart') : { errors };
    stream.begin({ 'content-type': contentType, vary: 'Accept' }, partOf({}));
    await stream.write(BOUNDARY);
    if (Symbol.asyncIterator in started) {
      stream.gone.addEventListener('abort', () => void started.return(), { once: true });
      if (stream.gone.aborted) await started.return();
      for await (const result of started) await stream.write(partOf({ payload: result }));
    } else {
      await stream.write(partOf({ payload: started }));
    }
    if (!stream.gone.aborted) {
      await stream.write(END);
      stream.end();
    }
  };
}

/** Whether `Accept` names subscriptions this way, among others or alone. */
function isAskedFor(accept = ''): boolean {
  return accept
    .split(',')
    .some((type) => multipartType.test(type) && type.split(';').some((each) => specParameter.test(each)));
}

function partOf(message: { payload?: ExecutionResult | { errors: unknown } }): string {
  return `\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(message)}${BOUNDARY}`;
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function objectOr(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
