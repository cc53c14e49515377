import { appendFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cloneHere, runInClone } from '../helpers/clone';
import { masked, stepsOfReadme } from '../helpers/readme';
import { endProcesses, startProcess } from '../helpers/running-process';

// An install from npm's cache and a compile, on a machine that is busy with other tests.
jest.setTimeout(300_000);

let clone: string;

beforeAll(() => {
  clone = cloneHere();
});

afterEach(endProcesses);
afterAll(() => rmSync(clone, { recursive: true, force: true }));

/** No settings, but a port that is surely free. */
const inClone = (commands: string) => runInClone(clone, commands, { PORT: '0' });

async function roomNames(url: string): Promise<string[]> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ rooms { name } }' }),
  });
  const { data } = (await response.json()) as { data: { rooms: { name: string }[] } };
  return data.rooms.map(({ name }) => name);
}

it('runs by the README’s command, and everything in the README’s tour prints what the README says', async () => {
  const [run] = stepsOfReadme('Run');
  const service = inClone(run?.commands ?? '');
  const url = await service.url();
  const sawBanner = masked(service.output);
  for (const line of lines(run?.prints)) expect(sawBanner).toContain(line);

  const terminal = startProcess(['bash', '-s'], clone);
  for (const { commands, prints } of stepsOfReadme('A first tour')) {
    const start = terminal.output.length;
    terminal.write(commands.replaceAll('http://127.0.0.1:3000', url));
    // Every documented line, whichever comes first: the watcher prints from the background.
    for (const line of lines(prints)) await terminal.says(patternOf(line), start);
  }
});

it('has the room still after kill -9, without building again what is built', async () => {
  // `endProcesses`, after the test before, sent it just that.
  const service = inClone('exec npm start');
  expect(await roomNames(await service.url())).toEqual(['Morning standup']);
  expect(service.output).not.toContain('building');
});

it('stops with npm, and npm says 0', async () => {
  const service = inClone('exec npm start');
  await service.says(/^ready$/m);
  service.signal('SIGTERM');
  expect(await service.ended).toBe(0);
});

it('builds again when a source has changed, and leaves nothing behind of one that is gone', async () => {
  appendFileSync(join(clone, 'src', 'main.ts'), '// changed\n');
  writeFileSync(join(clone, 'dist', 'of-a-deleted-source.js'), '');
  const service = inClone('exec npm start');
  await service.says(/^building/m);
  await service.says(/^ready$/m);
  expect(existsSync(join(clone, 'dist', 'of-a-deleted-source.js'))).toBe(false);
});

it('does not start what does not compile, and keeps the last good build', async () => {
  appendFileSync(join(clone, 'src', 'main.ts'), 'this is not TypeScript\n');
  const service = inClone('exec npm start');
  expect(await service.ended).toBe(1);
  expect(service.output).toContain('The build failed');
  expect(existsSync(join(clone, 'dist', 'main.js'))).toBe(true);
});

/** The documented lines, without those that an interactive shell adds for jobs. */
function lines(text = ''): string[] {
  return masked(text)
    .split('\n')
    .filter((line) => line !== '' && !/^\[\d\] /.test(line));
}

/** Finds a documented line in what was printed, whatever stands in the places that differ from run to run. */
function patternOf(line: string): RegExp {
  const escaped = line.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\b(TOKEN|TIME|ID|HERE)\b/g, '[\\w.:-]+')}$`, 'm');
}
