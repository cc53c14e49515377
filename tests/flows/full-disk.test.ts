import { join } from 'node:path';
import { startService } from '../../src/app';
import { readConfig } from '../../src/config';
import { CreateRoomDocument, JoinRoomDocument, RoomsDocument } from '../generated/operations';
import { post } from '../helpers/clients';
import { RawSocket } from '../helpers/raw-socket';
import { endProcesses, startProcess } from '../helpers/running-process';
import { canMount, openSmallDisk, type SmallDisk } from '../helpers/small-disk';

/** The database is the subject: it is the embedded one, whatever database the other tests run on. */
const itOnDisk = canMount ? it : it.skip;
const why = canMount ? '' : ' (skipped: this process may not mount a file system)';

afterEach(endProcesses);

function startOn({ directory }: SmallDisk) {
  return startService(
    readConfig({ PORT: '0', DATA_DIR: directory, LOG_LEVEL: 'fatal', RECONCILE_SECONDS: '0' }),
  );
}

async function database(url: string) {
  const response = await fetch(`${url}/readyz`);
  const { ready, checks } = (await response.json()) as {
    ready: boolean;
    checks: Record<string, { status: string; message?: string }>;
  };
  return { answer: [response.status, ready], ...checks['database'] };
}

itOnDisk(
  `answers UNAVAILABLE and is not ready while the disk is full, keeps what it acknowledged, and recovers${why}`,
  async () => {
    using disk = openSmallDisk(24);
    await using service = await startOn(disk);
    const { url } = service;
    const { data } = await post(url, CreateRoomDocument, { input: { name: 'Stand-up' } });
    const roomId = data.createRoom.id;
    await using raw = await RawSocket.open(url);
    disk.fill();

    const join = (userId: string) => post(url, JoinRoomDocument, { input: { roomId, userId } });
    let acknowledged = 0;
    for (;;) {
      const { errors } = await join(`user-${acknowledged}`);
      if (errors) {
        expect(errors[0]?.extensions).toMatchObject({ code: 'UNAVAILABLE', retryAfter: 1 });
        break;
      }
      acknowledged += 1;
      const { data: shown } = await post(url, RoomsDocument, { limit: 10 });
      expect(shown.rooms).toMatchObject([{ id: roomId, participantCount: acknowledged }]);
    }
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ role: 'guest', userId: 'over-rest' });
    const rest = await fetch(`${url}/rooms/${roomId}/token`, { method: 'POST', headers, body });
    expect([rest.status, await rest.json()]).toMatchObject([503, { error: { code: 'UNAVAILABLE' } }]);
    raw.send('join', { roomId, userId: 'over-raw' });
    expect(await raw.nth('error', 1)).toMatchObject({ code: 'UNAVAILABLE' });
    for (;;) {
      const found = await database(url);
      if (found.status === 'failed') {
        expect(found.answer).toEqual([503, false]);
        expect(found.message).toMatch(/stores nothing: its disk is full.*DATA_DIR/);
        break;
      }
    }
    const { data: listed } = await post(url, RoomsDocument, { limit: 10 });
    expect(listed.rooms).toMatchObject([{ id: roomId, participantCount: acknowledged }]);

    disk.free();
    for (;;) if ((await database(url)).status === 'ok') break;
    expect((await join('after')).errors).toBeUndefined();
  },
);

itOnDisk(
  `ends a start on a full disk with 1, naming DATA_DIR, the directory and an example${why}`,
  async () => {
    using disk = openSmallDisk(1);
    disk.fill();
    const program = join(__dirname, '..', '..', 'dist', 'main.js');
    const start = (DATA_DIR: string) =>
      startProcess([process.execPath, program], disk.directory, { PORT: '0', DATA_DIR });
    const process_ = start(disk.directory);
    expect(await process_.ended).toBe(1);
    expect(process_.output).toContain(`DATA_DIR "${disk.directory}" cannot be used: `);
    expect(process_.output).toMatch(/Example: DATA_DIR=\//);
    expect(process_.output).not.toMatch(/^ {4}at /m);
  },
);
