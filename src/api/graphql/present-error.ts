import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { AppError, badInput, type ErrorCode, errorStatus, type FieldProblem } from '../../errors';
import type { DescribeError } from '../describe-error';
import { isVariableError } from './input-errors';

/** How the parser of graphql-js gives up on a document with more tokens than it may have. */
const TOO_MANY_TOKENS = /^Syntax Error: Document contains more tha[nt] \d+ tokens\. Parsing aborted\.$/;

/** Apollo Server's own codes that are not in our table, under the names that are. */
const translated: Readonly<Record<string, ErrorCode>> = {
  BAD_REQUEST: 'BAD_USER_INPUT',
  OPERATION_RESOLUTION_FAILURE: 'GRAPHQL_VALIDATION_FAILED',
};

/** An error as callers see it, for transports that print errors by `toJSON`. */
export class PresentedError extends GraphQLError {
  constructor(private readonly shown: GraphQLFormattedError) {
    super(shown.message);
  }

  override toJSON(): GraphQLFormattedError {
    return this.shown;
  }
}

/**
 * A GraphQL error as callers see it: the code, message and details of the one table in its `extensions`, and its
 * place in the document and the result. Errors that are not meant for callers are masked.
 */
export function presentError(
  error: GraphQLError,
  requestId: string,
  describe: DescribeError,
): GraphQLFormattedError {
  const { locations, path } = error;
  const { message, ...extensions } = describe(asThrown(error), requestId);
  return { message, ...(locations && { locations }), ...(path && { path }), extensions: { ...extensions } };
}

/** The error in our own terms. A GraphQL error without an original error is the library's verdict on the request. */
function asThrown(error: GraphQLError): unknown {
  if (isVariableError(error)) {
    // The outermost message, because only it says where in the variables the value stands.
    return new AppError('BAD_USER_INPUT', error.message, { details: coercionProblem(error.message) });
  }
  const thrown = deepest(error);
  if (!(thrown instanceof GraphQLError)) return thrown;
  const said = String(thrown.extensions['code'] ?? error.extensions['code'] ?? 'GRAPHQL_VALIDATION_FAILED');
  const code = TOO_MANY_TOKENS.test(thrown.message) ? 'QUERY_TOO_COMPLEX' : (translated[said] ?? said);
  if (!isKnown(code) || code === 'INTERNAL_SERVER_ERROR') return thrown;
  const { details } = thrown.extensions;
  return Array.isArray(details) ? badInput(details) : new AppError(code, error.message);
}

function isKnown(code: string): code is ErrorCode {
  return Object.hasOwn(errorStatus, code);
}

function deepest(error: GraphQLError): unknown {
  let thrown: unknown = error;
  while (thrown instanceof GraphQLError && thrown.originalError) thrown = thrown.originalError;
  return thrown;
}

/**
 * `Variable "$input" got invalid value 5 at "input.name"; Expected …`, as field and rule. Its parts are searched one after
 * the other: the message holds the caller's value, and one expression for all of it takes quadratic time on a long value.
 */
function coercionProblem(message: string): FieldProblem[] | undefined {
  const variable = /^Variable "\$(\w+)"/.exec(message);
  if (!variable) return undefined;
  const place = / at "([^"]+)"/.exec(message);
  for (const match of [place, variable]) {
    const rule = match ? ruleAfter(match, message) : undefined;
    if (rule !== undefined) return [{ field: match?.[1] ?? 'input', rule }];
  }
  return undefined;
}

/** What follows the first `; ` or ` of ` behind a match. */
function ruleAfter({ 0: { length }, index }: RegExpExecArray, message: string): string | undefined {
  const rest = message.slice(index + length);
  const separator = /; | of /.exec(rest);
  return separator ? rest.slice(separator.index + separator[0].length) : undefined;
}
