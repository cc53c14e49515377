import { PubSubEngine } from 'graphql-subscriptions';

/**
 * The bus carries wake-ups between those who append to a room's log and those who watch it. Its interface
 * extends the `PubSubEngine` of graphql-subscriptions.
 *
 * What a bus promises is little, on purpose: a message may be lost, doubled, reordered or late, and costs its listeners
 * latency only, because the log holds the truth. What it must keep: a listener that throws or stalls affects no other
 * else, nothing is queued for a listener without a bound, and no call waits for a network that is away.
 */
export abstract class EventBus extends PubSubEngine {
  /** Whether messages of other processes do not arrive at present, so that subscribers must poll. */
  abstract readonly isDeaf: boolean;

  /** Tells those alone who listen in this process. */
  abstract publishHere(topic: string, message: unknown): void;

  /**
   * Sets the key that the processes of one database share. What comes from another process without a code of this key is forged or
   * from an older version: listeners get undefined in its place, a wake-up without content.
   */
  authenticateWith(_key: Buffer): void {}

  /** Stops listening and lets go of what it holds. */
  abstract close(): Promise<void>;
}
