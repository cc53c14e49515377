import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HmsService } from '../../src/video/hms.service';
import { endProcesses, type RunningProcess, startProcess } from '../helpers/running-process';
import { startReceiver } from './webhook-receiver';

const program = join(__dirname, '..', '..', 'scripts', 'sandbox.mjs');
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-sandbox-'));
});
afterEach(async () => {
  await endProcesses();
  rmSync(directory, { recursive: true });
});

const start = (...args: string[]) =>
  startProcess(
    [process.execPath, program, '--port', '0', '--directory', join(directory, 'kept'), ...args],
    directory,
  );

/** What it says of itself. */
async function read(sandbox: RunningProcess) {
  await sandbox.says(/^ready$/m);
  const said = async (what: string) => (await sandbox.says(new RegExp(`${what} +(\\S+)`)))[1] ?? '';
  const keys = { accessKey: await said('access key'), secret: await said('app secret') };
  return { keys, apiUrl: await said('API'), controlUrl: await said('control') };
}

async function put(url: string, method: string, body: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

it('serves who has its keys, sends webhooks where it is told, and has everything again after kill -9', async () => {
  await using receiver = await startReceiver();
  const first = start('--webhook', receiver.url, '--header', 'x-told: yes');
  const { keys, apiUrl, controlUrl } = await read(first);
  const hms = new HmsService({ keys, apiUrl });
  const room = await hms.createRoom({ name: 'alone' });
  const joined = await put(`${controlUrl}/peers`, 'POST', { room_id: room.id, user_id: 'ana', role: 'host' });
  expect(joined).toMatchObject({ status: 200, body: { user_id: 'ana' } });
  const [one] = await receiver.received.atLeast(2);
  expect(one?.headers).toMatchObject({ 'x-told': 'yes' });
  first.signal('SIGKILL');
  await first.ended;

  const again = await read(start());
  expect(again.keys).toEqual(keys);
  expect(await new HmsService(again).activePeers(room.id)).toMatchObject([{ userId: 'ana', role: 'host' }]);
});

it('stops on a signal with 0', async () => {
  const sandbox = start();
  await read(sandbox);
  sandbox.signal('SIGTERM');
  expect(await sandbox.ended).toBe(0);
});

it.each([
  [['--time-scale', 'fast'], '--time-scale must be a number'],
  [['--webhook', 'nowhere'], '--webhook must be an http or https address'],
  [['--header', 'x'], '--header must look like "name: value"'],
  [['--what'], "Unknown option '--what'"],
])('refuses %j, says what is wrong, and ends with 1', async (args, complaint) => {
  const sandbox = start(...args);
  expect(await sandbox.ended).toBe(1);
  expect(sandbox.output).toContain(complaint);
});
