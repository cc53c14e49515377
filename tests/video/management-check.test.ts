import { sign } from 'jsonwebtoken';
import { HmsTokens } from '../../src/video/hms.tokens';
import { type Started, startSandbox } from './started';

let started: Started;
beforeAll(async () => {
  started = await startSandbox();
});
afterAll(() => started[Symbol.asyncDispose]());

const inSeconds = () => Math.floor(Date.now() / 1_000);

/** A good management token with some claims changed; undefined takes one away. */
function tokenWith(claims: Record<string, unknown>, secret = started.sandbox.keys.secret): string {
  const now = inSeconds();
  const all = {
    access_key: started.sandbox.keys.accessKey,
    type: 'management',
    version: 2,
    iat: now,
    nbf: now,
    exp: now + 600,
    jti: 'b3c0b3a4-6c52-4f1c-8f5b-6d1b6a3a6c11',
    ...claims,
  };
  const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return sign(JSON.stringify(present), secret, { algorithm: 'HS256' });
}

it('takes a management token with the full set of claims', async () => {
  expect(await started.call('GET', '/rooms', undefined, tokenWith({}))).toMatchObject({ status: 200 });
});

it.each<[string, () => string | null, string]>([
  ['none at all', () => null, 'not found'],
  ['text that is no JWT', () => 'abc', 'jwt malformed'],
  ['one signed with another secret', () => tokenWith({}, 'another'), 'invalid signature'],
  [
    'one without a signature',
    () => sign({ type: 'management' }, '', { algorithm: 'none' }),
    'jwt signature is required',
  ],
  [
    'one signed with HS512',
    () => sign({ type: 'management' }, started.sandbox.keys.secret, { algorithm: 'HS512' }),
    'invalid algorithm',
  ],
  [
    'an auth token',
    () =>
      new HmsTokens(started.sandbox.keys).authToken({
        roomId: 'r',
        userId: 'u',
        role: 'host',
        ttlSeconds: 60,
      }).token,
    'type is "app", and must be "management" here',
  ],
  ['another access key', () => tokenWith({ access_key: 'x' }), 'access_key is not one of this account'],
  ['version as a text', () => tokenWith({ version: '2' }), 'version is "2", and must be the number 2'],
  ['no version', () => tokenWith({ version: undefined }), 'version is undefined, and must be the number 2'],
  ['no jti', () => tokenWith({ jti: undefined }), 'jti is missing'],
  ['no iat', () => tokenWith({ iat: undefined }), 'iat is missing or not a number'],
  ['no nbf', () => tokenWith({ nbf: undefined }), 'nbf is missing or not a number'],
  ['no exp', () => tokenWith({ exp: undefined }), 'exp is missing or not a number'],
  [
    'milliseconds for seconds',
    () => tokenWith({ iat: 1_767_261_600_000 }),
    'iat is 1767261600000: it must be in seconds, not milliseconds',
  ],
  [
    'a time before it begins',
    () => tokenWith({ nbf: inSeconds() + 60 }),
    'nbf is in the future: token is not yet valid',
  ],
  [
    'a time after its end',
    () => tokenWith({ exp: inSeconds() - 1 }),
    'exp is in the past: token has expired',
  ],
  [
    'a validity of 91 days',
    () => tokenWith({ exp: inSeconds() + 91 * 86_400 }),
    'exp is more than 90 days after iat',
  ],
])('refuses a management token: %s', async (_case, token, detail) => {
  expect(await started.call('GET', '/rooms', undefined, token())).toEqual({
    status: 401,
    body: { code: 401, message: 'Token validation error', details: [detail] },
  });
});
