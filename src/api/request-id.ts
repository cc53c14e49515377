import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';

const acceptable = /^[A-Za-z0-9._-]{1,64}$/;
const current = new AsyncLocalStorage<string>();

/** Takes the caller's `x-request-id` where it is one, makes one otherwise, and returns it with every answer. */
export const withRequestId: RequestHandler = (request, response, next) => {
  const requestId = requestIdOf(request);
  response.setHeader('x-request-id', requestId);
  current.run(requestId, next);
};

/** What the caller calls a request, where that is an id; a new one each time otherwise. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && acceptable.test(given) ? given : newRequestId();
}

/** As one flat string: Node builds a UUID from twenty pieces, and keeps them all as long as the string is referenced. */
export function newRequestId(): string {
  return Buffer.from(randomUUID(), 'latin1').toString('latin1');
}

/** The id of the HTTP request being answered. */
export function requestId(): string {
  return current.getStore() ?? randomUUID();
}
