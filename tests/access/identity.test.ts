import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, SignJWT } from 'jose';
import { openIdentities } from '../../src/api/logins/identity';
import { readConfig } from '../../src/config';
import { authSecret, badLogins, ground, inSeconds, loginOf, serviceKey, signed } from '../helpers/logins';

const now = () => new Date();

/** Where no other is given, durations follow the same clock. */
function identities(
  env: Record<string, string>,
  clock: () => Date = now,
  elapsedMs: () => number = () => clock().getTime(),
) {
  return openIdentities(readConfig(env).access, { ...ground, now: clock, elapsedMs });
}

const refused = { code: 'UNAUTHENTICATED' };

describe('with AUTH_SECRET', () => {
  const { ofHeader, ofToken } = identities({ AUTH_SECRET: authSecret, SERVICE_KEYS: serviceKey });

  it('takes a login for the user whose it is, until it ends', async () => {
    const exp = inSeconds(60);
    const { caller, login } = await ofHeader(`Bearer ${loginOf('ana', { exp, name: ' Ana ' })}`);
    expect(caller).toEqual({ kind: 'user', id: 'ana', name: 'Ana' });
    expect(login?.endsAt).toEqual(new Date(exp * 1_000));
  });

  it('takes a service key for a service whose login does not end', async () => {
    expect(await ofHeader(`bearer  ${serviceKey}`)).toEqual({
      caller: { kind: 'service', id: expect.stringMatching(/^[0-9a-f]{8}$/) },
    });
  });

  it('takes nothing at all for nobody', async () => {
    expect(await ofHeader(undefined)).toEqual({ caller: { kind: 'anonymous' } });
  });

  it.each(Object.entries(badLogins()))('refuses: %s', async (_kind, token) => {
    await expect(ofToken(token)).rejects.toMatchObject(refused);
    await expect(ofHeader(`Bearer ${token}`)).rejects.toMatchObject(refused);
  });

  it('says why without repeating anything of the token', async () => {
    for (const token of Object.values(badLogins())) {
      const { message } = (await ofToken(token).catch((error: Error) => error)) as Error;
      expect(message).toMatch(/^This login is not accepted: .+\.$/);
      for (const piece of token.split('.')) if (piece.length > 9) expect(message).not.toContain(piece);
    }
  });

  it.each([
    ['another scheme', `Basic ${loginOf('ana')}`],
    ['no scheme', loginOf('ana')],
    ['two tokens', `Bearer ${loginOf('ana')} ${loginOf('ana')}`],
    ['a list', [`Bearer ${loginOf('ana')}`]],
    ['an object', { token: loginOf('ana') }],
    ['true', true],
    ['an empty text', ''],
  ])('refuses an Authorization with %s', async (_kind, value) => {
    await expect(ofHeader(value)).rejects.toMatchObject(refused);
  });

  it('forgives a clock that is behind at the beginning of a login, and none at its end', async () => {
    const begun = inSeconds(0);
    const at = (seconds: number) =>
      identities({ AUTH_SECRET: authSecret }, () => new Date((begun + seconds) * 1_000));
    const token = loginOf('ana', { iat: begun, nbf: begun, exp: begun + 60 });
    await expect(at(-4).ofToken(token)).resolves.toBeDefined();
    await expect(at(-6).ofToken(token)).rejects.toMatchObject(refused);
    await expect(at(59).ofToken(token)).resolves.toBeDefined();
    await expect(at(60).ofToken(token)).rejects.toMatchObject(refused);
  });

  it('asks for issuer and audience exactly where they are set', async () => {
    const { ofToken: strict } = identities({
      AUTH_SECRET: authSecret,
      AUTH_ISSUER: 'us',
      AUTH_AUDIENCE: 'rollcall',
    });
    await expect(strict(loginOf('ana', { iss: 'us', aud: 'rollcall' }))).resolves.toBeDefined();
    await expect(strict(loginOf('ana', { iss: 'us', aud: ['x', 'rollcall'] }))).resolves.toBeDefined();
    for (const claims of [
      {},
      { iss: 'us' },
      { aud: 'rollcall' },
      { iss: 'them', aud: 'rollcall' },
      { iss: 'us', aud: 'x' },
    ]) {
      await expect(strict(loginOf('ana', claims))).rejects.toMatchObject(refused);
    }
    await expect(ofToken(loginOf('ana', { iss: 'them', aud: 'x' }))).resolves.toBeDefined();
  });
});

it('with service keys alone takes no user', async () => {
  const { ofToken } = identities({ SERVICE_KEYS: serviceKey });
  await expect(ofToken(loginOf('ana'))).rejects.toMatchObject(refused);
  await expect(ofToken(serviceKey)).resolves.toMatchObject({ caller: { kind: 'service' } });
});

it('while access is open takes everybody for a service, whatever they show', async () => {
  const { ofHeader } = identities({});
  for (const value of [undefined, 'Bearer nonsense', 5]) {
    expect((await ofHeader(value)).caller.kind).toBe('service');
  }
});

