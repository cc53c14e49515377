import { readConfig } from '../src/config';
import { complaints, secret } from './helpers/config';

describe('a name that is not a setting', () => {
  it.each([
    ['AUTH_SECRT', 'AUTH_SECRET'],
    ['MONGODB_URI', 'MONGO_URI'],
    ['REDIS_URI', 'REDIS_URL'],
    ['auth_secret', 'AUTH_SECRET'],
    ['WEBHOKO_SECRET', 'WEBHOOK_SECRET'],
    ['PROT', 'PORT'],
  ])('%s gives a warning that names %s, wherever it is set, and blank or not', (name, near) => {
    const warning = expect.stringMatching(
      new RegExp(`^warning: ${name} is not a setting of Rollcall\\..*${near}`),
    );
    expect(readConfig({ [name]: '' }).warnings).toEqual([warning]);
    expect(readConfig({ [name]: secret }).warnings).toEqual([warning]);
    expect(readConfig({ [name]: 'x' }, '/srv', [name]).warnings).toEqual([warning]);
    expect(readConfig({ [name]: secret }).warnings.join()).not.toContain(secret);
  });

  it('is shown beside the settings that are wrong, because it is often their cause', () => {
    const lines = complaints({ HOST: '0.0.0.0', AUTH_SECRT: secret });
    expect(lines[0]).toContain('AUTH is not set');
    expect(lines.slice(1)).toEqual([expect.stringMatching(/AUTH_SECRT .*AUTH_SECRET/)]);
  });

  it('gives a warning in .env also where it is close to no setting', () => {
    const env = { VIDEO_PROVIDER: '100ms', PORT: '1' };
    expect(readConfig(env, '/srv', Object.keys(env)).warnings).toEqual([
      expect.stringMatching(/^warning: VIDEO_PROVIDER in \.env is not a setting of Rollcall.*no effect/),
    ]);
    expect(readConfig(env).warnings).toEqual([]);
  });

  it('gives no warning where it belongs to another program, or its neighbour is set too', () => {
    const others = {
      OTEL_SERVICE_NAME: 'x',
      NODE_OPTIONS: '',
      HTTPS_PROXY: '',
      TZ: 'UTC',
      COMPOSE_FILE: 'x',
    };
    expect(readConfig(others, '/srv', Object.keys(others)).warnings).toEqual([]);
    const machine = {
      PATH: '/bin',
      HOME: '/root',
      HOSTNAME: 'a',
      HOSTTYPE: 'x',
      PWD: '/',
      SHELL: 'sh',
      USER: 'u',
    };
    expect(readConfig(machine).warnings).toEqual([]);
    expect(readConfig({ API_KEYS: 'x', API_KEY: 'y', APP_SECRET: 'z' }).warnings).toEqual([]);
  });
});
