import { createHmac } from 'node:crypto';
import { HmsTokens } from '../../src/video/hms.tokens';

const keys = { accessKey: '61c9b1c8a0f0a1b2c3d4e5f6', secret: 'a-secret-of-nobody-at-all' };
const uuid = () => '0b5a3f0e-7a52-4c0a-9d7e-2f6f3f1f4f10';
const now = () => new Date('2026-01-01T10:00:00.900Z');
const nowInSeconds = 1_767_261_600;
const tokens = new HmsTokens(keys, { now, uuid });

/** Taken apart by hand, so that no library can agree with itself. */
function apart(token: string) {
  const [header = '', payload = '', signature] = token.split('.');
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as unknown;
  const isSigned =
    signature === createHmac('sha256', keys.secret).update(`${header}.${payload}`).digest('base64url');
  return { header: read(header), payload: read(payload), isSigned };
}

it('mints an auth token with every documented claim and no other, signed with the app secret', () => {
  const minted = tokens.authToken({
    roomId: '631b2654f771854d9bf633df',
    userId: 'anna',
    role: 'host',
    ttlSeconds: 600,
  });
  expect(apart(minted.token)).toEqual({
    header: { alg: 'HS256', typ: 'JWT' },
    payload: {
      access_key: '61c9b1c8a0f0a1b2c3d4e5f6',
      type: 'app',
      version: 2,
      room_id: '631b2654f771854d9bf633df',
      user_id: 'anna',
      role: 'host',
      iat: nowInSeconds - 10,
      nbf: nowInSeconds - 10,
      exp: nowInSeconds + 600,
      jti: uuid(),
    },
    isSigned: true,
  });
  expect(minted).toMatchObject({ id: uuid(), expiresAt: new Date('2026-01-01T10:10:00Z') });
});

it('mints a management token with every documented claim and no other, good for a day', () => {
  expect(apart(tokens.managementToken().token)).toEqual({
    header: { alg: 'HS256', typ: 'JWT' },
    payload: {
      access_key: '61c9b1c8a0f0a1b2c3d4e5f6',
      type: 'management',
      version: 2,
      iat: nowInSeconds - 10,
      nbf: nowInSeconds - 10,
      exp: nowInSeconds + 86_400,
      jti: uuid(),
    },
    isSigned: true,
  });
});

it('gives every token an id of its own', () => {
  const made = new HmsTokens(keys, { now });
  const claims = { roomId: 'r', userId: 'u', role: 'host', ttlSeconds: 60 };
  const ids = [made.authToken(claims), made.authToken(claims), made.managementToken()].map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
