import cors from 'cors';
import type { RequestHandler } from 'express';
import { AppError } from '../errors';
import { isHostAllowed, isOriginAllowed, type OriginRules } from './origins';
import type { WarnOfOrigin } from './refused-origins';

/** While access is open, refuses requests that name another server than this one. */
export function refuseForeignHosts(rules: OriginRules): RequestHandler {
  return (request, _response, next) => {
    if (isHostAllowed(request.headers.host, rules)) return next();
    const message =
      `This server is not ${request.headers.host}: while access is open it answers to its own names only. ` +
      'List the origin in CORS_ORIGINS if it is one of yours.';
    throw new AppError('FORBIDDEN', message);
  };
}

/**
 * Lets the pages of allowed origins read answers. Of others the browser sees no permission, and keeps them out.
 *
 * @param warn is called with each origin that was refused
 */
export function allowOrigins(rules: OriginRules, warn: WarnOfOrigin): RequestHandler {
  return cors((request, decide) => {
    const { origin, host } = request.headers;
    const isAllowed = origin !== undefined && isOriginAllowed(origin, host, rules);
    if (origin !== undefined && !isAllowed) warn(origin, host);
    decide(null, {
      origin: isAllowed,
      exposedHeaders: ['x-request-id', 'retry-after', 'etag', 'location'],
      maxAge: 600,
    });
  });
}

/** Headers that no page can send to another site without a preflight, as Apollo's clients know them. */
const preflighted = ['apollo-require-preflight', 'x-apollo-operation-name'];
/** Content types of forms, and of `sendBeacon`: what CORS lets a page send anywhere without asking first. */
const simpleType = /^(text\/plain|application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i;

/**
 * Refuses what a page of another site makes a browser send without a preflight, in which it would have had to ask: it could
 * neither be stopped by CORS nor tell what it learned by timing. Requests of other programs have neither `Sec-Fetch-Site` nor
 * `Origin`; browsers that know only the latter send it with a `POST`.
 */
export function refuseCrossSite(rules: OriginRules): RequestHandler {
  return (request, _response, next) => {
    const { origin, host, 'content-type': type } = request.headers;
    const site = request.headers['sec-fetch-site'];
    const isOurs = site === undefined ? origin === undefined : site === 'same-origin' || site === 'none';
    const isAllowed = origin !== undefined && isOriginAllowed(origin, host, rules);
    const asked = preflighted.some((name) => request.headers[name]) || (type && !simpleType.test(type));
    if (isOurs || isAllowed || asked) return next();
    const message =
      'A page of another site may not send this without a preflight. List its origin in CORS_ORIGINS if it is one of ' +
      `yours, or send the header ${preflighted[0]}.`;
    throw new AppError('FORBIDDEN', message);
  };
}
