import { request } from 'node:http';
import { deliver, SampleSession, type Webhook } from '../helpers/webhooks';
import type { History } from './history';

/** A pseudo-random generator (mulberry32): a run can be repeated by its seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Lets everybody through, or makes them wait. */
class Gate {
  private opened: Promise<void> = Promise.resolve();
  private open: () => void = () => undefined;

  close(): void {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  reopen(): void {
    this.open();
  }

  pass(): Promise<void> {
    return this.opened;
  }
}

export interface CrowdParts {
  /** Where the service is now; it moves when it is started again. */
  readonly url: () => string;
  readonly roomIds: readonly string[];
  readonly history: History;
  readonly random: () => number;
  readonly nameOf: (userId: string) => string;
  /** How long everybody waits before the next change, in milliseconds at most: 0 where the load is the point. */
  readonly pauses: number;
  /** Called after each acknowledged change. */
  readonly acknowledged: () => void;
  /** Called after each request that got no answer, or one that passes; it is tried again. */
  readonly failed: (error: unknown) => void;
}

interface Answer {
  readonly data?: Record<string, { id: string } | null> | null;
  readonly errors?: readonly { message: string; extensions: { code: string } }[];
}

/** Tried again until it works: what is being killed answers nothing, or an error that passes. */
const PASSING = new Set(['UNAVAILABLE', 'INTERNAL_SERVER_ERROR']);

/** People who come and go, by `joinRoom` and by webhooks, until they are called home. Each waits for its answer. */
export class Crowd {
  readonly gate = new Gate();
  private isGoingHome = false;
  private readonly walks: Promise<void>[] = [];
  private peers = 0;

  constructor(private readonly parts: CrowdParts) {}

  /** Adds people with devices, and people whom 100ms tells of. */
  start(people: number, told: number): void {
    for (let n = 0; n < people; n += 1) this.walks.push(this.walk(`person-${n}`));
    for (let n = 0; n < told; n += 1) this.walks.push(this.beToldOf(n));
  }

  /** Resolves when everybody has done what they were at. Rejects with what went wrong. */
  async goHome(): Promise<void> {
    this.isGoingHome = true;
    await Promise.all(this.walks);
  }

  private room(): string {
    const { roomIds, random } = this.parts;
    return roomIds[Math.floor(random() * roomIds.length)] ?? '';
  }

  /** In with one device or two, saying so again now and then, and out again. */
  private async walk(userId: string): Promise<void> {
    while (!this.isGoingHome) {
      const roomId = this.room();
      const devices = this.parts.random() < 0.4 ? ['phone', 'laptop'] : ['phone'];
      for (const deviceId of devices) {
        await this.change('JOINED', { roomId, userId, deviceId });
        if (this.parts.random() < 0.3) await this.change('JOINED', { roomId, userId, deviceId });
      }
      for (const deviceId of devices) await this.change('LEFT', { roomId, userId, deviceId });
    }
  }

  private async change(
    action: 'JOINED' | 'LEFT',
    input: { roomId: string; userId: string; deviceId: string },
  ): Promise<void> {
    const field = action === 'JOINED' ? 'joinRoom' : 'leaveRoom';
    const type = action === 'JOINED' ? 'JoinRoomInput' : 'LeaveRoomInput';
    const named = action === 'JOINED' ? { ...input, name: this.parts.nameOf(input.userId) } : input;
    const body = {
      query: `mutation ($input: ${type}!) { ${field}(input: $input) { id } }`,
      variables: { input: named },
    };
    await this.think();
    const { data, errors } = await this.untilItWorks(async () => {
      const answer = await postJson(`${this.parts.url()}/graphql`, body);
      const code = answer.errors?.[0]?.extensions.code;
      if (code && PASSING.has(code)) throw new Error(code);
      return answer;
    });
    if (errors) throw new Error(JSON.stringify(errors));
    const participantId = data?.[field]?.id;
    // A leave that was committed before its answer was lost finds nobody when it is repeated.
    if (participantId !== undefined) {
      this.parts.history.acknowledged.push({ ...input, action, participantId });
    }
    this.parts.acknowledged();
  }

  /** A session of 100ms: its peers join and leave, told twice, or the other way round; at last it closes upon whoever is in it. */
  private async beToldOf(number: number): Promise<void> {
    while (!this.isGoingHome) {
      const roomId = this.room();
      const session = new SampleSession(roomId);
      const tell = async (webhook: Webhook) => {
        await this.think();
        await this.untilItWorks(async () => {
          const { status } = await deliver(this.parts.url(), webhook);
          if (status !== 200) throw new Error(`a webhook was answered with ${status}`);
        });
      };
      await tell(session.opened());
      for (let n = 0; n < 4; n += 1) {
        this.peers += 1;
        const userId = `peer-${number}-${this.peers}`;
        const peer = session.peer(userId);
        const joined = peer.joined();
        const order = this.parts.random();
        // 100ms repeats itself: under the same id, and in a replay under another.
        const again = { ...joined, id: crypto.randomUUID() };
        if (order < 0.3) for (const webhook of [peer.left(), joined, again]) await tell(webhook);
        else if (order < 0.8) for (const webhook of [joined, joined, again, peer.left()]) await tell(webhook);
        else for (const webhook of [joined, again]) await tell(webhook);
        // A leave that is told before its join is all that there is; and whoever is still in it leaves with the session.
        this.parts.history.acknowledged.push({ roomId, userId, action: 'LEFT' });
        this.parts.acknowledged();
      }
      await tell(session.closed());
    }
  }

  private async think(): Promise<void> {
    const { pauses, random } = this.parts;
    if (pauses > 0) await new Promise((resolve) => setTimeout(resolve, random() * pauses));
  }

  private async untilItWorks<T>(attempt: () => Promise<T>): Promise<T> {
    for (let n = 0; ; n += 1) {
      await this.gate.pass();
      try {
        return await attempt();
      } catch (error) {
        this.parts.failed(error);
        if (n === 200) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10 + this.parts.random() * 40));
      }
    }
  }
}

/** A connection of its own each time: none is left half used by a server that was killed. */
export function postJson(url: string, body: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => {
          try {
            resolve(JSON.parse(text) as Answer);
          } catch {
            reject(new Error(`${response.statusCode}: ${text}`));
          }
        });
        response.on('error', reject);
      },
    );
    sent.on('error', reject).end(JSON.stringify(body));
  });
}
