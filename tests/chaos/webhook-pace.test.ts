import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateRoomDocument, WhoIsThereDocument } from '../generated/operations';
import { post } from '../helpers/clients';
import { endProcesses, startProcess } from '../helpers/running-process';
import { databaseSettings } from '../helpers/test-database';
import { shown, trials } from '../helpers/trials';
import { deliver, SampleSession } from '../helpers/webhooks';

const perSecond = 200;
const seconds = trials(3, 60);
/** In milliseconds: a process that was just started is slower for so long. */
const COLD = 15_000;

afterEach(endProcesses);

/** In a process of its own: whoever posts must not take the time of whoever answers. */
async function startService(directory: string): Promise<string> {
  const program = join(__dirname, '..', '..', 'dist', 'main.js');
  const env = { PORT: '0', DATA_DIR: directory, LOG_LEVEL: 'fatal', ...databaseSettings(directory) };
  return startProcess([process.execPath, program], directory, env).url();
}

it(`takes ${perSecond} webhooks a second, and has applied all of them`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-pace-'));
  const url = await startService(directory);
  const roomIds: string[] = [];
  for (let i = 0; i < 10; i += 1) {
    roomIds.push((await post(url, CreateRoomDocument, { input: { name: 'Busy' } })).data.createRoom.id);
  }
  const sessions = roomIds.map((roomId) => new SampleSession(roomId));
  const waits: { readonly since: number; readonly ms: number }[] = [];
  const answers: Promise<unknown>[] = [];
  const start = performance.now();
  for (let i = 0; i < perSecond * seconds; i += 1) {
    const due = start + (i * 1_000) / perSecond;
    const ahead = due - performance.now();
    if (ahead > 1) await new Promise((resolve) => setTimeout(resolve, ahead));
    // Every second one leaves again, so that a room keeps a size that rooms have.
    const session = sessions[Math.floor(i / 2) % sessions.length] as SampleSession;
    const userId = `user-${Math.floor(i / 2)}`;
    const peer = session.peer(userId, 'guest', `peer-of-${userId}`);
    const sentAt = performance.now();
    const answer = deliver(url, i % 2 === 0 ? peer.joined() : peer.left()).then(({ status }) => {
      expect(status).toBe(200);
      waits.push({ since: sentAt - start, ms: performance.now() - sentAt });
    });
    answers.push(answer);
  }
  await Promise.all(answers);
  const percentile = (share: number, after = 0) => {
    const taken = waits.filter(({ since }) => since >= after).map(({ ms }) => ms);
    return Math.round(taken.sort((a, b) => a - b)[Math.floor(taken.length * share)] ?? 0);
  };
  const warm = percentile(0.99, COLD);
  shown(
    `${perSecond} webhooks a second`,
    `${waits.length} × 200, p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms, p99 once warm ${warm} ms, applied all`,
  );
  // Everybody has come and gone: what was told has been applied when nobody is left.
  for (const id of roomIds) {
    for (;;) {
      const { room } = (await post(url, WhoIsThereDocument, { id })).data;
      if (room?.participantCount === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await endProcesses();
  await rm(directory, { recursive: true, force: true });
}, 600_000);
