import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';

const acceptable = /^[A-Za-z0-9._-]{1,64}$/;
const current = new AsyncLocalStorage<string>();

/** Takes the caller's `x-request-id` where it is one, makes one otherwise, and returns it with every answer. */
export const withRequestId: RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id');
  const requestId = given !== undefined && acceptable.test(given) ? given : randomUUID();
  response.setHeader('x-request-id', requestId);
  current.run(requestId, next);
};

/** The id of the HTTP request being answered. */
export function requestId(): string {
  return current.getStore() ?? randomUUID();
}
