import type { RequestHandler } from 'express';

/**
 * Lets conditions be looked at also where the request says `Cache-Control: no-cache`, as `fetch` does with every condition that
 * its caller sets: that word is for caches on the way, and Express takes it for a wish not to be answered 304.
 */
export const honourConditions: RequestHandler = (request, _response, next) => {
  delete request.headers['cache-control'];
  next();
};
