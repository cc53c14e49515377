import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../src/config';
import { variables } from '../src/config/variables';

const root = join(__dirname, '..');
const names = Object.keys(variables);

/** Callers and deployments count on these names: more may come, none may go. */
const promised = [
  'PORT API_KEY APP_SECRET MONGO_URI HOST DATA_DIR REDIS_URL AUTH AUTH_SECRET AUTH_JWKS_URL AUTH_ISSUER AUTH_AUDIENCE',
  'SERVICE_KEYS WEBHOOK_SECRET WEBHOOK_HEADER RECONNECT_GRACE_SECONDS PRESENCE_LEASE_SECONDS CORS_ORIGINS HMS_API_URL',
  'HMS_AUTH_URL HMS_TEMPLATE_ID HMS_APP_ID RECONCILE_SECONDS GUEST_ROLE RETENTION_ENTRIES RETENTION_HOURS LIMIT_REPLAY',
  'LIMIT_QUEUE STALL_SECONDS PING_SECONDS LIMIT_SOCKETS LIMIT_SUBSCRIPTIONS_PER_SOCKET LOG_LEVEL NODE_ENV',
].flatMap((line) => line.split(' '));

/** Name and default of each row of the table of settings. */
function documentedTable(): Map<string, string> {
  const rows = readFileSync(join(root, 'docs', 'settings.md'), 'utf8').matchAll(
    /^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\| .+ \|$/gm,
  );
  return new Map([...rows].map(([, name = '', fallback = '']) => [name, fallback]));
}

function linesOfExample(): Record<string, string> {
  const lines = readFileSync(join(root, '.env.example'), 'utf8').matchAll(/^([A-Z_]+)=(.*)$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
}

function defaultOf(name: string): string {
  const variable = variables[name as keyof typeof variables];
  return 'fallback' in variable ? variable.fallback : '';
}

it('reads every promised variable', () => {
  expect(names).toEqual(expect.arrayContaining(promised));
});

it('has a row in docs/settings.md for every variable, in this order, with the default that the code has', () => {
  const rows = documentedTable();
  expect([...rows.keys()]).toEqual(names);
  for (const [name, fallback] of rows) expect([name, fallback]).toEqual([name, defaultOf(name)]);
});

it('has a line in .env.example for every variable, in this order, with the default that the code has', () => {
  const lines = linesOfExample();
  expect(Object.keys(lines)).toEqual(names);
  for (const [name, value] of Object.entries(lines)) expect([name, value]).toEqual([name, defaultOf(name)]);
});

it('starts the same with a copy of .env.example as without one', () => {
  expect(readConfig(linesOfExample())).toEqual(readConfig({}));
});
