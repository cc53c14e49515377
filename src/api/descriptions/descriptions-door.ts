import express, { type Express } from 'express';
import { methodNotAllowed } from '../json-errors';
import { describeRest } from './openapi';

/** `GET /openapi.json`: what the doors take and answer, for people's tools. */
export function descriptionsDoor(): Express {
  const door = express().disable('x-powered-by').set('etag', 'strong');
  for (const [path, document] of Object.entries({ '/openapi.json': describeRest() })) {
    door
      .route(path)
      .get((_request, response) => {
        response.set('cache-control', 'no-cache').json(document);
      })
      .all(methodNotAllowed('GET', 'HEAD'));
  }
  return door;
}
