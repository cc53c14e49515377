import type { RequestHandler } from 'express';
import { AppError } from '../errors';

/**
 * Refuses bodies that do not say they are JSON. Not a formality: what a page elsewhere may send without asking first
 * (CORS calls it a simple request) is never `application/json`.
 */
export const onlyJson: RequestHandler = (request, response, next) => {
  const type = request.headers['content-type'];
  if (/^application\/json\s*(;|$)/i.test(type ?? '')) return next();
  response.setHeader('accept-post', 'application/json');
  throw new AppError(
    'UNSUPPORTED_MEDIA_TYPE',
    `The body must be JSON, sent with "Content-Type: application/json"; got ${type ? `"${type}"` : 'none'}.`,
  );
};
