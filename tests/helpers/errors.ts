import type { ExecutionResult } from 'graphql';

/** What a caller sees of an error, whichever door it came through. */
export interface SeenError {
  readonly message: string;
  readonly code?: unknown;
  readonly details?: unknown;
  readonly requestId?: unknown;
  readonly retryAfter?: unknown;
}

/** The one error of a GraphQL answer; a test that expects one fails where there is none. */
export function errorOf({ errors }: Pick<ExecutionResult, 'errors'>): SeenError {
  const [error] = errors ?? [];
  if (!error) throw new Error('there was no error in the answer');
  return { message: error.message, ...error.extensions };
}
