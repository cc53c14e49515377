import { createHash } from 'node:crypto';
import { type Config, readConfig } from '../src/config';
import { complaints, secret } from './helpers/config';

describe('an environment that says nothing', () => {
  const config = readConfig({}, '/srv/rollcall');

  it('is a service on this machine alone, with the embedded database and the sandbox, open to everybody', () => {
    expect(config).toMatchObject({
      production: false,
      host: '127.0.0.1',
      port: 3000,
      dataDir: '/srv/rollcall/.data',
      mongoUri: undefined,
      access: { mode: 'open', explicit: false },
      webhook: { secrets: [], header: 'x-webhook-secret' },
      warnings: [],
    });
    expect(config.hms.keys).toBeUndefined();
  });

  it('has the documented default of every number', () => {
    expect(config).toMatchObject({
      presence: { leaseSeconds: 90, graceSeconds: 5 },
      retention: { entries: 10_000, hours: 24 },
      limits: { replay: 10_000, queue: 256, sockets: 20_000, subscriptionsPerSocket: 100 },
      pingSeconds: 25,
      stallSeconds: 30,
      reconcileSeconds: 30,
      guestRole: 'guest',
    });
  });

  it('asks the real addresses of 100ms once there are credentials', () => {
    expect(config.hms.apiUrl).toBe('https://api.100ms.live/v2');
    expect(config.hms.authUrl).toBe('https://auth.100ms.live/v2');
  });

  it('cannot be changed after it was read, at any depth', () => {
    const thawed = config as { limits: { queue: number } };
    expect(() => {
      thawed.limits.queue = 1;
    }).toThrow(TypeError);
    expect(Object.isFrozen(config)).toBe(true);
  });
});

