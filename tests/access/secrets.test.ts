import { readConfig } from '../../src/config';
import { openLogger } from '../../src/observability/logger';
import { hmsKeys, loginOf } from '../helpers/logins';

const planted = {
  appSecret: hmsKeys.secret,
  accessKey: hmsKeys.accessKey,
  webhookSecret: 'the-webhook-secret-of-"quotes"-and-\\',
  authSecret: 'planted-secret-that-signs-the-logins-of-users',
  login: loginOf('ana'),
  hmsToken: 'eyJhbGciOiJIUzI1NiJ9.eyJyb29tX2lkIjoiciJ9.c2lnbmF0dXJl',
  mongoPassword: 'planted-mongo-password',
  redisPassword: 'planted-redis-password',
  serviceKey: 'planted-service-key-of-forty-characters-',
};

const config = readConfig({
  API_KEY: planted.accessKey,
  APP_SECRET: planted.appSecret,
  WEBHOOK_SECRET: planted.webhookSecret,
  AUTH_SECRET: planted.authSecret,
  SERVICE_KEYS: planted.serviceKey,
  LOG_LEVEL: 'trace',
});

/** What the log says of something. */
function logged(what: object, message = 'it failed'): string {
  let text = '';
  const logger = openLogger(config, {
    write: (line) => {
      text += line;
    },
  });
  logger.error(what, message);
  return text;
}

const bearer = `Bearer ${planted.serviceKey}`;
const uri = `mongodb://rollcall:${planted.mongoPassword}@db.example.com:27017/rollcall`;
const nested = (value: unknown) => ({ a: { b: value } });

it.each<[string, object, string?]>([
  ['a header', { headers: { authorization: bearer } }],
  [
    'a header in an error of a client',
    { err: Object.assign(new Error('no'), { config: { headers: { authorization: bearer } } }) },
  ],
  ['connectionParams', { connectionParams: { authorization: bearer } }],
  ['connectionParams two levels down', nested({ connectionParams: { token: planted.login } })],
  ['a cookie', { request: { cookie: `session=${planted.login}` } }],
  ['a member called token', nested({ token: planted.hmsToken })],
  ['a member called password', { password: planted.mongoPassword }],
  ['a token somewhere in a text', { text: `the token ${planted.login} is bad` }],
  ['a token of 100ms deep down', { a: { b: { c: { d: { e: [planted.hmsToken] } } } } }],
  ['the message', {}, `could not log ${planted.login} in`],
  ['the message of an error', { err: new Error(`connect ${uri} failed`) }],
  ['the stack of an error', { err: new TypeError(`rediss://default:${planted.redisPassword}@cache`) }],
  ['the cause of an error', { err: new Error('outer', { cause: new Error(`inner ${uri}`) }) }],
  [
    'an error of our own secrets',
    { err: new Error(`signed with ${planted.appSecret} and ${planted.authSecret}`) },
  ],
  ['a webhook secret with quotes', { header: planted.webhookSecret }],
  ['an access key', nested(`?access_key=${planted.accessKey}`)],
  ['an Authorization in a text', { raw: `GET / HTTP/1.1\r\nAuthorization: ${bearer}\r\n` }],
])('cuts what lets somebody in out of %s', (_where, what, message = 'it failed') => {
  const text = logged(what, message);
  expect(text).toContain('[redacted]');
  for (const [name, secret] of Object.entries(planted)) {
    const asJson = JSON.stringify(secret).slice(1, -1);
    expect([name, text.includes(secret), text.includes(asJson)]).toEqual([name, false, false]);
  }
  expect(JSON.parse(text)).toMatchObject({ level: 50 });
});

it('leaves everything else as it is', () => {
  const text = logged(
    { roomId: 'eyJ', path: '/rooms/a@b', url: 'https://api.100ms.live/v2', seconds: 5 },
    'Bearer of news',
  );
  expect(JSON.parse(text)).toMatchObject({
    roomId: 'eyJ',
    path: '/rooms/a@b',
    url: 'https://api.100ms.live/v2',
    seconds: 5,
  });
});
