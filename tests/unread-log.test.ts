import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcesses, type RunningProcess, startProcess } from './helpers/running-process';

const program = join(__dirname, '..', 'dist', 'main.js');
const REQUESTS = 100;
/** Lines of 1 KiB: more than the kernel buffers between two processes, and less than the process keeps in memory. */
const LINES = 700;
const MIB = 1_024 * 1_024;
/** Loaded into the process: at SIGHUP it logs the next `LINES` lines, numbered, and says so on standard output; at SIGUSR2 it has a bug. */
const preload = `
  const { standardError } = require(${JSON.stringify(join(program, '..', 'observability', 'standard-error.js'))});
  process.stdout.write('preloaded in ' + process.pid + '\\n');
  let n = 0;
  process.on('SIGHUP', () => {
    for (const end = n + ${LINES}; n < end; n += 1) standardError().write(JSON.stringify({ line: n, filler: '.'.repeat(1000) }) + '\\n');
    process.stdout.write('logged ' + n + ' lines\\n');
  });
  process.on('SIGUSR2', () => {
    throw new Error('thrown by the test');
  });
`;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-log-'));
  writeFileSync(join(directory, 'preload.cjs'), preload);
});

afterEach(async () => {
  await endProcesses();
  rmSync(directory, { recursive: true });
});

/** Node's own children have a socket as standard error. A shell connects them with a pipe, here to `cat`, which blocks in its turn. */
const outputs = {
  socket: [process.execPath, program],
  pipe: ['/bin/sh', '-c', '{ "$0" "$1" 2>&1 >&3 | cat >&2; } 3>&1', process.execPath, program],
} as const;

/** The service, and a way to send a signal to its own process, which is not the shell's. */
async function start(output: keyof typeof outputs = 'socket') {
  const env = { PORT: '0', LOG_LEVEL: 'debug', NODE_OPTIONS: `--require=${join(directory, 'preload.cjs')}` };
  const service = startProcess(outputs[output], directory, env);
  const url = await service.url();
  const [, pid] = await service.says(/^preloaded in (\d+)$/m);
  service.pauseErrors();
  return { service, url, pid: Number(pid) };
}

/** Has the process log more, until it has logged `times` × `LINES` lines. */
async function logLines(service: RunningProcess, pid: number, times: number): Promise<void> {
  for (let time = 1; time <= times; time += 1) {
    process.kill(pid, 'SIGHUP');
    await service.says(new RegExp(`logged ${time * LINES} lines`));
  }
}

/** Sends requests one after another on one connection, with their number as id, which the log has, too; resolves once all are answered. */
async function sendRequests(url: string, from: number, count: number): Promise<void> {
  const { port, host } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  const request = (n: number) =>
    `GET /livez HTTP/1.1\r\nhost: ${host}\r\nx-request-id: ${idOf(n)}\r\nconnection: ${n === from + count - 1 ? 'close' : 'keep-alive'}\r\n\r\n`;
  socket.write(Array.from({ length: count }, (_, n) => request(from + n)).join(''));
  let answers = 0;
  for await (const part of socket) answers += String(part).split('HTTP/1.1 200').length - 1;
  expect(answers).toBe(count);
}

function idOf(n: number): string {
  return `request-${String(n).padStart(56, '0')}`;
}

/** The requests of `sendRequests` that the log has, in its order. */
function requestsIn(output: string): number[] {
  return [...output.matchAll(/"requestId":"request-(\d+)"/g)].map(([, n]) => Number(n));
}

async function droppedLines(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^log_lines_dropped_total (\d+)$/m.exec(text)?.[1]);
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, n) => from + n);
}

/** The numbers of the lines of `logLines`, in the order of the log. */
function linesIn(output: string): number[] {
  return [...output.matchAll(/"line":(\d+)/g)].map(([, n]) => Number(n));
}

describe.each(['socket', 'pipe'] as const)('while standard error is a %s that is not read', (output) => {
  it('requests are answered, and every line is there in order once it is read', async () => {
    const { service, url, pid } = await start(output);
    await logLines(service, pid, 1);
    await sendRequests(url, 0, REQUESTS);
    expect(await droppedLines(url)).toBe(0);
    service.resumeErrors();
    await service.says(new RegExp(idOf(REQUESTS - 1)));
    expect(linesIn(service.output)).toEqual(numbers(0, LINES));
    expect(requestsIn(service.output)).toEqual(numbers(0, REQUESTS));
  });

  it('what does not fit into memory is dropped and counted, and one warning says so once it is read', async () => {
    const { service, url, pid } = await start(output);
    await logLines(service, pid, 5);
    await sendRequests(url, 0, REQUESTS);
    expect(await droppedLines(url)).toBeGreaterThan(LINES);
    service.resumeErrors();
    const [, dropped] = await service.says(/"level":40,.*"dropped":(\d+),/);
    expect(await droppedLines(url)).toBe(Number(dropped));
    await sendRequests(url, REQUESTS, 1);
    await service.says(new RegExp(idOf(REQUESTS)));

    const kept = linesIn(service.output);
    expect(kept).toEqual(numbers(0, kept.length));
    expect(kept.length).toBeGreaterThan(LINES);
    // All requests, and the one for the count, came after the first dropped line.
    expect(kept.length + Number(dropped)).toBe(5 * LINES + REQUESTS + 1);
    expect(requestsIn(service.output)).toEqual([REQUESTS]);
    expect(service.output.match(/"dropped":/g)).toHaveLength(1);
    expect(service.output.length).toBeLessThan(3 * MIB);
  });
});

describe('an end', () => {
  it('at SIGTERM loses no line that waits for its reader', async () => {
    const { service, url, pid } = await start();
    await logLines(service, pid, 1);
    await sendRequests(url, 0, REQUESTS);
    service.signal('SIGTERM');
    service.resumeErrors();
    expect(await service.ended).toBe(0);
    expect(linesIn(service.output)).toEqual(numbers(0, LINES));
    expect(requestsIn(service.output)).toEqual(numbers(0, REQUESTS));
  });

  it('at SIGTERM comes although standard error is not read', async () => {
    const { service, pid } = await start();
    await logLines(service, pid, 5);
    service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
  });

  it('after a bug has its stack behind all lines that wait', async () => {
    const { service, pid } = await start();
    await logLines(service, pid, 5);
    service.signal('SIGUSR2');
    service.resumeErrors();
    expect(await service.ended).toBe(1);
    const kept = linesIn(service.output);
    expect(kept).toEqual(numbers(0, kept.length));
    expect(service.output).toMatch(/A mistake in Rollcall itself: Error: thrown by the test/);
  });

  it('after a bug comes although standard error is not read', async () => {
    const { service, pid } = await start();
    await logLines(service, pid, 5);
    service.signal('SIGUSR2');
    expect(await service.exited).toBe(1);
  });
});
