/**
 * Every error that a caller can see: its code, and the HTTP status it has where HTTP carries it.
 * One table for all doors; `docs/` and the tests are checked against it.
 */
export const errorStatus = {
  BAD_USER_INPUT: 400,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  QUERY_TOO_COMPLEX: 400,
  BAD_CURSOR: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  ROOM_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  REQUEST_TIMEOUT: 408,
  ROOM_DISABLED: 409,
  IDEMPOTENCY_CONFLICT: 409,
  CURSOR_EXPIRED: 410,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  ROLE_INVALID: 422,
  RATE_LIMITED: 429,
  INTERNAL_SERVER_ERROR: 500,
  UPSTREAM_REJECTED: 502,
  UPSTREAM_UNAVAILABLE: 503,
  UNAVAILABLE: 503,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof errorStatus;

/** One wrong value: where it stands in the input (`name`, `filter.createdAfter`) and the rule it breaks. */
export interface FieldProblem {
  readonly field: string;
  readonly rule: string;
}

export interface ErrorExtras {
  /** `FieldProblem[]` with BAD_USER_INPUT, `{ roles }` with ROLE_INVALID. */
  readonly details?: unknown;
  /** Seconds until trying again makes sense. */
  readonly retryAfter?: number;
  /** For the log only; never shown to a caller. */
  readonly cause?: unknown;
}

/** An expected failure. Its message is written for the caller: what was wrong, with which value, what to do. */
export class AppError extends Error {
  readonly details: unknown;
  readonly retryAfter: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    extras: ErrorExtras = {},
  ) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = 'AppError';
    this.details = extras.details;
    this.retryAfter = extras.retryAfter;
  }
}

/** Says which values were wrong, all of them at once. */
export function badInput(problems: readonly FieldProblem[]): AppError {
  const message = problems.map(({ field, rule }) => `${field}: ${rule}`).join('; ');
  return new AppError('BAD_USER_INPUT', message, { details: problems });
}

/** What every door shows of an error, in its own envelope. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  details?: unknown;
  retryAfter?: number;
  requestId: string;
}

/**
 * The one translation from anything thrown to what a caller sees. Anything that is not an `AppError` is masked:
 * its text may hold addresses, queries or credentials.
 */
export function toErrorBody(error: unknown, requestId: string): ErrorBody {
  if (!(error instanceof AppError)) {
    const message = `Something went wrong on our side. The log has it under request id ${requestId}.`;
    return { code: 'INTERNAL_SERVER_ERROR', message, requestId };
  }
  const { code, message, details, retryAfter } = error;
  return {
    code,
    message,
    ...(details === undefined ? {} : { details }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    requestId,
  };
}
