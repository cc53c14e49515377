import { createSecretKey, type KeyObject, randomUUID } from 'node:crypto';
import { sign } from 'jsonwebtoken';

/** The access key and app secret of a 100ms app. */
export interface HmsKeys {
  readonly accessKey: string;
  readonly secret: string;
}

export interface MintedToken {
  readonly token: string;
  /** The token's `jti`. */
  readonly id: string;
  readonly expiresAt: Date;
}

/** What an auth token says about who joins. `role` must exist in the room's template, letter case included. */
export interface AuthClaims {
  readonly roomId: string;
  readonly userId: string;
  readonly role: string;
  readonly ttlSeconds: number;
}

/** Back-dated by this much, in seconds, so that a clock of 100ms that is behind ours does not say "not yet". */
const BACK_DATED = 10;
const VERSION = 2;
const MANAGEMENT_TTL = 24 * 3_600;

/**
 * The two JWTs of 100ms, HS256 with the app secret ("Security and tokens" of the 100ms documentation): one with which
 * its client SDKs join a room, one with which servers call its REST API. Neither is good for the other's purpose.
 */
export class HmsTokens {
  /** Private to the language too, so that nothing that prints this object prints them. */
  readonly #keys: HmsKeys;
  private readonly key: KeyObject;
  private readonly now: () => Date;
  private readonly uuid: () => string;

  constructor(keys: HmsKeys, parts: { now?: () => Date; uuid?: () => string } = {}) {
    this.#keys = keys;
    // Created once: signing with a string would create the key each time, at some sixty times the cost.
    this.key = createSecretKey(Buffer.from(keys.secret));
    this.now = parts.now ?? (() => new Date());
    this.uuid = parts.uuid ?? randomUUID;
  }

  get keys(): HmsKeys {
    return this.#keys;
  }

  authToken({ roomId, userId, role, ttlSeconds }: AuthClaims): MintedToken {
    return this.mint({ type: 'app', room_id: roomId, user_id: userId, role }, ttlSeconds);
  }

  managementToken(ttlSeconds: number = MANAGEMENT_TTL): MintedToken {
    return this.mint({ type: 'management' }, ttlSeconds);
  }

  private mint(claims: object, ttlSeconds: number): MintedToken {
    const now = Math.floor(this.now().getTime() / 1_000);
    const id = this.uuid();
    const exp = now + ttlSeconds;
    const payload = {
      access_key: this.#keys.accessKey,
      ...claims,
      version: VERSION,
      iat: now - BACK_DATED,
      nbf: now - BACK_DATED,
      exp,
      jti: id,
    };
    const token = sign(payload, this.key, { algorithm: 'HS256' });
    return { token, id, expiresAt: new Date(exp * 1_000) };
  }
}
