import express, { type Express } from 'express';
import { honourConditions } from '../conditions';
import { methodNotAllowed } from '../json-errors';
import { describeMessages } from './asyncapi';
import { docsPage } from './docs-page';
import { describeRest } from './openapi';

/**
 * `GET /openapi.json` and `/asyncapi.json`: what the doors take and answer, for people's tools; and `GET /docs`, an explorer
 * for people, which like the one of GraphQL is not there in production.
 */
export function descriptionsDoor({ production }: { readonly production: boolean }): Express {
  const door = express().disable('x-powered-by').set('etag', 'strong');
  const documents = { '/openapi.json': describeRest(), '/asyncapi.json': describeMessages() };
  for (const [path, document] of Object.entries(documents)) {
    door
      .route(path)
      .get(honourConditions, (_request, response) => {
        response.set('cache-control', 'no-cache').json(document);
      })
      .all(methodNotAllowed('GET', 'HEAD'));
  }
  if (!production) door.use(docsPage());
  return door;
}
