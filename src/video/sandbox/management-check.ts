import { createSecretKey } from 'node:crypto';
import type { RequestHandler } from 'express';
import { type JwtPayload, verify } from 'jsonwebtoken';
import type { HmsKeys } from '../hms.tokens';
import { ApiError } from './api-error';
import type { SandboxClock } from './clock';

/** The longest validity that any page of the 100ms documentation allows, in seconds: 90 days. */
const LONGEST_VALIDITY = 90 * 24 * 3_600;

/** Lets through what carries a valid management token, and says precisely why not what does not. */
export function requireManagementToken(keys: HmsKeys, clock: SandboxClock): RequestHandler {
  return (request, _response, next) => {
    const given = /^Bearer (\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
    if (given === undefined) throw tokenError('not found');
    readToken(given, 'management', { keys, clock });
    next();
  };
}

/**
 * The claims of a token of this kind.
 *
 * @throws ApiError 401 "Token validation error" whose `details` name the claim that is wrong
 */
export function readToken(
  token: string,
  type: 'management' | 'app',
  { keys, clock }: { keys: HmsKeys; clock: SandboxClock },
): JwtPayload {
  const claims = verified(token, keys, clock);
  if (claims['access_key'] !== keys.accessKey) throw tokenError('access_key is not one of this account');
  if (claims['type'] !== type) {
    throw tokenError(`type is ${JSON.stringify(claims['type'])}, and must be "${type}" here`);
  }
  if (claims['version'] !== 2) {
    throw tokenError(`version is ${JSON.stringify(claims['version'])}, and must be the number 2`);
  }
  if (typeof claims['jti'] !== 'string' || claims['jti'] === '') throw tokenError('jti is missing');
  for (const name of ['iat', 'nbf', 'exp']) checkTime(name, claims[name], clock.seconds());
  const { iat = 0, nbf = 0, exp = 0 } = claims;
  if (nbf > clock.seconds()) throw tokenError('nbf is in the future: token is not yet valid');
  if (exp <= clock.seconds()) throw tokenError('exp is in the past: token has expired');
  if (exp - iat > LONGEST_VALIDITY) throw tokenError('exp is more than 90 days after iat');
  return claims;
}

function verified(token: string, { secret }: HmsKeys, clock: SandboxClock): JwtPayload {
  try {
    const claims = verify(token, createSecretKey(Buffer.from(secret)), {
      algorithms: ['HS256'],
      clockTimestamp: clock.seconds(),
      // Checked by hand, for the words.
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
    if (typeof claims === 'object') return claims;
  } catch (error) {
    throw tokenError((error as Error).message);
  }
  throw tokenError('payload is not an object');
}

/** Milliseconds where seconds belong is the usual mistake. */
function checkTime(name: string, value: unknown, now: number): void {
  if (typeof value !== 'number') throw tokenError(`${name} is missing or not a number`);
  if (value > now * 100) throw tokenError(`${name} is ${value}: it must be in seconds, not milliseconds`);
}

function tokenError(detail: string): ApiError {
  return new ApiError(401, 'Token validation error', [detail]);
}
