import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodejs from 'node:process';
import type { Story } from '../chaos/history';
import { watchers } from '../chaos/subscribers';
import { CreateRoomDocument, JoinRoomDocument } from '../generated/operations';
import { Balancer } from '../helpers/balancer';
import { post } from '../helpers/clients';
import { endProcesses, startProcess } from '../helpers/running-process';
import { openSharedDatabase } from '../helpers/test-database';

const program = join(__dirname, '..', '..', 'dist', 'main.js');
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-rolling-'));
});

afterEach(async () => {
  await endProcesses();
  rmSync(directory, { recursive: true });
});

it('a rolling restart behind a balancer fails no request, and the clients of the helpers miss nothing', async () => {
  await using database = await openSharedDatabase();
  const env = { MONGO_URI: database.uri, DRAIN_GRACE_SECONDS: '1' };
  const startInstance = async (name: string) => {
    const settings = { ...env, PORT: '0', LOG_LEVEL: 'fatal', DATA_DIR: join(directory, name) };
    const process = startProcess([nodejs.execPath, program], directory, settings);
    return { process, url: await process.url() };
  };
  const instances = [await startInstance('a'), await startInstance('b')];
  await using balancer = await Balancer.open(instances.map(({ url }) => url));
  const roomId = (await post(balancer.url, CreateRoomDocument, { input: { name: 'Stand-up' } })).data
    .createRoom.id;
  const stories = watchers.map((watch, n): { story: Story; leave: () => void } => {
    const story: Story = {
      name: watch.name,
      roomId,
      named: n % 2 === 0,
      told: [],
      absences: [],
      hasLeft: false,
      isOver: false,
    };
    return { story, leave: watch(balancer.url, story, 0) };
  });
  const told = (action: string, count: number) =>
    new Promise<void>((resolve) => {
      const hasHeard = ({ story }: { story: Story }) =>
        story.told.filter((update) => update.action === action).length >= count;
      const look = () => (stories.every(hasHeard) ? resolve() : setTimeout(look, 5));
      look();
    });
  await told('SNAPSHOT', 1);

  let isOver = false;
  const joined: string[] = [];
  const failures: unknown[] = [];
  const load = async (name: string) => {
    for (let n = 0; !isOver; n += 1) {
      const userId = `${name}-${n}`;
      const answer = await post(balancer.url, JoinRoomDocument, { input: { roomId, userId } }).catch(
        (error: unknown) => ({
          errors: error,
        }),
      );
      if (answer.errors) failures.push(answer.errors);
      else joined.push(userId);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const loads = ['ana', 'bo', 'cy'].map(load);
  for (const [n, { process }] of instances.entries()) {
    process.signal('SIGTERM');
    expect(await process.ended).toBe(0);
    balancer.instances[n] = (await startInstance(`again-${n}`)).url;
  }
  isOver = true;
  await Promise.all(loads);

  await told('JOINED', joined.length);
  expect(failures).toEqual([]);
  for (const { story, leave } of stories) {
    story.isOver = true;
    leave();
    expect(story.failure).toBeUndefined();
    const [first, ...rest] = story.told.filter(({ action }) => action !== 'CAUGHT_UP');
    expect(first?.action).toBe('SNAPSHOT');
    expect(rest.map(({ userId }) => userId).sort()).toEqual([...joined].sort());
    expect(rest.map(({ participantCount }) => participantCount)).toEqual(joined.map((_, n) => n + 1));
  }
  await endProcesses();
});
