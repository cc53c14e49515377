import type { ErrorRequestHandler, RequestHandler } from 'express';
import { AppError, badInput, type ErrorCode, errorStatus } from '../errors';
import type { DescribeError } from './describe-error';
import { requestId } from './request-id';

/** Answers errors of a request as the `{ "error": … }` of every transport that is not GraphQL. */
export function answerErrors(describe: DescribeError): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const body = describe(asAppError(error), requestId());
    // A stream that breaks is cut and not ended, so that its reader comes back.
    if (response.headersSent) return void response.destroy();
    if (body.retryAfter !== undefined) response.setHeader('retry-after', body.retryAfter);
    response.status(errorStatus[body.code]).json({ error: body });
  };
}

const either = new Intl.ListFormat('en', { type: 'disjunction' });

/** For a path that exists, asked with a method that it does not have. */
export function methodNotAllowed(...allowed: string[]): RequestHandler {
  return (request, response) => {
    response.setHeader('allow', allowed.join(', '));
    throw new AppError(
      'METHOD_NOT_ALLOWED',
      `${request.method} is not for ${request.path}; use ${either.format(allowed)}.`,
    );
  };
}

/** For a path that nothing answers. */
export const notFound: RequestHandler = (request) => {
  throw new AppError('NOT_FOUND', `There is nothing at ${request.path}.`);
};

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'BAD_USER_INPUT',
  408: 'REQUEST_TIMEOUT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** The body parser's refusals carry a status and a message for callers (http-errors' `expose`). */
function asAppError(error: unknown): unknown {
  // Express's own, for a path with a stray %.
  if (error instanceof URIError) return badInput([{ field: 'path', rule: 'must be percent-encoded UTF-8' }]);
  if (!(error instanceof Error) || !('status' in error) || !('expose' in error) || !error.expose)
    return error;
  const code = codeOfStatus[error.status as number];
  if (!code) return error;
  const isJson = 'type' in error && error.type === 'entity.parse.failed';
  if (isJson) {
    const details = [{ field: 'body', rule: 'must be JSON' }];
    return new AppError(code, `The body is not JSON: ${error.message}`, { details });
  }
  const isZlib = 'code' in error && String(error.code).startsWith('Z_');
  const rule = isZlib ? 'must be compressed as Content-Encoding says' : error.message;
  return code === 'BAD_USER_INPUT' ? badInput([{ field: 'body', rule }]) : new AppError(code, error.message);
}
