import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import { type RequestHandler, Router } from 'express';
import { AppError, errorStatus } from '../../errors';
import type { DescribeError } from '../describe-error';
import { jsonBody, onlyJson } from '../json-body';
import { methodNotAllowed } from '../json-errors';
import { identityOf, requireLogin } from '../logins/http-login';
import type { Identities } from '../logins/identity';
import type { OpenStreams } from '../open-streams';
import { requestId } from '../request-id';
import type { MakeContext, RequestContext } from './context';
import { multipartSubscriptions } from './multipart';
import { tooNested } from './nesting';
import type { Operations } from './operation';
import { mediaTypes } from './status-by-media-type';

export interface GraphQLOverHttpParts {
  readonly apollo: ApolloServer<RequestContext>;
  readonly identities: Identities;
  readonly context: MakeContext;
  readonly describe: DescribeError;
  readonly operations: Operations;
  readonly streams: OpenStreams;
  /** Of a request's body. */
  readonly bodyBytes: number;
}

const PATH = '/graphql';

/**
 * `POST` and `GET /graphql` by the GraphQL-over-HTTP specification. What is wrong with the request itself is refused here,
 * before anything runs: Apollo Server would find an `Accept` that it cannot meet after the mutation.
 */
export function graphqlOverHttp({
  apollo,
  identities,
  context,
  describe,
  operations,
  streams,
  bodyBytes,
}: GraphQLOverHttpParts): RequestHandler {
  const router = Router();
  const answer = expressMiddleware(apollo, {
    context: async ({ req }) => context(identityOf(req).caller, requestId()),
  });
  router
    .route(PATH)
    .all(asGraphQL(requireLogin(identities), describe))
    .head(methodNotAllowed('GET', 'POST'))
    .get(jsonBody(), asGraphQL(refuseNested, describe), negotiated, answer)
    .post(onlyJson, jsonBody({ limit: bodyBytes }), asGraphQL(refuseNested, describe))
    .post(multipartSubscriptions(operations, streams))
    .post(negotiated, answer)
    .all(methodNotAllowed('GET', 'POST'));
  return router;
}

/** Settles which of the two media types the answer has, and leaves only that one to `Accept`. */
const negotiated: RequestHandler = (request, _response, next) => {
  const chosen = request.accepts([...mediaTypes]);
  if (!chosen) {
    const message = `GraphQL answers as ${mediaTypes.join(' or ')}, and Accept allows neither.`;
    throw new AppError('NOT_ACCEPTABLE', message);
  }
  request.headers.accept = chosen;
  next();
};

/** Apollo Server takes no exception from its own rules for an answer: what would overflow the stack there is not let in. */
const refuseNested: RequestHandler = ({ query, body }, _response, next) => {
  for (const document of [query['query'], (body as Record<string, unknown> | undefined)?.['query']]) {
    const refusal = typeof document === 'string' ? tooNested(document) : undefined;
    if (refusal) throw refusal;
  }
  next();
};

/** What `check` refuses as a GraphQL error, with the HTTP status of its code: nothing of the request was looked at yet. */
function asGraphQL(check: RequestHandler, describe: DescribeError): RequestHandler {
  return async (request, response, next) => {
    try {
      await check(request, response, next);
    } catch (error) {
      const { message, ...extensions } = describe(error, requestId());
      if (extensions.retryAfter !== undefined) response.setHeader('retry-after', extensions.retryAfter);
      const type = request.accepts([...mediaTypes]) || mediaTypes[0];
      response
        .status(errorStatus[extensions.code])
        .type(type)
        .json({ errors: [{ message, extensions }] });
    }
  };
}
