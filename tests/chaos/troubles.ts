import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Fleet } from '../helpers/fleet';
import type { RunningRedis } from '../helpers/redis';

/** Kills an instance at a random moment, and starts it again while the others go on. */
export async function killSome({ instances }: Fleet, kills: number, random: () => number): Promise<void> {
  for (let n = 0; n < kills; n += 1) {
    await pause(random() * 400);
    const instance = instances[Math.floor(random() * instances.length)];
    await instance?.end('SIGKILL');
    await instance?.start();
  }
}

/**
 * Restarts one after the other, as a deploy does: each is asked to stop, and the next one follows when the balancer sends to
 * this one again. Ready is not enough: a balancer without probes of its own leaves alone for a second who took no connection,
 * and where that is all of them, it has nobody.
 */
export async function rollOver({ instances }: Fleet, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    for (const instance of instances) {
      const ending = await instance.end('SIGTERM');
      if (ending !== 0) throw new Error(`An instance that was asked to stop ended with ${ending}.`);
      await instance.start();
      await isSentTo(instance.url);
    }
  }
}

/** Resolves when an instance that was just started has answered a request of GraphQL, all of which come by the balancer. */
async function isSentTo(url: string): Promise<void> {
  for (;;) {
    const figures = await (await fetch(`${url}/metrics`)).text();
    if (/^http_requests_total\{door="graphql",/m.test(figures)) return;
    await pause(20);
  }
}

/** Longer than it takes an instance to notice that Redis is away, in milliseconds. */
const NOTICED = 2_500;

const redisTroubles = {
  async killed(redis: RunningRedis) {
    await redis.stop();
    await pause(NOTICED);
    await redis.start();
  },
  async frozen(redis: RunningRedis) {
    redis.freeze();
    await pause(NOTICED);
    redis.thaw();
  },
  async paused({ port }: RunningRedis) {
    ask(port, 'client', 'pause', `${NOTICED}`, 'all');
    await pause(NOTICED);
  },
  async flushed({ port }: RunningRedis) {
    ask(port, 'flushall');
    ask(port, 'client', 'kill', 'type', 'pubsub');
    ask(port, 'client', 'kill', 'type', 'normal');
  },
  garbage: feedGarbage,
};

/** So many troubles, in turn. */
export async function troubleRedis(redis: RunningRedis, troubles: number): Promise<void> {
  const kinds = Object.values(redisTroubles);
  for (let n = 0; n < troubles; n += 1) {
    await kinds[n % kinds.length]?.(redis);
    await pause(300);
  }
}

function ask(port: number, ...command: string[]): void {
  execFileSync('redis-cli', ['-p', `${port}`, ...command], { stdio: 'ignore' });
}

/** Says on every channel that is used what no instance says: no JSON, no entries, those of another room or time, and all of it again. */
async function feedGarbage({ port }: RunningRedis): Promise<void> {
  const listener = new Redis(port, '127.0.0.1');
  const speaker = new Redis(port, '127.0.0.1');
  const channels = new Set<string>();
  listener.on('pmessage', (_pattern: string, channel: string, text: string) => {
    channels.add(channel);
    // One that is not said any more, because the speaker has gone, is no loss.
    for (const other of channels)
      for (const lie of liesAfter(text)) speaker.publish(other, lie).catch(() => undefined);
  });
  await listener.psubscribe('rollcall:*');
  await pause(1_500);
  listener.disconnect();
  // Not `quit`, whose answer is lost where lies are still under way behind it: Redis then resets the connection.
  speaker.disconnect();
}

/** Each of them is told apart from what was said first by its sender, so that nothing is told again and again. */
function liesAfter(text: string): string[] {
  if (text.includes(LIAR)) return [];
  const said: { message?: unknown } = JSON.parse(text) || {};
  const entries = (Array.isArray(said.message) ? said.message : []) as { seq: number }[];
  const message = (content: unknown) => JSON.stringify({ from: LIAR, message: content });
  return [
    `{"${LIAR}`,
    message(null),
    message('now'),
    message([{ seq: 'one' }, 7]),
    message(entries),
    message(entries.map((entry) => ({ ...entry, seq: entry.seq + 1 }))),
    text
      .replace(/"seq":(\d+)/g, (_, seq) => `"seq":${Number(seq) + 1}`)
      .replace('"from":"', `"from":"${LIAR}`),
    message(entries.map((entry) => ({ ...entry, seq: entry.seq + 1_000 }))),
    message(entries.map((entry) => ({ ...entry, epoch: 'ffffffffffffffff' }))),
    message([...entries].reverse()),
  ];
}

const LIAR = 'a-forger';
