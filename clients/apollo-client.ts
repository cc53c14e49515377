import { ApolloLink } from '@apollo/client';
import { tap } from 'rxjs';

/**
 * A link to put in front of `GraphQLWsLink`: subscriptions that take `$after: Cursor` and select `cursor` continue where they were
 * when the connection is back. Give the graphql-ws client below it the options `comingBack` of `./graphql-ws`.
 *
 * @example ApolloLink.from([resumeLink, new GraphQLWsLink(createClient({ url, ...comingBack }))])
 */
export const resumeLink = new ApolloLink((operation, forward) => {
  // GraphQLWsLink hands this very object to graphql-ws, which sends it again when it reconnects.
  operation.variables = { ...operation.variables };
  const remember = ({ data }: ApolloLink.Result) => {
    const [update] = Object.values(data ?? {}) as { cursor?: string }[];
    if (update?.cursor) operation.variables['after'] = update.cursor;
  };
  return forward(operation).pipe(tap(remember));
});
