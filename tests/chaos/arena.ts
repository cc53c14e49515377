import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crowd, postJson, randomFrom } from './crowd';
import { History, placeOf, type Story } from './history';
import { OneProcess, SeveralInstances, type Stage } from './stages';
import { type Leave, watchers } from './subscribers';
import { fairWeather, TcpProxy } from './tcp-proxy';
import { killSome, rollOver, troubleRedis } from './troubles';

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
  /** How long they wait before each change, in milliseconds at most. Default 0. */
  readonly pauses?: number;
  /** How often the network is disturbed: cut, stalled, delayed, sliced. */
  readonly disturbances: number;
  /** Readers that stop reading for most of the time, while updates are so large that the system does not hold them for them. */
  readonly stalls?: boolean;
  /** Undefined: one process. Otherwise so many, behind nginx, on one database and one Redis. */
  readonly instances?: number;
  /** How often the service, or one of the instances, is killed with -9 and started again. */
  readonly kills: number;
  /** How often all instances are restarted, one after the other. */
  readonly rollovers?: number;
  /** How often Redis is killed, stopped, flushed or fed garbage. */
  readonly redisTroubles?: number;
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
  /** Requests that got no answer, or one that passes, each with what was said. */
  readonly failures: readonly string[];
  /** How long subscribers were without a connection, each time, in milliseconds, the longest last. */
  readonly absences: readonly number[];
}

/** A service in processes of its own, a network that misbehaves, a crowd, and subscribers who write down what they are told. */
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
  private readonly failures: string[] = [];
  private stage: Stage | undefined;
  private proxy: TcpProxy | undefined;
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
    const stage = await this.open();
    this.stage = stage;
    const roomIds = await this.createRooms();
    const proxy = await TcpProxy.open(Number(new URL(stage.url).port));
    this.proxy = proxy;
    for (let n = 0; n < scenario.subscribers; n += 1) this.subscribe(roomIds[n % roomIds.length] ?? '', n);
    const crowd = new Crowd({
      url: () => stage.url,
      roomIds,
      history,
      random: this.random,
      nameOf: (userId) => (this.scenario.stalls ? '🎉'.repeat(120) : `${userId} by name`),
      pauses: scenario.pauses ?? 0,
      acknowledged: () => this.count(),
      failed: (error) => this.failures.push(String(error)),
    });
    crowd.start(scenario.people, scenario.sessions);
    const disturbing = this.disturb(proxy);
    const passing = this.passBy(roomIds);
    const troubling =
      stage instanceof SeveralInstances ? this.trouble(stage) : this.kill(stage, proxy, crowd, roomIds);
    await Promise.all([disturbing, troubling, passing, this.reached(scenario.events)]);
    proxy.weather = fairWeather;
    proxy.resume();
    await crowd.goHome();
    await this.everybodyIsToldAll(roomIds);
    for (const story of history.stories) story.isOver = true;
    for (const leave of this.leaves) leave();
    return {
      complaints: history.check(await stage.storedState()),
      acknowledged: this.acknowledged,
      told: history.stories.reduce((sum, { told }) => sum + told.length, 0),
      failures: this.failures,
      absences: history.stories.flatMap(({ absences }) => absences).sort((a, b) => a - b),
    };
  }

  async close(): Promise<void> {
    for (const leave of this.leaves) leave();
    await this.stage?.close();
    await this.proxy?.close();
  }

  private async open(): Promise<OneProcess | SeveralInstances> {
    const { instances } = this.scenario;
    if (instances !== undefined) return SeveralInstances.open(instances, this.scenario);
    const one = new OneProcess(this.scenario, this.directory);
    // Known before it is up, so that it is ended even if that fails.
    this.stage = one;
    await one.start();
    return one;
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
    const { data, errors } = await postJson(`${this.stage?.url}/graphql`, { query });
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

  /** What befalls several instances, all of it at the same time. */
  private async trouble({ fleet }: SeveralInstances): Promise<void> {
    const { kills, rollovers = 0, redisTroubles = 0 } = this.scenario;
    await Promise.all([
      killSome(fleet, kills, this.random),
      rollOver(fleet, rollovers),
      troubleRedis(fleet.redis, redisTroubles),
    ]);
  }

  /** Kills the service while the crowd is at it, starts it again, and compares before anybody repairs anything by asking. */
  private async kill(one: OneProcess, proxy: TcpProxy, crowd: Crowd, roomIds: readonly string[]) {
    const { kills, events } = this.scenario;
    for (let n = 1; n <= kills; n += 1) {
      await this.reached((events * n) / (kills + 1));
      proxy.isRefusing = true;
      const killed = one.kill();
      crowd.gate.close();
      await killed;
      proxy.cut(() => true);
      await one.start();
      proxy.target = Number(new URL(one.url).port);
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
