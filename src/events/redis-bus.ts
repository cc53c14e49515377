import { randomUUID } from 'node:crypto';
import { type Meter, silentMeter } from '../figures';
import { EventBus } from './event-bus';
import { MemoryBus } from './memory-bus';
import { authenticMessage, writeMessage } from './message-code';
import { openRedisLink, type RedisLink } from './redis-link';

type Listener = (message: unknown) => void;

/** How often a bus listens for itself, in milliseconds, and how long it may hear nothing before it counts as deaf. */
const PULSE_EVERY = 500;
const DEAF_AFTER = 2_000;
/** How long a start waits for the first pulse, and how often it sends one until then, in milliseconds. */
const FIRST_PULSE_WITHIN_MS = 2_000;
const FIRST_PULSE_EVERY_MS = 25;
/** How long a new listener waits for Redis to confirm, in milliseconds: a message missed until then is found by looking. */
const CONFIRM_WITHIN = 500;
/** Messages on their way to Redis; more than that are dropped, since Redis does not keep up. */
const MOST_UNDER_WAY = 1_000;

export interface RedisBusParts {
  readonly url: string;
  readonly meter?: Meter;
  /** Called with what a listener threw, and once for each time that Redis is lost. */
  readonly report: (error: unknown) => void;
  /** Called once for each time that Redis is back. */
  readonly note: (message: string) => void;
}

/**
 * The bus of several processes: listeners in this process receive a message at once, others through Redis, on one channel per topic that
 * is subscribed only while this process has a subscriber for it. Messages to others are JSON with an authentication code; without the right
 * code a message is a wake-up only, and listeners get undefined.
 */
export class RedisBus extends EventBus {
  private readonly local: MemoryBus;
  private readonly meter: Meter;
  private readonly from = randomUUID();
  private readonly pulse = `rollcall:pulse:${this.from}`;
  private readonly topicOfId = new Map<number, string>();
  private readonly listeners = new Map<string, number>();
  private heardAt = performance.now();
  private hasHeard: () => void = () => undefined;
  private wasDeaf = false;
  private underWay = 0;
  private timer: NodeJS.Timeout | undefined;
  private link!: RedisLink;
  private key: Buffer | undefined;

  private constructor(private readonly parts: RedisBusParts) {
    super();
    this.local = new MemoryBus(parts.report);
    this.meter = parts.meter ?? silentMeter;
    this.meter.read('bus_deaf', () => Number(this.isDeaf));
  }

  /** Ready to be used, whether Redis answers or not; `isDeaf` says which. */
  static async open(parts: RedisBusParts): Promise<RedisBus> {
    const bus = new RedisBus(parts);
    bus.link = await openRedisLink(parts.url, (channel, text) => bus.hear(channel, text));
    bus.link.listen(bus.pulse).catch(() => undefined);
    bus.timer = setInterval(() => bus.beat(), PULSE_EVERY).unref();
    await bus.firstPulse();
    return bus;
  }

  private async firstPulse(): Promise<void> {
    const isHeard = new Promise<true>((resolve) => {
      this.hasHeard = () => resolve(true);
    });
    const knocking = setInterval(() => this.beat(), FIRST_PULSE_EVERY_MS);
    this.beat();
    const heard = await withinTime(isHeard, FIRST_PULSE_WITHIN_MS);
    clearInterval(knocking);
    if (heard) return;
    this.heardAt = Number.NEGATIVE_INFINITY;
    this.tellChange();
  }

  /** Its own pulse, sent and heard through Redis, is the one sign that covers every way in which Redis can be away. */
  get isDeaf(): boolean {
    return performance.now() - this.heardAt > DEAF_AFTER;
  }

  override authenticateWith(key: Buffer): void {
    this.key = key;
  }

  async publish(topic: string, message: unknown): Promise<void> {
    this.publishHere(topic, message);
    const channel = channelOf(topic);
    const isSent = await this.send(channel, writeMessage(channel, this.from, message, this.key));
    this.meter.count('bus_messages_total', { direction: isSent ? 'published' : 'dropped' });
  }

  publishHere(topic: string, message: unknown): void {
    this.local.publishHere(topic, message);
  }

  async subscribe(topic: string, onMessage: Listener): Promise<number> {
    const id = await this.local.subscribe(topic, onMessage);
    this.topicOfId.set(id, topic);
    const before = this.listeners.get(topic) ?? 0;
    this.listeners.set(topic, before + 1);
    if (before === 0) {
      const confirmed = this.link.listen(channelOf(topic)).catch(() => undefined);
      if (!this.isDeaf) await withinTime(confirmed, CONFIRM_WITHIN);
    }
    return id;
  }

  unsubscribe(id: number): void {
    this.local.unsubscribe(id);
    const topic = this.topicOfId.get(id);
    if (topic === undefined) return;
    this.topicOfId.delete(id);
    const left = (this.listeners.get(topic) ?? 0) - 1;
    if (left > 0) this.listeners.set(topic, left);
    else {
      this.listeners.delete(topic);
      this.link.unlisten(channelOf(topic)).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.link.close();
    await this.local.close();
  }

  private async send(channel: string, text: string): Promise<boolean> {
    if (this.underWay >= MOST_UNDER_WAY) return false;
    this.underWay += 1;
    try {
      await this.link.publish(channel, text);
      return true;
    } catch {
      // Redis is away, which the pulse tells once; the message itself is only a hint.
      return false;
    } finally {
      this.underWay -= 1;
    }
  }

  private hear(channel: string, text: string): void {
    if (channel === this.pulse) {
      this.heardAt = performance.now();
      this.hasHeard();
      this.tellChange();
      return;
    }
    // What this process said, its own listeners have heard already: known by how it begins, because to read it costs more.
    if (text.startsWith(`{"from":"${this.from}"`)) return;
    const message = authenticMessage(channel, text, this.key);
    const isReadable = message !== undefined || isJsonObject(text);
    this.meter.count('bus_messages_total', { direction: isReadable ? 'received' : 'unreadable' });
    this.publishHere(topicOf(channel), message === undefined ? undefined : JSON.parse(message));
  }

  private beat(): void {
    void this.send(this.pulse, '""');
    this.tellChange();
  }

  private tellChange(): void {
    if (this.isDeaf === this.wasDeaf) return;
    this.wasDeaf = this.isDeaf;
    if (this.isDeaf) this.parts.report(new Error('Redis pub/sub is down: subscribers poll the log.'));
    else this.parts.note('Redis pub/sub is back');
  }
}

const PREFIX = 'rollcall:';
const channelOf = (topic: string): string => PREFIX + topic;
const topicOf = (channel: string): string => channel.slice(PREFIX.length);

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

/** What it resolves with, or undefined where it takes longer than `ms`. */
async function withinTime<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  const result = await Promise.race([work, late]);
  clearTimeout(timer);
  return result;
}
