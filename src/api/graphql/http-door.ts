import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import express, { type RequestHandler, Router } from 'express';
import { AppError } from '../../errors';
import { LARGEST_BODY, onlyJson } from '../json-body';
import { methodNotAllowed } from '../json-errors';
import { requestId } from '../request-id';
import type { RequestContext } from './context';
import { mediaTypes } from './status-by-media-type';

export interface GraphQLOverHttpParts {
  readonly apollo: ApolloServer<RequestContext>;
  readonly context: (requestId: string) => RequestContext;
}

const PATH = '/graphql';

/**
 * `POST` and `GET /graphql` by the GraphQL-over-HTTP specification. What is wrong with the request itself is refused here,
 * before anything runs: Apollo Server would find an `Accept` that it cannot meet after the mutation.
 */
export function graphqlOverHttp({ apollo, context }: GraphQLOverHttpParts): RequestHandler {
  const router = Router();
  const answer = expressMiddleware(apollo, { context: async () => context(requestId()) });
  router
    .route(PATH)
    .head(methodNotAllowed('GET', 'POST'))
    .get(express.json(), negotiated, answer)
    .post(onlyJson, express.json({ limit: LARGEST_BODY }), negotiated, answer)
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
