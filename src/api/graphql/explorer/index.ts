import { type RequestHandler, Router } from 'express';
import { AppError } from '../../../errors';
import { firstDocument } from './first-document';
import { graphiqlPage } from './graphiql-page';
import { sandboxPage } from './sandbox-page';

export interface ExplorerParts {
  /** There is no explorer in production, and no introspection that it could show. */
  readonly production: boolean;
  /** Whether callers must log in. */
  readonly needsLogin: boolean;
}

/**
 * Serves the explorers to browsers. `/graphql` is Apollo Sandbox; `/graphql/explorer` is the GraphiQL that ships with this
 * server and asks no other host, and takes over where Sandbox cannot be loaded. Mount it before the GraphQL handler: it
 * passes on every request but those of a browser that looks for a page.
 */
export function explorer({ production, needsLogin }: ExplorerParts): RequestHandler {
  const router = Router();
  if (production) {
    router.get('/graphql/explorer', () => {
      throw new AppError('NOT_FOUND', 'The explorer is for development: NODE_ENV=production turns it off.');
    });
    return router;
  }
  const parts = { document: firstDocument(needsLogin), needsLogin };
  const sandbox = sandboxPage(parts);
  router.get('/graphql', (request, response, next) => {
    if (looksForPage(request)) sandbox(request, response, next);
    else next();
  });
  router.use('/graphql/explorer', graphiqlPage(parts));
  return router;
}

const looksForPage = (request: Parameters<RequestHandler>[0]): boolean =>
  request.query['query'] === undefined && request.accepts(['json', 'html']) === 'html';
