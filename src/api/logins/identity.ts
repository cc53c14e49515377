import type { Config } from '../../config';
import { AppError } from '../../errors';
import type { Caller } from '../../rooms/access/caller';
import type { Logins } from '../../rooms/access/logins';
import { Crowds } from './crowds';
import { whenLoginEnds } from './login-end';
import { noLogin } from './no-login';
import { Rates } from './rates';
import { openServiceKeys } from './service-keys';
import { type Login, openUserLogins } from './user-login';

/** Who is behind a connection or a request. */
export interface Identity {
  readonly caller: Caller;
  /** The user's login, with its end. Services, and all callers while access is open, have no login that ends. */
  readonly login?: Login;
}

/**
 * Maps credentials to an identity, for all transports. Both methods return `anonymous` for no credentials at
 * all, and throw AppError UNAUTHENTICATED for something that is no good; UNAVAILABLE while the keys of the login
 * provider cannot be had. A login is never taken from a URL: those are written down in logs and histories.
 */
export interface Identities {
  /** The value of an `Authorization` header, or of `connectionParams.authorization`: `Bearer <token>`. */
  ofHeader(value: unknown): Promise<Identity>;
  /** A service key or a user's JWT by itself, as the first frame of a raw WebSocket carries it. */
  ofToken(token: unknown): Promise<Identity>;
  /**
   * Calls `end` once, when an identity becomes invalid: its login expires, or is revoked. For anything that runs under it,
   * which must tell nothing more from that moment on.
   *
   * @returns stops waiting; safe to call again
   */
  whenEnds(identity: Identity, end: () => void): () => void;
  /** Counts one request, operation or frame. @throws AppError RATE_LIMITED when a user sends too many a second */
  charge(identity: Identity): void;
  /**
   * Counts a socket or a stream that is opened. Answers with how to count it off; safe to call again.
   *
   * @throws AppError RATE_LIMITED when a user has too many open
   */
  opens(identity: Identity): () => void;
}

export interface IdentitiesParts {
  readonly limits: Pick<Config['limits'], 'operationsPerSecond' | 'socketsPerIdentity'>;
  readonly now: () => Date;
  /** Milliseconds from any beginning, for durations; never set back. */
  readonly elapsedMs?: () => number;
  readonly logins: Pick<Logins, 'isRevoked' | 'whenRevoked'>;
}

const openAccess: Identity = { caller: { kind: 'service', id: 'open access' } };
const anonymous: Identity = { caller: { kind: 'anonymous' } };

/** What a proxy passes on in a header, and far more than a login needs. */
const LONGEST_TOKEN = 8_192;

export function openIdentities(
  access: Config['access'],
  { now, elapsedMs = () => performance.now(), logins, limits }: IdentitiesParts,
): Identities {
  if (access.mode === 'open') {
    return {
      ofHeader: async () => openAccess,
      ofToken: async () => openAccess,
      whenEnds: () => () => undefined,
      charge: () => undefined,
      opens: () => () => undefined,
    };
  }
  const rates = new Rates(limits.operationsPerSecond, now);
  const crowds = new Crowds(limits.socketsPerIdentity);
  const serviceOf = openServiceKeys(access.serviceKeys);
  const loginOf = openUserLogins(access.users, now, elapsedMs);
  const ofToken = async (token: unknown): Promise<Identity> => {
    if (token === undefined || token === null) return anonymous;
    if (typeof token !== 'string' || token.length > LONGEST_TOKEN)
      throw noLogin('it is not text of a sane length');
    const service = serviceOf(token);
    if (service) return { caller: service };
    const login = await loginOf(token);
    if (await logins.isRevoked(login)) throw noLogin('it was revoked; log in again');
    const { userId: id, name } = login;
    return { caller: { kind: 'user', id, ...(name === undefined ? {} : { name }) }, login };
  };
  return {
    ofToken,
    charge: ({ login }) => {
      if (login) rates.take(login.userId);
    },
    opens: ({ login }) => {
      if (!login) return () => undefined;
      if (crowds.isFull(login.userId)) throw tooManyOpen(crowds.atMost);
      return crowds.enter(login.userId);
    },
    whenEnds: ({ login }, end) => (login ? whenLoginEnds(login, { now, logins }, end) : () => undefined),
    ofHeader: async (value) => {
      if (value === undefined || value === null) return anonymous;
      const token = typeof value === 'string' ? /^Bearer +(\S+)$/i.exec(value.trim())?.[1] : undefined;
      if (token === undefined) throw noLogin('it must read "Bearer <token>"');
      return ofToken(token);
    },
  };
}

/** The identity of a caller with credentials. @throws AppError UNAUTHENTICATED for anonymous */
export function known(identity: Identity): Identity {
  if (identity.caller.kind !== 'anonymous') return identity;
  throw new AppError('UNAUTHENTICATED', 'Log in first: send "Authorization: Bearer <token>".');
}

function tooManyOpen(atMost: number): AppError {
  const message = `You may have ${atMost} sockets and streams open at a time; close one first.`;
  return new AppError('RATE_LIMITED', message, { retryAfter: 1 });
}
