import { isUnavailable, isWriteRefused } from '../database/connect';
import { AppError, type ErrorBody, type ErrorCode, toErrorBody } from '../errors';
import type { Logger } from '../observability/logger';

/** Turns anything thrown into what a caller sees, and logs unexpected errors once. */
export type DescribeError = (error: unknown, requestId: string) => ErrorBody;

export function describeErrorsTo(logger: Logger, count: (code: ErrorCode) => void): DescribeError {
  const describe = describeTo(logger);
  return (error, requestId) => {
    const body = describe(error, requestId);
    count(body.code);
    return body;
  };
}

function describeTo(logger: Logger): DescribeError {
  return (error, requestId) => {
    if (isUnavailable(error)) {
      logger.warn({ requestId, err: error }, 'the database is away');
      const message = isWriteRefused(error)
        ? 'The database cannot store anything just now; try again.'
        : 'The database is away just now; try again.';
      const away = new AppError('UNAVAILABLE', message, {
        retryAfter: 1,
      });
      return toErrorBody(away, requestId);
    }
    if (!(error instanceof AppError)) logger.error({ requestId, err: error }, 'unexpected error');
    return toErrorBody(error, requestId);
  };
}