describe('with AUTH_JWKS_URL', () => {
  const pairs = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: generateKeyPairSync('ed25519'),
  };
  let published: Record<string, unknown>[] = [];
  let asked = 0;
  let answers = true;
  const provider = createServer((_request, response) => {
    asked += 1;
    response.statusCode = answers ? 200 : 500;
    response.end(JSON.stringify({ keys: published }));
  });
  let AUTH_JWKS_URL = '';
  let ahead = 0;
  const clock = () => new Date(Date.now() + ahead);

  beforeAll(async () => {
    provider.listen(0, '127.0.0.1');
    await once(provider, 'listening');
    AUTH_JWKS_URL = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/keys`;
  });
  beforeEach(async () => {
    published = await Promise.all(
      Object.entries(pairs).map(async ([alg, { publicKey }]) => ({
        ...(await exportJWK(publicKey)),
        alg,
        kid: alg,
      })),
    );
    asked = 0;
    answers = true;
    ahead = 0;
  });
  afterAll(() => provider.close());

  const sign = (alg: string, key: KeyObject, kid = alg) =>
    new SignJWT({}).setProtectedHeader({ alg, kid }).setSubject('ana').setExpirationTime('30d').sign(key);

  it.each(Object.entries(pairs))('takes logins signed with %s', async (alg, { privateKey }) => {
    const { ofToken } = identities({ AUTH_JWKS_URL });
    expect((await ofToken(await sign(alg, privateKey))).caller).toEqual({ kind: 'user', id: 'ana' });
  });

  it('refuses what is signed with the public key as a secret, though it is all that anybody needs for it', async () => {
    const { ofToken } = identities({ AUTH_JWKS_URL });
    const { publicKey } = pairs.RS256;
    for (const type of ['spki', 'pkcs1'] as const) {
      const secret = publicKey.export({ type, format: 'pem' }).toString();
      const token = signed({ alg: 'HS256', kid: 'RS256' }, { sub: 'ana', exp: inSeconds(60) }, secret);
      await expect(ofToken(token)).rejects.toMatchObject(refused);
    }
  });

  it('refuses a secret that the provider publishes among its keys', async () => {
    published = [{ kty: 'oct', kid: 'o', alg: 'HS256', k: Buffer.from(authSecret).toString('base64url') }];
    const { ofToken } = identities({ AUTH_JWKS_URL });
    const token = signed({ alg: 'HS256', kid: 'o' }, { sub: 'ana', exp: inSeconds(60) });
    await expect(ofToken(token)).rejects.toMatchObject(refused);
  });

  it('asks for the keys once for many logins', async () => {
    const { ofToken } = identities({ AUTH_JWKS_URL });
    const token = await sign('RS256', pairs.RS256.privateKey);
    await Promise.all(Array.from({ length: 50 }, () => ofToken(token)));
    expect(asked).toBe(1);
  });

  it('finds a key that is new, by asking again at most once in ten seconds', async () => {
    const { ofToken } = identities({ AUTH_JWKS_URL }, clock);
    await ofToken(await sign('RS256', pairs.RS256.privateKey));
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    published.push({ ...(await exportJWK(publicKey)), alg: 'RS256', kid: 'new' });
    const token = await sign('RS256', privateKey, 'new');
    await expect(ofToken(token)).rejects.toMatchObject(refused);
    ahead = 11_000;
    await expect(ofToken(token)).resolves.toBeDefined();
    expect(asked).toBe(2);
  });

  it('finds a new key after the wall clock was set back by an hour', async () => {
    let elapsed = 0;
    const { ofToken } = identities({ AUTH_JWKS_URL }, clock, () => elapsed);
    await ofToken(await sign('RS256', pairs.RS256.privateKey));
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    published.push({ ...(await exportJWK(publicKey)), alg: 'RS256', kid: 'newest' });
    ahead = -3_600_000;
    elapsed = 11_000;
    await expect(ofToken(await sign('RS256', privateKey, 'newest'))).resolves.toBeDefined();
  });

  it('asks no more than that for a thousand logins with keys that do not exist, whether the provider answers or not', async () => {
    const { ofToken } = identities({ AUTH_JWKS_URL }, clock);
    const good = await sign('RS256', pairs.RS256.privateKey);
    await ofToken(good);
    for (answers of [true, false]) {
      asked = 0;
      ahead += 11_000;
      const tokens = await Promise.all(
        Array.from({ length: 1_000 }, (_, at) => sign('EdDSA', pairs.EdDSA.privateKey, `made-up-${at}`)),
      );
      for (const token of tokens) await expect(ofToken(token)).rejects.toMatchObject(refused);
      expect(asked).toBe(1);
    }
  });

  it('goes on with the keys it has while the provider is away, for a day', async () => {
    const { ofToken } = identities({ AUTH_JWKS_URL }, clock);
    const token = await sign('RS256', pairs.RS256.privateKey);
    await ofToken(token);
    answers = false;
    ahead = 23 * 3_600_000;
    await expect(ofToken(token)).resolves.toBeDefined();
    ahead = 25 * 3_600_000;
    await expect(ofToken(token)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfter: 10 });
  });

  it('drops a key that the provider withdrew, within ten minutes', async () => {
    const { ofToken } = identities({ AUTH_JWKS_URL }, clock);
    const token = await sign('RS256', pairs.RS256.privateKey);
    await ofToken(token);
    published = published.filter(({ kid }) => kid !== 'RS256');
    ahead = 10 * 60_000;
    await expect(ofToken(token)).rejects.toMatchObject(refused);
  });

  it.each([
    ['text', 'not JSON'],
    ['a list', '[]'],
    ['nothing', ''],
    ['keys that are none', '{"keys":[{"kty":"?"}]}'],
  ])('keeps what it has where the provider answers with %s', async (_kind, body) => {
    const { ofToken } = identities({ AUTH_JWKS_URL }, clock);
    const token = await sign('RS256', pairs.RS256.privateKey);
    await ofToken(token);
    const listeners = provider.listeners('request');
    provider.removeAllListeners('request').once('request', (_request, response) => response.end(body));
    ahead = 11 * 60_000;
    const outcome = await ofToken(token).catch((error: { code: string }) => error.code);
    for (const listener of listeners) provider.on('request', listener as () => void);
    expect(outcome).toEqual(
      body.includes('kty') ? 'UNAUTHENTICATED' : expect.objectContaining({ caller: expect.anything() }),
    );
  });
});
