import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Meter } from '../../figures';
import type { DescribeError } from '../describe-error';
import { requestId } from '../request-id';
import { tooComplex } from './complexity';
import type { RequestContext } from './context';
import { markArgumentErrors, withoutSuggestions } from './input-errors';
import { presentError } from './present-error';
import { statusByMediaType } from './status-by-media-type';
import { MOST_VALIDATION_ERRORS, type OperationRules, ownRules } from './validate';

export interface ApolloParts extends OperationRules {
  readonly describe: DescribeError;
  readonly meter: Meter;
}

/** Apollo Server behind `POST` and `GET /graphql`, started. It leaves signals, draining and the explorer to us. */
export async function openApollo({
  schema,
  production,
  limits,
  describe,
  meter,
}: ApolloParts): Promise<ApolloServer<RequestContext>> {
  const apollo = new ApolloServer<RequestContext>({
    schema,
    // In production refused by our own rules, as on every other transport. Apollo's refusal tells how to configure Apollo.
    introspection: true,
    hideSchemaDetailsFromClientErrors: production,
    includeStacktraceInErrorResponses: false,
    // Done for all doors alike, by ../browsers.ts.
    csrfPrevention: false,
    persistedQueries: false,
    parseOptions: { maxTokens: limits.tokens },
    validationOptions: { maxErrors: MOST_VALIDATION_ERRORS },
    // Counted with everything else, by refuseComplex.
    maxRecursiveSelections: false,
    validationRules: [...ownRules(production)],
    stopOnTerminationSignals: false,
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      // The first that refuses has the word: a subscription that is too complex is so on every door.
      refuseComplex(limits),
      refuseSubscriptions,
      presentInputErrors(production),
      statusByMediaType,
      countOperations(meter),
    ],
    formatError: (formatted, error) => presentError(whole(formatted, error), requestId(), describe),
  });
  await apollo.start();
  return apollo;
}

/** An error of something that was executed, as this server presents it: errors without a code are masked. */
export function presentExecuted(
  error: GraphQLError,
  requestId: string,
  describe: DescribeError,
): GraphQLFormattedError {
  const extensions = { code: 'INTERNAL_SERVER_ERROR', ...error.extensions };
  return presentError(whole({ ...error.toJSON(), extensions }, error), requestId, describe);
}

/** Apollo puts its own code, and what it hides, into the formatted error only. */
function whole({ message, extensions }: GraphQLFormattedError, error: unknown): GraphQLError {
  const known =
    error instanceof GraphQLError ? error : new GraphQLError(message, { originalError: error as Error });
  const { nodes, source, positions, path, originalError } = known;
  return new GraphQLError(message, { nodes, source, positions, path, originalError, extensions });
}

/** A plain answer is one answer: who subscribes must say over what. */
const refuseSubscriptions: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      if (operation?.operation !== 'subscription') return;
      const message =
        'A subscription does not fit into one answer: use graphql-ws at /graphql, SSE at /graphql/stream, or ' +
        'Accept: multipart/mixed;subscriptionSpec="1.0", application/json.';
      throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } });
    },
  }),
};

/** What every other transport does with errors of variables and arguments. */
function presentInputErrors(production: boolean): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors, schema, document, request }) => {
        if (document) markArgumentErrors(errors, { schema, document, variables: request.variables });
        if (!production) return;
        for (const error of errors) error.message = withoutSuggestions(error.message);
      },
    }),
  };
}

/** Counts what was asked by HTTP, and how long its result took. */
function countOperations(meter: Meter): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => {
      const began = performance.now();
      return {
        willSendResponse: async ({ operation, errors }) => {
          const operation_type = operation?.operation ?? 'unknown';
          const outcome = errors ? 'error' : 'ok';
          meter.count('graphql_requests_total', { operation_type, transport: 'http', outcome });
          const seconds = (performance.now() - began) / 1_000;
          meter.observe('graphql_request_duration_seconds', seconds, { operation_type });
        },
      };
    },
  };
}

/** The last step of `validateOperation`, where Apollo Server knows the variables. */
function refuseComplex(limits: OperationRules['limits']): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ schema, document, operation, request }) => {
        if (!operation) return;
        const refusal = tooComplex(
          { schema, document, operation, variables: request.variables ?? {} },
          limits,
        );
        if (!refusal) return;
        throw new GraphQLError(refusal.message, {
          originalError: refusal,
          extensions: { http: { status: 400 } },
        });
      },
    }),
  };
}
