import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { endProcesses, type RunningProcess, startProcess } from './helpers/running-process';

const program = join(__dirname, '..', 'dist', 'main.js');
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-main-'));
});

afterEach(async () => {
  await endProcesses();
  rmSync(directory, { recursive: true });
});

/** Rollcall itself, in an empty directory, on a port that the system chooses. */
function start(env: Record<string, string> = {}, nodeOptions: string[] = []): RunningProcess {
  return startProcess([process.execPath, ...nodeOptions, program], directory, { PORT: '0', ...env });
}

describe('a start', () => {
  it('says where every door is, which database, which 100ms and who may come in; then it is ready and answers', async () => {
    const service = start();
    const url = await service.url();
    const banner = service.output;
    expect(banner).toContain(`${url}/graphql`);
    expect(banner).toContain(`${url.replace('http', 'ws')}/graphql`);
    expect(banner).toContain(`${url}/webhooks/100ms`);
    expect(banner).toMatch(/mongodb:\/\//);
    expect(banner).toMatch(/sandbox/i);
    expect(banner).toMatch(/open/i);
    expect(banner.trimEnd().split('\n').at(-1)).toBe('ready');
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('takes .env from its directory, and the environment before it', async () => {
    writeFileSync(join(directory, '.env'), 'PORT=not-a-port\nDATA_DIR=elsewhere\n');
    const service = start();
    await service.says(/^ready$/m);
    expect(service.output).toContain(encodeURIComponent(join(directory, 'elsewhere')));
  });

  it('warns of names in .env that it does not read, close to a setting or not', async () => {
    writeFileSync(join(directory, '.env'), 'AUTH_SECRT=\nVIDEO_PROVIDER=100ms\n');
    const service = start();
    await service.says(/^ready$/m);
    expect(service.output).toMatch(/^warning: AUTH_SECRT .*AUTH_SECRET/m);
    expect(service.output).toMatch(/^warning: VIDEO_PROVIDER in \.env/m);
  });

  it('opens the embedded database to tools on a port, where one is asked for', async () => {
    const service = start({ DATA_PORT: '0' });
    const [, uri = ''] = await service.says(/(mongodb:\/\/127\.0\.0\.1:\d+)/);
    await service.says(/^ready$/m);
    const tool = await new mongo.MongoClient(uri).connect();
    const names = (await tool.db('rollcall').listCollections().toArray()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['rooms', 'participants']));
    await tool.close();
  });

  it('with settings that are wrong lists them all, without a stack, and ends with 1', async () => {
    const service = start({ PORT: 'x', API_KEY: 'only-half' });
    expect(await service.ended).toBe(1);
    expect(service.output).toContain('PORT must be a whole number from 0 to 65535, and is "x"');
    expect(service.output).toContain('APP_SECRET is not set');
    expect(service.output).not.toMatch(/^ {4}at /m);
  });

  it('on a port that is taken says so, without a stack, and ends with 1', async () => {
    const first = start();
    const port = new URL(await first.url()).port;
    const second = start({ PORT: port, DATA_DIR: 'another' });
    expect(await second.ended).toBe(1);
    expect(second.output).toContain(port);
    expect(second.output).toMatch(/PORT|EADDRINUSE/);
    expect(second.output).not.toMatch(/^ {4}at /m);
  });

  it('on a data directory that cannot be used names DATA_DIR and an example, without a stack, and ends with 1', async () => {
    writeFileSync(join(directory, 'a-file'), '');
    const service = start({ DATA_DIR: 'a-file' });
    expect(await service.ended).toBe(1);
    expect(service.output).toContain(`DATA_DIR "${join(directory, 'a-file')}" cannot be used: `);
    expect(service.output).toMatch(/Example: DATA_DIR=\//);
    expect(service.output).not.toMatch(/^ {4}at /m);
  });

  it('on a data directory that another process has names that process, and ends with 1', async () => {
    const first = start();
    await first.says(/^ready$/m);
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.output).toContain(String(first.pid));
    expect(second.output).toContain(join(directory, '.data'));
    expect(second.output).not.toMatch(/^ {4}at /m);
  });
});

describe('a database that does not answer', () => {
  let silent: Server;
  const sockets = new Set<Socket>();

  beforeEach(async () => {
    silent = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it.each([
    ['because nothing listens there', () => 'mongodb://ana:hunter2@127.0.0.1:1/rollcall'],
    [
      'though something listens',
      () => `mongodb://ana:hunter2@127.0.0.1:${(silent.address() as AddressInfo).port}/rollcall`,
    ],
  ])('%s ends the start with 1, naming MONGO_URI and no credentials', async (_why, uri) => {
    const service = start({ MONGO_URI: uri() });
    expect(await service.ended).toBe(1);
    expect(service.output).toContain('MONGO_URI');
    expect(service.output).not.toContain('hunter2');
    expect(service.output).not.toContain('ready');
    expect(service.output).not.toMatch(/^ {4}at /m);
  });
});

describe('a stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('by %s drains and ends with 0', async (signal) => {
    const service = start();
    await service.says(/^ready$/m);
    service.signal(signal);
    expect(await service.ended).toBe(0);
  });

  it('that comes before it is ready ends with 0, too', async () => {
    const service = start({ MONGO_URI: 'mongodb://127.0.0.1:1/' }, ['--require', planted('stopAtOnce')]);
    expect(await service.ended).toBe(0);
  });

  it('asked for twice does not wait for those who are still being served', async () => {
    const service = start();
    const url = new URL(await service.url());
    const halfAsked = connect(Number(url.port), url.hostname).on('error', () => undefined);
    halfAsked.write(
      'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
    );
    await fetch(`${url.origin}/livez`);
    service.signal('SIGTERM');
    await refuses(url);
    service.signal('SIGTERM');
    expect(await service.ended).toBe(1);
    halfAsked.destroy();
  });

  it('by Ctrl-C under npm, which passes the same signal on, is one stop and not two', async () => {
    const service = start({}, ['--require', planted('interruptTwice')]);
    await service.says(/^ready$/m);
    service.signal('SIGUSR2');
    expect(await service.ended).toBe(0);
  });
});

describe('a mistake in Rollcall itself', () => {
  it.each(['rejectUnheard', 'throwUncaught'])(
    '(%s) is told with its stack, drained, and ends with 1',
    async (bug) => {
      const service = start({}, ['--require', planted(bug)]);
      await service.says(/^ready$/m);
      service.signal('SIGUSR2');
      expect(await service.ended).toBe(1);
      expect(service.output).toContain('A mistake in Rollcall itself: Error: planted');
      expect(service.output).toMatch(/^ {4}at /m);
    },
  );
});

/** A file for --require that brings in what no well-meaning caller could: see each. */
function planted(what: string): string {
  const bodies: Record<string, string> = {
    stopAtOnce: "setImmediate(() => process.kill(process.pid, 'SIGTERM'));",
    interruptTwice:
      "process.on('SIGUSR2', () => { process.emit('SIGINT', 'SIGINT'); process.emit('SIGINT', 'SIGINT'); });",
    rejectUnheard: "process.on('SIGUSR2', () => { Promise.reject(new Error('planted')); });",
    throwUncaught: "process.on('SIGUSR2', () => { throw new Error('planted'); });",
  };
  const file = join(directory, `${what}.cjs`);
  writeFileSync(file, bodies[what] ?? '');
  return file;
}

/** Resolves once nobody listens there any more. */
async function refuses({ port, hostname }: URL): Promise<void> {
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.destroy();
        resolve(true);
      }).on('error', () => resolve(false));
    });
    if (!open) return;
  }
}
