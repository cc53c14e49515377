import { createHmac, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { readConfig } from '../../src/config';
import { HmsTokens } from '../../src/video/hms.tokens';

/** What a test puts into `AUTH_SECRET`. */
export const authSecret = 'the-secret-that-signs-logins-in-these-tests';
/** The 100ms app of these tests: what it signs is no login. */
export const hmsKeys = { accessKey: 'access-key', secret: 'the-app-secret-of-100ms-in-these-tests-too' };
export const serviceKey = 'a-service-key-of-forty-characters-or-so-';

/** For identities upon no database: no login was ever revoked. */
const neverRevoked = { isRevoked: async () => false, whenRevoked: () => () => undefined };

/** What identities stand upon, where a test has no service. */
export const ground = { now: () => new Date(), logins: neverRevoked, limits: readConfig({}).limits };

type Claims = Record<string, unknown>;

export const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

/** A login as the application's own back end signs it, good for an hour unless the claims say otherwise. */
export function loginOf(userId: string, claims: Claims = {}): string {
  return signed(
    { alg: 'HS256', typ: 'JWT' },
    { sub: userId, iat: inSeconds(0), exp: inSeconds(3_600), ...claims },
  );
}

/** Header and claims as they are given, signed with HMAC: what no library would sign can be signed here. */
export function signed(
  header: object,
  claims: unknown,
  secret: string = authSecret,
  hash = 'sha256',
): string {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`;
}

/** The same signed with RSA. */
function signedByKey(header: object, claims: unknown, key: KeyObject): string {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(key, 'base64url')}`;
}

function part(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** Tokens that must never be a login while `AUTH_SECRET` is `authSecret`, by what is wrong with each. */
export function badLogins(userId = 'ana'): Record<string, string> {
  const good = { sub: userId, iat: inSeconds(0), exp: inSeconds(3_600) };
  const hs256 = { alg: 'HS256', typ: 'JWT' };
  const [header = '', claims = '', signature = ''] = loginOf(userId).split('.');
  const without = (name: keyof typeof good) => ({ ...good, [name]: undefined });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const of100ms = new HmsTokens(hmsKeys);
  return {
    'nothing after Bearer': '',
    'one word': 'let-me-in',
    'two parts': `${header}.${claims}`,
    'four parts': `${header}.${claims}.${signature}.${signature}`,
    'five parts, as an encrypted token has': `${header}.${claims}.${signature}.${signature}.${signature}`,
    'empty parts': '..',
    'an empty signature': `${header}.${claims}.`,
    'a signature cut short': `${header}.${claims}.${signature.slice(0, -4)}`,
    'a changed signature': `${header}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
    'a random signature': `${header}.${claims}.${randomBytes(32).toString('base64url')}`,
    'changed claims': `${header}.${part({ ...good, sub: 'somebody-else' })}.${signature}`,
    'a changed header': `${part({ ...hs256, kid: '1' })}.${claims}.${signature}`,
    'signed with another secret': signed(hs256, good, 'another-secret-of-thirty-two-bytes-or-more'),
    'signed with an empty secret': signed(hs256, good, ''),
    'alg none, unsigned': `${part({ alg: 'none', typ: 'JWT' })}.${part(good)}.`,
    'alg none, signed': signed({ alg: 'none' }, good),
    'alg None': `${part({ alg: 'None' })}.${part(good)}.`,
    'no alg': signed({ typ: 'JWT' }, good),
    'alg a number': signed({ alg: 256 }, good),
    'alg HS512 with the right secret': signed({ alg: 'HS512' }, good, authSecret, 'sha512'),
    'alg HS384 with the right secret': signed({ alg: 'HS384' }, good, authSecret, 'sha384'),
    'alg RS256 with a key of its own': signedByKey({ alg: 'RS256' }, good, privateKey),
    'alg RS256, signed with the secret': signed({ alg: 'RS256' }, good),
    'alg HS256 with a public key as its secret': signed(hs256, good, pem),
    'a key of its own in the header': signedByKey(
      { alg: 'RS256', jwk: publicKey.export({ format: 'jwk' }) },
      good,
      privateKey,
    ),
    'an address of keys in the header': signedByKey(
      { alg: 'RS256', jku: 'http://127.0.0.1:1/' },
      good,
      privateKey,
    ),
    'a critical extension that nobody knows': signed({ ...hs256, crit: ['x'], x: 1 }, good),
    'a payload that is not encoded (b64: false)': signed({ ...hs256, crit: ['b64'], b64: false }, good),
    'the typ of a logout notice': signed({ alg: 'HS256', typ: 'logout+jwt' }, good),
    'the typ of a proof of possession': signed({ alg: 'HS256', typ: 'dpop+jwt' }, good),
    'no exp': signed(hs256, without('exp')),
    'no sub': signed(hs256, without('sub')),
    'exp a text': signed(hs256, { ...good, exp: String(good.exp) }),
    'exp null': signed(hs256, { ...good, exp: null }),
    'exp no number (1e999)': signed(hs256, `{"sub":"${userId}","exp":1e999}`),
    'exp beyond all dates': signed(hs256, { ...good, exp: 1e15 }),
    'expired an hour ago': signed(hs256, { ...good, exp: inSeconds(-3_600) }),
    'expired a second ago': signed(hs256, { ...good, exp: inSeconds(-1) }),
    'exp in milliseconds of 1970': signed(hs256, { ...good, exp: 1 }),
    'exp negative': signed(hs256, { ...good, exp: -1 }),
    'not yet valid (nbf)': signed(hs256, { ...good, nbf: inSeconds(1_800) }),
    'nbf a text': signed(hs256, { ...good, nbf: 'now' }),
    'signed in the future (iat)': signed(hs256, { ...good, iat: inSeconds(1_800) }),
    'iat a text': signed(hs256, { ...good, iat: 'now' }),
    'sub empty': signed(hs256, { ...good, sub: '' }),
    'sub a number': signed(hs256, { ...good, sub: 5 }),
    'sub a list': signed(hs256, { ...good, sub: [userId] }),
    'sub an operator': signed(hs256, { ...good, sub: { $ne: null } }),
    'sub of other characters': signed(hs256, { ...good, sub: 'ana|<script>' }),
    'sub too long': signed(hs256, { ...good, sub: 'a'.repeat(129) }),
    'claims a list': signed(hs256, [good]),
    'claims a text': signed(hs256, '"ana"'),
    'claims null': signed(hs256, 'null'),
    'claims no JSON': signed(hs256, '{"sub":'),
    'header no JSON': `${part('{')}.${claims}.${signature}`,
    'not base64url': `${header}.%%%.${signature}`,
    'a token for a room, of 100ms': of100ms.authToken({ roomId: 'r', userId, role: 'host', ttlSeconds: 600 })
      .token,
    'the management token of 100ms': of100ms.managementToken().token,
    'a token for a room, signed with AUTH_SECRET': new HmsTokens({
      ...hmsKeys,
      secret: authSecret,
    }).authToken({
      roomId: 'r',
      userId,
      role: 'host',
      ttlSeconds: 600,
    }).token,
    'like a token of 100ms, with sub': signed(hs256, { ...good, access_key: 'k', type: 'app', version: 2 }),
    'longer than any login': loginOf(userId, { more: 'x'.repeat(8_192) }),
    'a service key with one more character': `${serviceKey}x`,
    'a service key cut short': serviceKey.slice(0, -1),
    'the digest of a service key': 'sha256:9c1185a5c5e9fc54612808977ee8f548b2258d31',
  };
}
