import cors from 'cors';
import type { RequestHandler } from 'express';
import { AppError } from '../errors';
import { isHostOurs, isOriginAllowed, type OriginRules } from './origins';

/** While access is open, refuses requests that name another server than this one. */
export function refuseForeignHosts(rules: OriginRules): RequestHandler {
  return (request, _response, next) => {
    if (isHostOurs(request.headers.host, rules)) return next();
    const message =
      `This server is not ${request.headers.host}: while access is open it answers to its own names only. ` +
      'List the origin in CORS_ORIGINS if it is one of yours.';
    throw new AppError('FORBIDDEN', message);
  };
}

/** Lets the pages of allowed origins read answers. Of others the browser sees no permission, and keeps them out. */
export function allowOrigins(rules: OriginRules): RequestHandler {
  return cors((request, decide) => {
    const { origin, host } = request.headers;
    const isAllowed = origin !== undefined && isOriginAllowed(origin, host, rules);
    decide(null, { origin: isAllowed, exposedHeaders: ['x-request-id', 'retry-after'], maxAge: 600 });
  });
}
