import { createSecretKey } from 'node:crypto';
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { UserLogins } from '../../config';
import { AppError } from '../../errors';
import { displayName, participantId } from '../../rooms/room.input';
import { openKeySet } from './key-set';
import { noLogin } from './no-login';

/** What a user's JWT says, checked. */
export interface Login {
  readonly userId: string;
  readonly name?: string;
  /** A login without `iat` counts as the oldest: every revocation of older logins revokes it. */
  readonly issuedAt: Date;
  /** The time from which on it is invalid. */
  readonly endsAt: Date;
}

/** Clocks of other machines may be behind ours by this much at a login's beginning, in seconds; its end is its end. */
const CLOCK_TOLERANCE = 5;
/** The last moment that a Date can hold, in seconds. */
const LAST_MOMENT = 8.64e12;

const symmetric = ['HS256'];
const asymmetric = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** A token that says it is of another kind (a logout notice, a proof of possession) is no login (RFC 8725, 3.11). */
const typesOfLogins: readonly unknown[] = [undefined, 'jwt', 'at+jwt', 'application/at+jwt'];

/**
 * From a JWT to the login that it is. The algorithms follow from the setting and never from the token (RFC 8725).
 * The function throws AppError UNAUTHENTICATED with the reason, and UNAVAILABLE while keys cannot be fetched.
 */
export function openUserLogins(
  users: UserLogins,
  now: () => Date,
  elapsedMs: () => number,
): (token: string) => Promise<Login> {
  if (users.by === 'none') {
    return async () => {
      throw noLogin('it is not one of the service keys, and logins of users are not set up here');
    };
  }
  const { issuer, audience } = users;
  const key = keyOf(users, elapsedMs);
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: users.by === 'secret' ? symmetric : asymmetric,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE,
        currentDate: now(),
        ...(issuer && { issuer }),
        ...(audience && { audience }),
      });
      refuseOtherTypes(token);
      return read(payload, now());
    } catch (error) {
      throw error instanceof AppError ? error : noLogin(reasonOf(error), error);
    }
  };
}

function keyOf(users: Exclude<UserLogins, { by: 'none' }>, elapsedMs: () => number): JWTVerifyGetKey {
  if (users.by === 'jwks') return openKeySet(users.url, elapsedMs);
  const secret = createSecretKey(Buffer.from(users.secret));
  return async () => secret;
}

function refuseOtherTypes(token: string): void {
  const { typ } = decodeProtectedHeader(token);
  if (!typesOfLogins.includes(typ?.toLowerCase()))
    throw noLogin('its "typ" is that of another kind of token');
}

function read(payload: JWTPayload, now: Date): Login {
  const { sub, iat, exp = 0 } = payload;
  // If AUTH_SECRET is set to a secret of 100ms, tokens for a room must still not be accepted as logins.
  if ('access_key' in payload) throw noLogin('it is a token of 100ms');
  const seconds = now.getTime() / 1_000;
  if (exp <= seconds) throw noLogin('it has expired');
  if (!(exp <= LAST_MOMENT)) throw noLogin('its "exp" is no moment');
  if (iat !== undefined && (!Number.isFinite(iat) || iat > seconds + CLOCK_TOLERANCE)) {
    throw noLogin('its "iat" is not a moment that has been');
  }
  const userId = participantId.safeParse(sub);
  if (!userId.success) throw noLogin('its "sub" must be 1 to 128 characters of A-Z a-z 0-9 . _ : @ + -');
  const name = displayName.safeParse(payload['name']);
  return {
    userId: userId.data,
    ...(name.success && { name: name.data }),
    issuedAt: new Date((iat ?? 0) * 1_000),
    endsAt: new Date(exp * 1_000),
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.reason === 'missing' ? `it has no "${error.claim}"` : `its "${error.claim}" does not fit`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'it is signed in a way that is not accepted here';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature does not fit';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return 'it names no key that signs logins';
  }
  return 'it is not a well-formed JWT, and no service key';
}
