import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** Two connections to a Redis, one to publish and one to listen: a Redis connection that listens can do nothing else. */
export interface RedisLink {
  /** Rejects at once while Redis is away. */
  publish(channel: string, message: string): Promise<void>;
  /** Resolves when Redis has confirmed it. After a lost connection it is asked for again by itself. */
  listen(channel: string): Promise<void>;
  unlisten(channel: string): Promise<void>;
  close(): void;
}

/** The answer of one command, in milliseconds; a Redis that takes longer counts as away. */
const ANSWER_WITHIN = 2_000;
const LONGEST_PAUSE = 2_000;

/** In milliseconds: doubling up to a bound, and never in step with others. */
function pauseBefore(attempt: number): number {
  return Math.min(LONGEST_PAUSE, 50 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random() / 2);
}

const patience: RedisOptions = {
  // Nothing waits in the memory of this process for a Redis that is away: a lost wake-up costs latency only.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  connectTimeout: ANSWER_WITHIN,
  commandTimeout: ANSWER_WITHIN,
  retryStrategy: pauseBefore,
};

/**
 * The client keeps what to listen to while Redis is unreachable, however many attempts to connect fail: no more of it than there are
 * rooms watched. With a bound on the attempts it would drop a channel, and never listen to it.
 */
const keeping: RedisOptions = {
  ...patience,
  enableOfflineQueue: true,
  maxRetriesPerRequest: null,
  commandTimeout: undefined,
};

/**
 * Connects, and retries until it succeeds. Where Redis is a cluster, channels are sharded: a message goes to
 * the one node of its channel (`SPUBLISH`, Redis 7), instead of to all.
 */
export async function openRedisLink(
  url: string,
  hear: (channel: string, message: string) => void,
): Promise<RedisLink> {
  return (await isCluster(url)) ? clusterLink(url, hear) : singleLink(url, hear);
}

function singleLink(url: string, hear: (channel: string, message: string) => void): RedisLink {
  const publisher = ignoringErrors(new Redis(url, patience));
  const listener = ignoringErrors(new Redis(url, keeping));
  listener.on('message', hear);
  return {
    publish: async (channel, message) => void (await publisher.publish(channel, message)),
    listen: async (channel) => void (await listener.subscribe(channel)),
    unlisten: async (channel) => void (await listener.unsubscribe(channel)),
    close: () => {
      publisher.disconnect();
      listener.disconnect();
    },
  };
}

function clusterLink(url: string, hear: (channel: string, message: string) => void): RedisLink {
  const publisher = openCluster(url, patience);
  const listener = openCluster(url, keeping);
  listener.on('smessage', hear);
  return {
    publish: async (channel, message) => void (await publisher.spublish(channel, message)),
    listen: async (channel) => void (await listener.ssubscribe(channel)),
    unlisten: async (channel) => void (await listener.sunsubscribe(channel)),
    close: () => {
      publisher.disconnect();
      listener.disconnect();
    },
  };
}

function openCluster(url: string, options: RedisOptions): Cluster {
  const { hostname, port, username, password, protocol } = new URL(url);
  return ignoringErrors(
    new Cluster([{ host: hostname, port: Number(port || 6_379) }], {
      shardedSubscribers: true,
      enableOfflineQueue: options.enableOfflineQueue,
      clusterRetryStrategy: pauseBefore,
      redisOptions: {
        ...options,
        ...(username ? { username: decodeURIComponent(username) } : {}),
        ...(password ? { password: decodeURIComponent(password) } : {}),
        ...(protocol === 'rediss:' ? { tls: {} } : {}),
      },
    }),
  );
}

/** False also where Redis does not answer: messages of a single Redis reach all of a cluster, too, at a higher price. */
async function isCluster(url: string): Promise<boolean> {
  const probe = ignoringErrors(new Redis(url, { ...patience, lazyConnect: true, retryStrategy: () => null }));
  try {
    await probe.connect();
    return /cluster_enabled:1/.test(await probe.info('cluster'));
  } catch {
    return false;
  } finally {
    probe.disconnect();
  }
}

/** A client that says each failed attempt to connect as an event, which without a listener would end the process. */
function ignoringErrors<T extends { on(event: 'error', listener: () => void): unknown }>(client: T): T {
  client.on('error', () => undefined);
  return client;
}
