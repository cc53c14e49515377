import type { ApolloServerPlugin } from '@apollo/server';

/** Of answers, in the order in which we prefer them: who names none gets what every client reads. */
export const mediaTypes = ['application/json', 'application/graphql-response+json'] as const;

/** What Apollo Server calls a request that is no GraphQL request at all, and not one with a mistake in its document. */
const MALFORMED = 'BAD_REQUEST';

/**
 * Status codes by the GraphQL-over-HTTP specification, section 6.4: with `application/json` a well-formed request gets 200,
 * even if its document or variables are invalid, because old clients and proxies take another status for no GraphQL
 * answer. Apollo Server says 400 with both media types.
 */
export const statusByMediaType: ApolloServerPlugin = {
  requestDidStart: async () => ({
    willSendResponse: async ({ request, response, errors = [] }) => {
      const isWellFormed = errors.every(({ extensions }) => extensions['code'] !== MALFORMED);
      const accepted = request.http?.headers.get('accept');
      if (response.http.status === 400 && accepted === mediaTypes[0] && isWellFormed)
        response.http.status = 200;
    },
  }),
};
