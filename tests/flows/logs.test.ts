import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcesses, startProcess } from '../helpers/running-process';
import { FrameWatcher } from '../helpers/sockets';
import { databaseSettings } from '../helpers/test-database';

const program = join(__dirname, '..', '..', 'dist', 'main.js');
const key = 'a-service-key-that-nobody-may-read-in-a-log';

it('are lines of JSON that find a request by its id and an operation by its socket, and hold no login', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-logs-'));
  const service = startProcess([process.execPath, program], directory, {
    ...{ PORT: '0', LOG_LEVEL: 'debug', AUTH: 'off', SERVICE_KEYS: key },
    ...databaseSettings(directory),
  });
  const url = await service.url();
  const headers = { authorization: `Bearer ${key}`, 'x-request-id': 'one-of-mine' };
  await fetch(`${url}/rooms`, { headers });
  const watcher = await FrameWatcher.open(`${url.replace('http', 'ws')}/graphql`, key);
  watcher.send({
    id: '1',
    type: 'subscribe',
    payload: { query: 'subscription { participantUpdates(roomId: "none") { action } }' },
  });
  const refused = JSON.parse(await watcher.first((frame) => frame.includes('ROOM_NOT_FOUND')));
  watcher[Symbol.dispose]();
  await service.says(/a socket closed/);
  service.signal('SIGTERM');
  expect(await service.ended).toBe(0);

  const lines = service.output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  const answered = lines.find(({ requestId }) => requestId === 'one-of-mine');
  expect(answered).toMatchObject({ door: 'rest', statusCode: 200, level: 20 });
  const opened = lines.find(({ msg, kind }) => msg === 'a socket opened' && kind === 'graphql');
  const closed = lines.find(({ msg, kind }) => msg === 'a socket closed' && kind === 'graphql');
  expect(closed).toMatchObject({ connectionId: opened.connectionId, code: 1006 });
  const [error] = refused.payload.errors ?? refused.payload;
  expect(error.extensions.requestId.startsWith(`${opened.connectionId}.`)).toBe(true);
  expect(service.output).not.toContain(key);
  await endProcesses();
  rmSync(directory, { recursive: true });
});
