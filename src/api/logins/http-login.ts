import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { AppError } from '../../errors';
import { type Identities, type Identity, known } from './identity';

const identities = new WeakMap<IncomingMessage, Identity>();

/** Asks who sends a request, before anything of its body is read. @throws AppError UNAUTHENTICATED, UNAVAILABLE, RATE_LIMITED */
export function requireLogin(parts: Pick<Identities, 'ofHeader' | 'charge'>): RequestHandler {
  return async (request, response, next) => {
    try {
      await login(request, parts);
    } catch (error) {
      if (error instanceof AppError && error.code === 'UNAUTHENTICATED') {
        response.setHeader('www-authenticate', 'Bearer');
      }
      throw error;
    }
    next();
  };
}

/** Lets the sender of a request in, and counts it, once. @throws as `requireLogin` */
export async function login(
  request: IncomingMessage,
  { ofHeader, charge }: Pick<Identities, 'ofHeader' | 'charge'>,
): Promise<void> {
  if (identities.has(request)) return;
  const identity = known(await ofHeader(request.headers.authorization));
  charge(identity);
  identities.set(request, identity);
}

/** Who sent a request that `requireLogin` let pass. */
export function identityOf(request: IncomingMessage): Identity {
  const identity = identities.get(request);
  if (!identity) throw new Error('a request came past requireLogin');
  return identity;
}
