import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';
import { openIdentities } from '../../src/api/logins/identity';
import { readConfig } from '../../src/config';
import { ground } from '../helpers/logins';
import { sectionOf } from '../helpers/markdown';

const page = 'docs/authentication.md';
const keys = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
} as const;

/** In place of the address of each provider. */
const provider = createServer(async (_request, response) => {
  const published = Object.entries(keys).map(async ([alg, { publicKey }]) => ({
    ...(await exportJWK(publicKey)),
    ...{ alg, kid: alg, use: 'sig' },
  }));
  response.end(JSON.stringify({ keys: await Promise.all(published) }));
});
let keyAddress = '';
beforeAll(async () => {
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  keyAddress = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/keys`;
});
afterAll(() => provider.close());

/** The settings that the page has under a heading. */
function settingsUnder(heading: string): Record<string, string> {
  const [, block = ''] = /```ini\n(.*?)```/s.exec(sectionOf(page, heading)) ?? [];
  return Object.fromEntries(
    [...block.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

function sign(alg: keyof typeof keys, claims: JWTPayload): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg, kid: alg, typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(keys[alg].privateKey);
}

const userOf = async (settings: Record<string, string>, token: string) =>
  (await openIdentities(readConfig(settings).access, ground).ofHeader(`Bearer ${token}`)).caller;

/** A token as each provider documents it. */
const shapes = {
  Supabase: {
    alg: 'ES256',
    claims: {
      ...{ iss: 'https://YOUR_PROJECT.supabase.co/auth/v1', aud: 'authenticated', role: 'authenticated' },
      ...{
        sub: '0b5b6a53-4a3f-4a9a-9a6f-5a1c5d0a7f11',
        session_id: '7d0d',
        aal: 'aal1',
        email: 'ana@example.com',
      },
    },
  },
  Firebase: {
    alg: 'RS256',
    claims: {
      ...{ iss: 'https://securetoken.google.com/YOUR_PROJECT', aud: 'YOUR_PROJECT', name: 'Ana' },
      ...{ sub: 'Xk893u23H9SJ893', user_id: 'Xk893u23H9SJ893', firebase: { sign_in_provider: 'password' } },
    },
  },
  Clerk: {
    alg: 'RS256',
    claims: {
      ...{ iss: 'https://YOUR_APP.clerk.accounts.dev', azp: 'https://app.example.com', name: 'Ana' },
      ...{ sub: 'user_2NNEqL2nrIRdJ194ndJqAHwEfxC', sid: 'sess_2NNE', v: 2 },
    },
  },
} as const;

describe.each(Object.entries(shapes))('the settings for %s', (heading, { alg, claims }) => {
  const settings = () => {
    const documented = settingsUnder(heading);
    // As it stands it is valid; the keys of these tests are at another address.
    readConfig(documented);
    return { ...documented, AUTH_JWKS_URL: keyAddress };
  };

  it('accept a token of its shape', async () => {
    expect(await userOf(settings(), await sign(alg, claims))).toMatchObject({ kind: 'user', id: claims.sub });
  });

  it('reject a token of another project', async () => {
    const foreign = await sign(alg, { ...claims, iss: claims.iss.replace('YOUR_', 'OTHER_') });
    await expect(userOf(settings(), foreign)).rejects.toThrow('its "iss" does not fit');
    if (!('aud' in claims)) return;
    const other = await sign(alg, { ...claims, aud: 'other' });
    await expect(userOf(settings(), other)).rejects.toThrow('its "aud" does not fit');
  });
});

/** The functions of the page, with the environment that it sets. */
function codeUnder(heading: string, env: Record<string, string>) {
  const [, code = ''] = /```js\n(.*?)```/s.exec(sectionOf(page, heading)) ?? [];
  const [, name = ''] = /function (\w+)/.exec(code) ?? [];
  return new Function('require', 'process', `${code}\nreturn ${name};`)(require, { env });
}

it('accepts the login that the code for a back end of your own signs', async () => {
  const settings = { ...settingsUnder('Your own back end'), AUTH_SECRET: 's'.repeat(64) };
  const token = codeUnder('Your own back end', settings)({ id: 'ana', name: 'Ana' });
  expect(await userOf(settings, token)).toEqual({ kind: 'user', id: 'ana', name: 'Ana' });
});

it('rejects an access token of Auth0 for its "sub", as the page says', async () => {
  const claims = {
    iss: 'https://your-tenant.auth0.com/',
    sub: 'auth0|6553da60a54af58e29493993',
    aud: ['api'],
  };
  const token = await sign('RS256', claims);
  await expect(userOf({ AUTH_JWKS_URL: keyAddress }, token)).rejects.toThrow('its "sub" must be');
});