describe('a value', () => {
  it.each<[string, string, (config: Config) => unknown, unknown]>([
    ['PORT', '0', (c) => c.port, 0],
    ['HOST', '[::1]', (c) => c.host, '::1'],
    ['HOST', 'localhost', (c) => c.host, 'localhost'],
    ['LOG_LEVEL', 'debug', (c) => c.logLevel, 'debug'],
    ['DATA_DIR', '/elsewhere', (c) => c.dataDir, '/elsewhere'],
    ['MONGO_URI', 'mongodb://a:1,b:2/x?y=z', (c) => c.mongoUri, 'mongodb://a:1,b:2/x?y=z'],
    ['MONGO_URI', 'mongodb+srv://u:p@db.example.com', (c) => c.mongoUri, 'mongodb+srv://u:p@db.example.com'],
    ['HMS_API_URL', 'http://127.0.0.1:9/v2/', (c) => c.hms.apiUrl, 'http://127.0.0.1:9/v2'],
    ['HMS_AUTH_URL', 'http://[::1]:9/v2', (c) => c.hms.authUrl, 'http://[::1]:9/v2'],
    ['HMS_TEMPLATE_ID', '66112497abcd', (c) => c.hms.templateId, '66112497abcd'],
    ['HMS_APP_ID', '5ff5881b80b6', (c) => c.hms.appId, '5ff5881b80b6'],
    ['WEBHOOK_HEADER', 'X-From-100ms', (c) => c.webhook.header, 'x-from-100ms'],
    ['WEBHOOK_SECRET', `${secret}, ${secret}2`, (c) => c.webhook.secrets, [secret, `${secret}2`]],
    [
      'CORS_ORIGINS',
      'https://a.example,http://b:81',
      (c) => c.corsOrigins,
      ['https://a.example', 'http://b:81'],
    ],
    ['AUTH', 'off', (c) => c.access, { mode: 'open', explicit: true }],
    ['PRESENCE_LEASE_SECONDS', '1', (c) => c.presence.leaseSeconds, 1],
    ['LIMIT_QUEUE', ' 8 ', (c) => c.limits.queue, 8],
  ])('%s=%s is taken', (name, text, pick, expected) => {
    expect(pick(readConfig({ [name]: text }))).toEqual(expected);
  });

  it.each([
    ['PORT', '80a', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', '1e3', 'a whole number from 0 to 65535'],
    ['HOST', 'not a host', 'an address or host name'],
    ['LOG_LEVEL', 'loud', 'one of trace, debug'],
    ['NODE_ENV', 'prod', 'one of production, development, test'],
    ['NODE_ENV', 'Production', 'one of production, development, test'],
    ['HMS_API_URL', 'http://api.example.com/v2', 'an https address'],
    ['HMS_AUTH_URL', 'api.example.com', 'an https address'],
    ['HMS_API_URL', 'https://api.example.com/v2?x=1', 'an https address without credentials, query'],
    ['HMS_TEMPLATE_ID', 'a b', 'the id of a 100ms template'],
    ['HMS_APP_ID', '{}', 'the id of a 100ms app'],
    ['WEBHOOK_HEADER', 'x secret', 'the name of a header'],
    ['CORS_ORIGINS', '*', 'exact origins'],
    ['CORS_ORIGINS', 'https://a.example/', 'exact origins'],
    ['CORS_ORIGINS', 'https://a.example,', 'exact origins'],
    ['AUTH', 'on', 'one of off, secret, jwks'],
    ['PRESENCE_LEASE_SECONDS', '0', 'a whole number from 1'],
    ['RECONNECT_GRACE_SECONDS', '5s', 'a whole number from 0'],
    ['RECONCILE_SECONDS', 'off', 'a whole number from 0'],
    ['GUEST_ROLE', 'gäst', 'the name of a role'],
    ['RETENTION_ENTRIES', '10,000', 'a whole number from 1'],
    ['RETENTION_HOURS', '0.5', 'a whole number from 1'],
    ['LIMIT_REPLAY', '0', 'a whole number from 1'],
    ['LIMIT_QUEUE', 'many', 'a whole number from 1'],
    ['LIMIT_SOCKETS', '0', 'a whole number from 1'],
    ['LIMIT_SUBSCRIPTIONS_PER_SOCKET', '-', 'a whole number from 1'],
    ['PING_SECONDS', '0', 'a whole number from 1'],
    ['STALL_SECONDS', '99999', 'a whole number from 1 to 3600'],
  ])('%s=%s is refused, with the value, the rule and an example', (name, text, rule) => {
    const [line, ...others] = complaints({ [name]: text });
    expect(others).toEqual([]);
    expect(line).toContain(`${name} must be ${rule}`);
    expect(line).toContain(`and is ${JSON.stringify(text)}. Example: ${name}=`);
  });

  it.each([
    ['MONGO_URI', `postgres://${secret}@db`],
    ['REDIS_URL', `http://${secret}@cache`],
    ['API_KEY', `${secret} ${secret}`],
    ['APP_SECRET', `${secret} ${secret}`],
    ['WEBHOOK_SECRET', secret.slice(0, 15)],
    ['WEBHOOK_SECRET', `${secret},${secret.slice(0, 15)}`],
    ['WEBHOOK_SECRET', `${secret},${secret},${secret}`],
    ['AUTH_SECRET', secret],
    ['SERVICE_KEYS', secret],
    ['SERVICE_KEYS', `sha256:${secret}${secret}`],
    ['HMS_API_URL', `https://user:${secret}@api.100ms.live/v2`],
    ['AUTH_JWKS_URL', `https://user:${secret}@login.example.com/jwks`],
  ])('of %s that is refused is not printed', (name, text) => {
    const lines = complaints({
      [name]: text,
      ...(name === 'API_KEY' && { APP_SECRET: 'x' }),
      ...(name === 'APP_SECRET' && { API_KEY: 'x' }),
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${name} must be `);
    expect(lines[0]).not.toContain(secret.slice(0, 15));
  });

  it('that is blank counts as unset', () => {
    expect(readConfig({ PORT: '', MONGO_URI: '  ', API_KEY: '', AUTH: '\t' })).toEqual(readConfig({}));
  });
});

describe('100ms credentials', () => {
  it('switch from the sandbox to 100ms when both are there', () => {
    const { hms } = readConfig({ API_KEY: 'key', APP_SECRET: 'secret' });
    expect(hms.keys).toEqual({ accessKey: 'key', secret: 'secret' });
  });

  it.each([
    ['API_KEY', 'APP_SECRET'],
    ['APP_SECRET', 'API_KEY'],
  ])('with %s and no %s are refused', (there, missing) => {
    expect(complaints({ [there]: secret })).toEqual([
      expect.stringContaining(`${missing} is not set, but ${there} is`),
    ]);
  });
});

describe('open access', () => {
  it.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('is free on %s', (HOST) => {
    expect(readConfig({ HOST }).access).toEqual({ mode: 'open', explicit: false });
  });

  it.each([
    [{ HOST: '0.0.0.0' }, 'HOST is "0.0.0.0"'],
    [{ HOST: '::' }, 'HOST is "::"'],
    [{ HOST: '192.168.1.5' }, 'HOST is "192.168.1.5"'],
    [{ HOST: 'rollcall.example.com' }, 'HOST is "rollcall.example.com"'],
    [{ NODE_ENV: 'production' }, 'NODE_ENV is "production"'],
  ])('where others could reach it, as with %j, must be said: AUTH=off', (env, reason) => {
    expect(complaints(env)).toEqual([expect.stringContaining(`AUTH is not set while ${reason}`)]);
    expect(readConfig({ ...env, AUTH: 'off' }).access).toEqual({ mode: 'open', explicit: true });
  });

  it('makes production of NODE_ENV=production alone', () => {
    expect(readConfig({ NODE_ENV: 'production', AUTH: 'off' }).production).toBe(true);
    expect(readConfig({ NODE_ENV: 'test' }).production).toBe(false);
  });
});

const authSecret = secret.repeat(2);
const jwksUrl = 'https://login.example.com/jwks?policy=sign-in';

describe('logins', () => {
  it.each<[Record<string, string>, unknown]>([
    [{ AUTH_SECRET: authSecret }, { by: 'secret', secret: authSecret }],
    [
      { AUTH_SECRET: authSecret, AUTH: 'secret' },
      { by: 'secret', secret: authSecret },
    ],
    [{ AUTH_JWKS_URL: jwksUrl }, { by: 'jwks', url: jwksUrl }],
    [
      { AUTH_JWKS_URL: jwksUrl, AUTH: 'jwks' },
      { by: 'jwks', url: jwksUrl },
    ],
    [
      { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: 'us', AUTH_AUDIENCE: 'rollcall' },
      { by: 'jwks', url: jwksUrl, issuer: 'us', audience: 'rollcall' },
    ],
    [{ SERVICE_KEYS: authSecret }, { by: 'none' }],
  ])('are checked as the settings say: %#', (env, users) => {
    expect(readConfig(env).access).toMatchObject({ mode: 'logins', users });
    expect(readConfig({ ...env, HOST: '0.0.0.0', NODE_ENV: 'production' }).access).toMatchObject({ users });
  });

  it('keep of a service key its digest alone, however the key is written', () => {
    const digest = createHash('sha256').update(authSecret).digest('hex');
    for (const SERVICE_KEYS of [authSecret, `sha256:${digest}`, `sha256:${digest.toUpperCase()}`]) {
      expect(readConfig({ SERVICE_KEYS }).access).toMatchObject({ serviceKeys: [digest] });
    }
  });

  it('draw a warning while no webhook can come in, and none once one can', () => {
    expect(readConfig({ AUTH_SECRET: authSecret }).warnings).toEqual([
      expect.stringContaining('webhooks are refused until WEBHOOK_SECRET is set'),
    ]);
    expect(readConfig({ AUTH_SECRET: authSecret, WEBHOOK_SECRET: secret }).warnings).toEqual([]);
  });

  it('are not asked for with AUTH=off, which says what it leaves aside', () => {
    const { access, warnings } = readConfig({
      AUTH: 'off',
      AUTH_SECRET: authSecret,
      SERVICE_KEYS: authSecret,
    });
    expect(access).toEqual({ mode: 'open', explicit: true });
    expect(warnings).toEqual(['warning: of no effect while AUTH is off: AUTH_SECRET, SERVICE_KEYS']);
  });

  it.each<[Record<string, string>, string]>([
    [{ AUTH_SECRET: authSecret, AUTH_JWKS_URL: jwksUrl }, 'AUTH_SECRET and AUTH_JWKS_URL are both set'],
    [{ AUTH: 'secret' }, 'AUTH is "secret" and needs AUTH_SECRET'],
    [{ AUTH: 'secret', AUTH_JWKS_URL: jwksUrl }, 'AUTH is "secret" and needs AUTH_SECRET'],
    [{ AUTH: 'jwks' }, 'AUTH is "jwks" and needs AUTH_JWKS_URL'],
    [{ AUTH: 'jwks', AUTH_SECRET: authSecret }, 'AUTH is "jwks" and needs AUTH_JWKS_URL'],
    [{ AUTH_ISSUER: 'us' }, 'AUTH_ISSUER is set, and neither AUTH_SECRET nor AUTH_JWKS_URL'],
    [{ AUTH_AUDIENCE: 'us', SERVICE_KEYS: authSecret }, 'AUTH_AUDIENCE is set, and neither AUTH_SECRET nor'],
    [
      { AUTH_SECRET: authSecret, APP_SECRET: authSecret, API_KEY: 'key' },
      'AUTH_SECRET is the same as APP_SECRET',
    ],
  ])('that contradict each other are refused: %#', (env, complaint) => {
    expect(complaints(env)).toEqual([expect.stringContaining(complaint)]);
    expect(complaints(env)[0]).not.toContain(secret);
  });

  it('measure AUTH_SECRET in bytes and not in characters', () => {
    expect(complaints({ AUTH_SECRET: 'ü'.repeat(15) })[0]).toContain('32 bytes or more');
    expect(complaints({ AUTH_SECRET: 'ü'.repeat(16) })).toEqual([]);
  });
});

it('says everything that is wrong at once', () => {
  const lines = complaints({ PORT: 'x', API_KEY: 'y', HOST: '0.0.0.0', CORS_ORIGINS: 'z', LIMIT_QUEUE: '0' });
  expect(lines.map((line) => line.trim().split(' ')[0])).toEqual([
    'PORT',
    'CORS_ORIGINS',
    'LIMIT_QUEUE',
    'AUTH',
    'APP_SECRET',
  ]);
});
