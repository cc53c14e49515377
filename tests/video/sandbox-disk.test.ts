import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HmsService } from '../../src/video/hms.service';
import { openSandbox } from '../../src/video/sandbox';
import { endProcesses, type RunningProcess, startProcess } from '../helpers/running-process';
import { startReceiver } from './webhook-receiver';

const program = join(__dirname, '..', '..', 'scripts', 'sandbox.mjs');
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-sandbox-'));
});
afterEach(async () => {
  await endProcesses();
  rmSync(directory, { recursive: true, force: true });
});

/** A sandbox on a disk of 1 MB, which only it can see, a fifth of it taken. Undefined where this system lets us make none. */
function startOnSmallDisk(): RunningProcess | undefined {
  const take = `dd if=/dev/zero of='${directory}/ballast' bs=1024 count=200 status=none`;
  const mount = `mount -t tmpfs -o size=1m,mode=700 none '${directory}' && ${take}`;
  const own = ['--user', '--map-root-user', '--mount', 'sh', '-c'];
  try {
    execFileSync('unshare', [...own, mount], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return startProcess(['unshare', ...own, `${mount} && ${command()}`], tmpdir());
}

/** A sandbox that may write no file above 1 MB: fails at the same places, with another error of the system. */
function startWithSmallFiles(): RunningProcess {
  return startProcess(['sh', '-c', `ulimit -f 2000 && ${command()}`], tmpdir());
}

const command = () => `exec '${process.execPath}' '${program}' --port 0 --directory '${directory}'`;

async function read(sandbox: RunningProcess) {
  await sandbox.says(/^ready$/m);
  const said = async (what: string) => (await sandbox.says(new RegExp(`${what} +(\\S+)`)))[1] ?? '';
  const keys = { accessKey: await said('access key'), secret: await said('app secret') };
  return { keys, apiUrl: await said('API'), controlUrl: await said('control') };
}

async function control(url: string, method: string, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(url, { method, headers, body: JSON.stringify(body) })).status;
}

const description = 'x'.repeat(100_000);

it.each([
  ['a disk that is full', startOnSmallDisk],
  ['a file that may not grow', startWithSmallFiles],
])(
  'on %s says 500 and goes on: what it answered with 200 is there, people leave, webhooks go out',
  async (_what, start) => {
    const sandbox = start();
    if (!sandbox) return;
    await using receiver = await startReceiver();
    const { controlUrl, ...at } = await read(sandbox);
    const hms = new HmsService({ ...at, pause: async () => undefined, breakAfter: 1_000_000 });
    expect(await control(`${controlUrl}/webhook`, 'PUT', { url: receiver.url })).toBe(200);
    const roomId = (await hms.createRoom({ name: 'first' })).id;
    const joining = { room_id: roomId, user_id: 'ana', role: 'host', peer_id: 'ana-1' };
    expect(await control(`${controlUrl}/peers`, 'POST', joining)).toBe(200);

    const kept: string[] = [];
    const fill = async () => {
      for (let n = 0; n < 50; n += 1) {
        await hms.createRoom({ name: `room-${n}`, description });
        kept.push(`room-${n}`);
      }
    };
    await expect(fill()).rejects.toMatchObject({
      status: 500,
      upstreamDetails: ['the sandbox cannot write to its directory'],
    });
    expect(kept.length).toBeGreaterThan(3);
    expect(await sandbox.says(/cannot write to its directory: .*/)).toBeDefined();

    expect(await hms.getRoom(roomId)).toMatchObject({ name: 'first' });
    // Answered 500, and it happens all the same, with its webhook: as at a server whose answer was lost.
    expect(await control(`${controlUrl}/peers/ana-1/leave`, 'POST', {})).toBe(500);
    await receiver.received.first(({ body }) => body.type === 'peer.leave.success');
    expect(await hms.activePeers(roomId)).toBeUndefined();
    if (start === startWithSmallFiles) {
      sandbox.signal('SIGKILL');
      await sandbox.ended;
      const again = await read(startProcess(['sh', '-c', command()], tmpdir()));
      const after = new HmsService(again);
      for (const name of kept) expect(await after.rooms.named(name)).toMatchObject({ description });
      return;
    }
    rmSync(`/proc/${sandbox.pid}/root${directory}/ballast`);
    // Room is made: everything is written anew, what was answered with 500 included.
    for (const name of kept) {
      const room = await hms.rooms.named(name);
      await hms.updateRoom(room?.id ?? '', { description: '' }).catch(() => undefined);
    }
    for (;;) if (await hms.createRoom({ name: 'last' }).catch(() => undefined)) break;
    const lines = readFileSync(`/proc/${sandbox.pid}/root${directory}/journal.jsonl`, 'utf8');
    expect(lines).toMatch(/"name":"last"/);
    expect(lines).toMatch(/"id":"ana-1".*"left_at"/);
  },
);

it('does not start where another one has the directory, says so, and leaves that one alone', async () => {
  await using first = await openSandbox({ directory });
  await expect(openSandbox({ directory })).rejects.toThrow(`Another sandbox works in ${directory}`);
  const second = startProcess(['sh', '-c', command()], tmpdir());
  expect(await second.ended).toBe(1);
  expect(second.output).toContain(`Another sandbox works in ${directory}`);
  const hms = new HmsService({ keys: first.keys, apiUrl: first.apiUrl });
  expect(await hms.createRoom({ name: 'mine' })).toMatchObject({ name: 'mine' });
});

it.each([
  ['a file', () => writeFileSync(join(directory, 'place'), 'not a directory')],
  [
    'a directory whose files are none',
    () => mkdirSync(join(directory, 'place', 'in-use'), { recursive: true }),
  ],
])('does not start in %s, and says why', async (_what, make) => {
  make();
  const place = join(directory, 'place');
  await expect(openSandbox({ directory: place })).rejects.toThrow(
    `The sandbox cannot use the directory ${place}`,
  );
  rmSync(place, { recursive: true });
  await (await openSandbox({ directory: place })).close();
});

it('takes the directory over from one that was killed or closed', async () => {
  const first = startProcess(['sh', '-c', command()], tmpdir());
  const { keys } = await read(first);
  first.signal('SIGKILL');
  await first.ended;
  const second = await openSandbox({ directory });
  expect(second.keys).toEqual(keys);
  await second.close();
  await (await openSandbox({ directory })).close();
});

describe('a journal that is not one', () => {
  const garbage = {
    'no JSON': '{"in":"rooms","id":"r1"}\nnot json\n',
    'no document': '{"in":"rooms","id":"r1"}\n17\n',
  };

  it.each(Object.entries(garbage))(
    '(%s) stops the start with the name of the file and the line',
    async (_name, text) => {
      const place = join(directory, 'sandbox');
      mkdirSync(place);
      const file = join(place, 'journal.jsonl');
      writeFileSync(file, text);
      const main = join(__dirname, '..', '..', 'dist', 'main.js');
      const alone = startProcess([process.execPath, program, '--port', '0', '--directory', place], tmpdir());
      const service = startProcess([process.execPath, main], directory, { PORT: '0', DATA_DIR: directory });
      for (const started of [alone, service]) {
        expect(await started.ended).toBe(1);
        expect(started.output).toContain(`cannot read ${file}: line 2`);
        expect(started.output).not.toMatch(/^ {4}at /m);
      }
      // Nothing of it is lost.
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );
});
