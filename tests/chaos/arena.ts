import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningProcess, startProcess } from '../helpers/running-process';
import { SAMPLE_APP } from '../helpers/webhooks';
import { Crowd, postJson, randomFrom } from './crowd';
import { History, placeOf, type Story } from './history';
import { readStoredState } from './stored-state';
import { type Leave, watchers } from './subscribers';
import { fairWeather, TcpProxy } from './tcp-proxy';

export interface Scenario {
  /** The folder of the built service. */
  readonly dist: string;
  readonly rooms: number;
  /** Acknowledged changes until everybody goes home. */
  readonly events: number;
  readonly subscribers: number;
  /** People with devices, and sessions of 100ms, who come and go at the same time. */
  readonly people: number;
  readonly sessions: number;
  /** How often the network is disturbed: cut, stalled, delayed, sliced. */
  readonly disturbances: number;
  /** Readers that stop reading for most of the time, while updates are so large that the system does not hold them for them. */
  readonly stalls?: boolean;
  /** How often the service is killed with -9 and started again. */
  readonly kills: number;
  /** Subscribers who come, see a little and go, while changes are applied. */
  readonly passersBy: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly seed: number;
  /** How long subscribers may take to be told everything at the end, and passers-by to see something. Default 30. */
  readonly patienceSeconds?: number;
}

export interface Outcome {
  /** What was not as promised. */
  readonly complaints: readonly string[];
  readonly acknowledged: number;
  readonly told: number;
  readonly kills: number;
}

/** A service in a process of its own, a network that misbehaves, a crowd, and subscribers who write down what they are told. */
export async function play(scenario: Scenario): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-chaos-'));
  const arena = new Arena(scenario, directory);
  try {
    return await arena.play();
  } finally {
    await arena.close();
    await rm(directory, { recursive: true, force: true });
  }
}

class Arena {
  private readonly history = new History();
  private readonly random: () => number;
  private readonly leaves: Leave[] = [];
  private service: RunningProcess | undefined;
  private proxy: TcpProxy | undefined;
  private url = '';
  private acknowledged = 0;
  private readonly milestones: { at: number; reached: () => void }[] = [];

  constructor(
    private readonly scenario: Scenario,
    private readonly directory: string,
  ) {
    this.random = randomFrom(scenario.seed);
  }

  async play(): Promise<Outcome> {
    const { scenario, history } = this;
    await this.start();
    const roomIds = await this.createRooms();
    const proxy = await TcpProxy.open(Number(new URL(this.url).port));
    this.proxy = proxy;
    for (let n = 0; n < scenario.subscribers; n += 1) this.subscribe(roomIds[n % roomIds.length] ?? '', n);
    const crowd = new Crowd({
      url: () => this.url,
      roomIds,
      history,
      random: this.random,
      nameOf: (userId) => (this.scenario.stalls ? '🎉'.repeat(120) : `${userId} by name`),
      acknowledged: () => this.count(),
    });
    crowd.start(scenario.people, scenario.sessions);
    const disturbing = this.disturb(proxy);
    const passing = this.passBy(roomIds);
    const killing = this.kill(proxy, crowd, roomIds);
    await Promise.all([disturbing, killing, passing, this.reached(scenario.events)]);
    proxy.weather = fairWeather;
    proxy.resume();
    await crowd.goHome();
    await this.everybodyIsToldAll(roomIds);
    for (const story of history.stories) story.isOver = true;
    for (const leave of this.leaves) leave();
    await this.stop();
    const stored = await readStoredState(this.directory);
    return {
      complaints: history.check(stored),
      acknowledged: this.acknowledged,
      told: history.stories.reduce((sum, { told }) => sum + told.length, 0),
      kills: scenario.kills,
    };
  }

  async close(): Promise<void> {
    for (const leave of this.leaves) leave();
    this.service?.signal('SIGKILL');
    await this.service?.ended;
    await this.proxy?.close();
  }

  private async start(): Promise<void> {
    const { dist, settings = {} } = this.scenario;
    const env = {
      PORT: '0',
      DATA_DIR: this.directory,
      LOG_LEVEL: 'fatal',
      HMS_APP_ID: SAMPLE_APP,
      LIMIT_QUEUE: '16',
      // Large updates come from selecting the same again and again.
      LIMIT_ALIASES: '1000',
      ...settings,
    };
    this.service = startProcess([process.execPath, join(dist, 'main.js')], this.directory, env);
    this.url = await this.service.url();
  }

  private async stop(): Promise<void> {
    this.service?.signal('SIGTERM');
    await this.service?.ended;
    this.service = undefined;
  }

  private async createRooms(): Promise<string[]> {
    const roomIds: string[] = [];
    for (let n = 0; n < this.scenario.rooms; n += 1) {
      const answer = await this.ask(`mutation { createRoom(input: { name: "Room ${n}" }) { id } }`);
      roomIds.push((answer['createRoom'] as { id: string }).id);
    }
    return roomIds;
  }

  private async ask(query: string): Promise<Record<string, unknown>> {
    const { data, errors } = await postJson(`${this.url}/graphql`, { query });
    if (!data) throw new Error(JSON.stringify(errors));
    return data;
  }

