import type { ErrorRequestHandler, RequestHandler } from 'express';

/** A refusal in the shape of 100ms: `{ code, message, details }`, with the HTTP status as code. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly details: readonly string[] = [message],
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

/** The documented form of a wrong body: the same words in general and, in `details`, in particular. */
export function badBody(what: string): ApiError {
  return new ApiError(400, 'Invalid body param', [`Invalid body param: ${what}`]);
}

export function notFound(what: string): ApiError {
  return new ApiError(404, `${what} not found`, ['not found']);
}

export const noSuchPath: RequestHandler = (request) => {
  throw new ApiError(404, 'Not Found', [`no such call: ${request.method} ${request.path}`]);
};

export const answerErrors: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) return next(error);
  const { status, message, details } = asApiError(error);
  response.status(status).json({ code: status, message, details });
};

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const { status, message } = error as { status?: number; message?: string };
  // What the body parser says of a body that is no JSON, or too long.
  if (status !== undefined && status < 500) return new ApiError(status, 'Invalid body', [String(message)]);
  return new ApiError(500, 'Internal server error', [String(message)]);
}
