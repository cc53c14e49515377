import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { authSecret, loginOf } from '../helpers/logins';
import { nginx, startNginx } from '../helpers/nginx';
import { endProcesses, type RunningProcess, startProcess } from '../helpers/running-process';

const root = join(__dirname, '..', '..');
const reason = nginx ? '' : ' (skipped: nginx is not installed; apt-get install nginx-light)';
/** A normal host name, as an ingress passes it on. */
const HOST_NAME = 'api.example.com';
/** What an ingress adds in front of the Kubernetes service. */
const proxied = {
  host: HOST_NAME,
  'x-forwarded-host': HOST_NAME,
  'x-forwarded-proto': 'https',
  'x-forwarded-for': '203.0.113.7',
};

let directory: string;
/** As deploy/kubernetes/config.yaml configures an instance, and as deploy/compose.yaml does: without listed origins. */
let kubernetes: RunningProcess;
let compose: RunningProcess;
let page: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollcall-'));
  const config = await readFile(join(root, 'deploy', 'kubernetes', 'config.yaml'), 'utf8');
  page = /^ *CORS_ORIGINS: (\S+)$/m.exec(config)?.[1] ?? '';
  const start = (name: string, origins: string) =>
    startProcess(['node', join(root, 'dist', 'main.js')], directory, {
      PORT: '0',
      DATA_DIR: join(directory, name),
      NODE_ENV: 'production',
      AUTH_SECRET: authSecret,
      CORS_ORIGINS: origins,
    });
  kubernetes = start('kubernetes', page);
  compose = start('compose', '');
  await Promise.all([kubernetes.url(), compose.url()]);
}, 60_000);
afterAll(async () => {
  await endProcesses();
  await rm(directory, { recursive: true, force: true });
});

/** Upgrades, logs in and resolves with the server's first message, or with the status that refused the upgrade. */
async function outcome(url: string, path: string, headers: Record<string, string>): Promise<string> {
  const protocols = path === '/graphql' ? ['graphql-transport-ws'] : [];
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocols, { headers });
  const token = loginOf('ana');
  const login =
    path === '/graphql'
      ? { type: 'connection_init', payload: { authorization: `Bearer ${token}` } }
      : { event: 'auth', data: { token } };
  socket.once('open', () => socket.send(JSON.stringify(login)));
  const first = once(socket, 'message').then(
    ([data]) => JSON.parse(String(data)),
    (error: Error) => error.message.replace('Unexpected server response: ', ''),
  );
  const answer = await first;
  socket.on('error', () => undefined).terminate();
  return answer.type ?? answer.event ?? answer;
}

describe.each([
  ['/graphql', 'connection_ack'],
  ['/', 'authenticated'],
])('with logins on, a WebSocket to %s under a normal host name', (path, welcome) => {
  it('is opened to programs, and to the pages that the Kubernetes manifests list', async () => {
    const url = await kubernetes.url();
    expect(await outcome(url, path, { host: HOST_NAME })).toBe(welcome);
    expect(await outcome(url, path, proxied)).toBe(welcome);
    expect(await outcome(url, path, { ...proxied, origin: page })).toBe(welcome);
  });

  it('is opened to pages of the same host name where no origin is listed, as Compose ships it', async () => {
    const url = await compose.url();
    expect(await outcome(url, path, { ...proxied, origin: `https://${HOST_NAME}` })).toBe(welcome);
    const named = { host: `${HOST_NAME}:8080`, origin: `http://${HOST_NAME}:8080` };
    expect(await outcome(url, path, named)).toBe(welcome);
  });

  it('is refused to pages of foreign origins', async () => {
    for (const origin of [`https://${HOST_NAME}`, 'https://evil.example', 'null'])
      expect(await outcome(await kubernetes.url(), path, { ...proxied, origin })).toBe('403');
    for (const origin of [page, 'https://evil.example', 'null'])
      expect(await outcome(await compose.url(), path, { ...proxied, origin })).toBe('403');
  });

  (nginx ? it : it.skip)(
    `is opened through the shipped nginx, which passes the name on${reason}`,
    async () => {
      await using proxy = await startNginx([await kubernetes.url()]);
      expect(await outcome(proxy.url, path, { host: HOST_NAME, origin: page })).toBe(welcome);
      expect(await outcome(proxy.url, path, { host: HOST_NAME, origin: 'https://evil.example' })).toBe('403');
    },
  );
});

it('logs one warning for each refused origin, over HTTP and WebSocket alike, and not one for each request', async () => {
  const url = await compose.url();
  const origins = ['https://first.example', 'https://second.example'];
  for (const origin of [...origins, ...origins]) {
    for (const path of ['/graphql', '/']) await outcome(url, path, { ...proxied, origin });
    await fetch(`${url}/rooms`, { headers: { origin } });
  }
  compose.signal('SIGTERM');
  expect(await compose.ended).toBe(0);
  const warnings = compose.output
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('"origin"'))
    .map((line) => JSON.parse(line))
    .filter(({ origin }) => origins.includes(origin));
  expect(warnings.map(({ level, origin }) => [level, origin])).toEqual(origins.map((origin) => [40, origin]));
  expect(warnings[0]).toMatchObject({ host: HOST_NAME });
  expect(warnings[0].msg).toContain('CORS_ORIGINS');
});