  private subscribe(roomId: string, number: number, after?: string): { story: Story; leave: Leave } {
    const watch = watchers[number % watchers.length] ?? watchers[0];
    const name = `${watch.name} ${number}`;
    const story = this.history.begin({ name, roomId, named: number % 2 === 0, ...(after && { after }) });
    const end = watch(this.proxy?.url ?? '', story, this.scenario.stalls ? 100 : 0);
    const leave = () => {
      story.hasLeft = true;
      story.isOver = true;
      end();
    };
    this.leaves.push(end);
    return { story, leave };
  }

  private count(): void {
    this.acknowledged += 1;
    for (const milestone of this.milestones) if (milestone.at <= this.acknowledged) milestone.reached();
  }

  /** Resolves when so many changes are acknowledged. */
  private reached(at: number): Promise<void> {
    if (this.acknowledged >= at) return Promise.resolve();
    return new Promise((resolve) => this.milestones.push({ at, reached: resolve }));
  }

  private async disturb(proxy: TcpProxy): Promise<void> {
    const { disturbances, events } = this.scenario;
    const some = () => this.random() < 0.4;
    if (this.scenario.stalls) {
      await this.reached(events * 0.1);
      proxy.stall(some);
      await this.reached(events * 0.9);
    }
    for (let n = 1; n <= disturbances; n += 1) {
      await this.reached((events * n) / (disturbances + 1));
      proxy.resume();
      const kind = n % 4;
      proxy.weather = kind === 0 ? { delay: 5, slice: 0 } : kind === 1 ? { delay: 0, slice: 7 } : fairWeather;
      if (kind === 2) proxy.stall(some);
      else proxy.cut(some);
    }
    proxy.resume();
  }

  /** Kills the service while the crowd is at it, starts it again, and compares before anybody repairs anything by asking. */
  private async kill(proxy: TcpProxy, crowd: Crowd, roomIds: readonly string[]): Promise<void> {
    const { kills, events } = this.scenario;
    for (let n = 1; n <= kills; n += 1) {
      await this.reached((events * n) / (kills + 1));
      proxy.isRefusing = true;
      this.service?.signal('SIGKILL');
      crowd.gate.close();
      await this.service?.ended;
      proxy.cut(() => true);
      await this.start();
      proxy.target = Number(new URL(this.url).port);
      await this.compareCounts(roomIds, n);
      proxy.isRefusing = false;
      crowd.gate.reopen();
    }
  }

  private async compareCounts(roomIds: readonly string[], kill: number): Promise<void> {
    const { rooms } = (await this.ask('{ rooms(limit: 100) { id participantCount } }')) as {
      rooms: { id: string; participantCount: number }[];
    };
    for (const roomId of roomIds) {
      const { participants } = await this.look(roomId);
      const listed = rooms.find(({ id }) => id === roomId)?.participantCount;
      const present = new Set(participants.map(({ userId }) => userId)).size;
      if (listed !== present) {
        this.history.complaints.push(
          `after kill ${kill} room ${roomId} counts ${listed}, present are ${present}`,
        );
      }
    }
  }

  /** Query, then subscribe after the cursor, a few at a time; half of them begin with a SNAPSHOT instead. */
  private async passBy(roomIds: readonly string[]): Promise<void> {
    const { passersBy } = this.scenario;
    let left = passersBy;
    const one = async () => {
      for (; left > 0; left -= 1) {
        const roomId = roomIds[left % roomIds.length] ?? '';
        const cursor = left % 2 === 0 ? (await this.look(roomId)).cursor : undefined;
        const { story, leave } = this.subscribe(roomId, left, cursor);
        await this.until(() => story.told.length >= 3 || story.failure !== undefined);
        leave();
      }
    };
    await Promise.all(Array.from({ length: Math.min(passersBy, 20) }, one));
  }

  /** Waits until nobody is left in any room, the logs stand still, and every story has come to the end of its room's. */
  private async everybodyIsToldAll(roomIds: readonly string[]): Promise<void> {
    const giveUpAt = Date.now() + this.patience;
    for (let before = ''; Date.now() < giveUpAt; ) {
      const rooms = await Promise.all(roomIds.map((roomId) => this.look(roomId)));
      const heads = new Map(rooms.map(({ cursor }, n) => [roomIds[n], placeOf(cursor).seq]));
      const isAtEnd = ({ hasLeft, failure, told, roomId }: Story) => {
        const last = told.at(-1);
        return hasLeft || failure !== undefined || (last && placeOf(last.cursor).seq === heads.get(roomId));
      };
      const now = JSON.stringify([...heads]);
      const isEmpty = rooms.every(({ participants }) => participants.length === 0);
      if (isEmpty && now === before && this.history.stories.every(isAtEnd)) return;
      before = now;
      // Webhooks that were kept are applied soon after. Whoever never comes to the end is found by the check.
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  private async look(roomId: string): Promise<{ cursor: string; participants: { userId: string }[] }> {
    const { room } = await this.ask(`{ room(id: "${roomId}") { cursor participants { userId } } }`);
    return room as { cursor: string; participants: { userId: string }[] };
  }

  private get patience(): number {
    return (this.scenario.patienceSeconds ?? 30) * 1_000;
  }

  private async until(holds: () => boolean): Promise<boolean> {
    for (const giveUpAt = Date.now() + this.patience; !holds(); ) {
      if (Date.now() >= giveUpAt) return false;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return true;
  }
}
