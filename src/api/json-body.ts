import { isUtf8 } from 'node:buffer';
import express, { type RequestHandler } from 'express';
import { AppError, badInput } from '../errors';

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

/**
 * Parses a body as JSON, which is UTF-8 (RFC 8259, 8.1). Express would decode other charsets whose name begins with `utf-`, and would
 * replace what is not UTF-8 by U+FFFD.
 *
 * @throws AppError UNSUPPORTED_MEDIA_TYPE for another charset, BAD_USER_INPUT for bytes that are not UTF-8
 */
export function jsonBody(options: Omit<NonNullable<Parameters<typeof express.json>[0]>, 'verify'> = {}) {
  return express.json({ ...options, verify: refuseOtherThanUtf8 });
}

function refuseOtherThanUtf8(_request: unknown, _response: unknown, body: Buffer, charset: string): void {
  if (charset !== 'utf-8') {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', `The charset of JSON must be utf-8; got "${charset}".`);
  }
  if (!isUtf8(body)) throw badInput([{ field: 'body', rule: 'must be UTF-8' }]);
}
