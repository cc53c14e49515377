import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endProcesses, type RunningProcess, startProcess } from '../helpers/running-process';
import { databaseSettings } from '../helpers/test-database';
import { shown, trials } from '../helpers/trials';
import { deliver, SampleSession, type Webhook } from '../helpers/webhooks';

const kills = trials(10, 200);
const rooms = 3;
const senders = 8;
/** A storm lasts up to so many milliseconds before the process is killed. */
const longestStorm = trials(400, 1_500);

afterEach(endProcesses);

/** What one peer's webhooks met with. Each peer is a user of its own. */
interface Fate {
  readonly roomId: string;
  joined: 'acknowledged' | 'unknown';
  left?: 'acknowledged' | 'unknown';
}

/** Everything that was sent, and what became of it. */
class Storm {
  readonly fates = new Map<string, Fate>();
  acknowledged = 0;
  private readonly sent: Webhook[] = [];

  constructor(private readonly sessions: readonly SampleSession[]) {}

  /** Sends until the door is gone: joins, leaves, and again what was sent before. */
  async rage(url: string, isOver: () => boolean): Promise<void> {
    const send = async () => {
      while (!isOver()) if (!(await this.sendOne(url))) return;
    };
    await Promise.all(Array.from({ length: senders }, send));
  }

  private async sendOne(url: string): Promise<boolean> {
    const dice = Math.random();
    const before = this.sent[Math.floor(Math.random() * this.sent.length)];
    if (before && dice < 0.3) return this.post(url, before);
    const session = this.sessions[Math.floor(Math.random() * this.sessions.length)] as SampleSession;
    const userId = randomUUID();
    const peer = session.peer(userId);
    const fate: Fate = { roomId: session.roomId, joined: 'unknown' };
    this.fates.set(userId, fate);
    const join = peer.joined();
    if (!(await this.post(url, join))) return false;
    fate.joined = 'acknowledged';
    if (dice < 0.5) return true;
    fate.left = 'unknown';
    if (!(await this.post(url, peer.left()))) return false;
    fate.left = 'acknowledged';
    return true;
  }

  private async post(url: string, webhook: Webhook): Promise<boolean> {
    this.sent.push(webhook);
    const answer = await deliver(url, webhook).catch(() => undefined);
    // Only a killed process may leave a webhook without its 200.
    if (!answer) return false;
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    this.acknowledged += 1;
    return true;
  }
}

async function ask<T>(url: string, query: string): Promise<T> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

async function expectEverything(url: string, storm: Storm, roomIds: readonly string[]): Promise<void> {
  for (const roomId of roomIds) {
    const fields = 'participantCount participants(active: true) { userId }';
    const { room } = await ask<{ room: { participantCount: number; participants: { userId: string }[] } }>(
      url,
      `{ room(id: "${roomId}") { ${fields} } }`,
    );
    const here = room.participants.map(({ userId }) => userId);
    expect(new Set(here).size).toBe(here.length);
    expect(room.participantCount).toBe(here.length);
    const present = new Set(here);
    const wrong = [...storm.fates].filter(([userId, fate]) => {
      if (fate.roomId !== roomId) return false;
      if (fate.left === 'acknowledged') return present.has(userId);
      return fate.joined === 'acknowledged' && fate.left === undefined && !present.has(userId);
    });
    expect(wrong).toEqual([]);
    const strangers = here.filter((userId) => storm.fates.get(userId)?.roomId !== roomId);
    expect(strangers).toEqual([]);
  }
}

it(`keeps every acknowledged webhook, once, over ${kills} times kill -9 in a storm`, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'storm-'));
  const root = join(__dirname, '..', '..');
  const start = () =>
    startProcess(['node', join(root, 'dist', 'main.js')], directory, {
      PORT: '0',
      DATA_DIR: directory,
      LOG_LEVEL: 'fatal',
      ...databaseSettings(directory),
    });
  const kill = async (service: RunningProcess) => {
    service.signal('SIGKILL');
    await service.ended;
  };
  let service = start();
  let url = await service.url();
  const roomIds: string[] = [];
  for (let i = 0; i < rooms; i += 1) {
    const { createRoom } = await ask<{ createRoom: { id: string } }>(
      url,
      'mutation { createRoom(input: { name: "Storm" }) { id } }',
    );
    roomIds.push(createRoom.id);
  }
  let acknowledged = 0;
  for (let round = 0; round < kills; round += 1) {
    // A storm of its own each time, so that a room's list of people stays readable in one answer.
    const storm = new Storm(roomIds.map((roomId) => new SampleSession(roomId)));
    let isOver = false;
    const raging = storm.rage(url, () => isOver);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * longestStorm));
    await kill(service);
    isOver = true;
    await raging;
    service = start();
    url = await service.url();
    await expectEverything(url, storm, roomIds);
    acknowledged += storm.acknowledged;
    for (const roomId of roomIds) {
      await ask(url, `mutation { endRoom(input: { roomId: "${roomId}" }) { participantCount } }`);
    }
  }
  expect(acknowledged).toBeGreaterThan(kills);
  shown(
    'every webhook that got its 200 survives kill -9, and counts once',
    `${kills} kills, ${acknowledged} acknowledged, 0 lost, 0 twice`,
  );
  await kill(service);
  await rm(directory, { recursive: true, force: true });
}, 3_600_000);
