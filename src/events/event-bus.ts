/**
 * The bus carries wake-ups between those who append to a room's log and those who watch it. Its interface is the
 * `PubSubEngine` of graphql-subscriptions, so that its adapters fit.
 *
 * What a bus promises is little, on purpose: a message may be lost, doubled or late, and costs its listeners
 * latency only, because the log holds the truth. What it must keep: a listener that throws or stalls harms nobody
 * else, and nothing is queued for a listener without a bound.
 */
export { PubSubEngine as EventBus } from 'graphql-subscriptions';
