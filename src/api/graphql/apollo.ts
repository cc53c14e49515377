import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { DescribeError } from '../describe-error';
import { requestId } from '../request-id';
import type { RequestContext } from './context';
import { presentError } from './present-error';
import { statusByMediaType } from './status-by-media-type';
import { MOST_TOKENS, MOST_VALIDATION_ERRORS, ownRules } from './validate';

export interface ApolloParts {
  readonly schema: GraphQLSchema;
  readonly production: boolean;
  readonly describe: DescribeError;
}

/** Apollo Server behind `POST` and `GET /graphql`, started. It leaves signals, draining and the explorer to us. */
export async function openApollo({
  schema,
  production,
  describe,
}: ApolloParts): Promise<ApolloServer<RequestContext>> {
  const apollo = new ApolloServer<RequestContext>({
    schema,
    introspection: !production,
    hideSchemaDetailsFromClientErrors: production,
    includeStacktraceInErrorResponses: false,
    // Done for all doors alike, by ../browsers.ts.
    csrfPrevention: false,
    persistedQueries: false,
    parseOptions: { maxTokens: MOST_TOKENS },
    validationOptions: { maxErrors: MOST_VALIDATION_ERRORS },
    maxRecursiveSelections: 5_000,
    validationRules: [...ownRules(production)],
    stopOnTerminationSignals: false,
    plugins: [ApolloServerPluginLandingPageDisabled(), statusByMediaType],
    formatError: ({ message, extensions }, error) => {
      const known =
        error instanceof GraphQLError ? error : new GraphQLError(message, { originalError: error as Error });
      const { nodes, source, positions, path, originalError } = known;
      // Apollo puts its own code, and what it hides, into the formatted error only.
      const whole = new GraphQLError(message, { nodes, source, positions, path, originalError, extensions });
      return presentError(whole, requestId(), describe);
    },
  });
  await apollo.start();
  return apollo;
}
