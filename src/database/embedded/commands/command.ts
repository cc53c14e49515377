import type { Outgoing } from '../bson/encode';
import { type Document, typeName, type Value } from '../bson/types';
import type { Cursors } from '../cursors';
import { ServerError } from '../server-error';
import type { Slices } from '../slices';
import type { Store } from '../storage/store';
import type { TtlMonitor } from '../ttl-monitor';
import type { Steps } from './steps';
import type { TimeLimit } from './time-limit';

/** What all commands share. */
export interface Server {
  readonly store: Store;
  readonly cursors: Cursors;
  readonly slices: Slices;
  readonly ttl: TtlMonitor;
  readonly startedAt: number;
  /** Open connections, now and ever. */
  readonly connections: { current: number; total: number };
}

/** Who asks. */
export interface Client {
  readonly id: number;
  readonly address: string;
}

/** One command under way. */
export interface Call {
  readonly server: Server;
  readonly client: Client;
  readonly db: string;
  /** The name it was called by. */
  readonly name: string;
  /** The logical session, as text. */
  readonly session: string | undefined;
  /** How long the client wants to wait. */
  readonly time: TimeLimit;
}

/**
 * Answers with the reply's own fields; `ok` comes from the code that runs the command. A read that may take long answers in steps. Throws
 * ServerError to say no.
 */
export type Command = (body: Document, call: Call) => Reply | Steps<Reply>;

/** What a command answers, or says no with. */
export type Reply = Map<string, Outgoing>;

/** The collection that a command names. @throws ServerError 73 */
export function collectionName(body: Document, call: Call): string {
  const name = body.get(call.name) as Value;
  return checkedName(name, call.db);
}

export function checkedName(name: Value | undefined, db: string): string {
  if (typeof name !== 'string') {
    throw new ServerError(73, `Collection name has invalid type ${typeName(name)}`);
  }
  if (name.includes('\0')) throw new ServerError(73, 'namespaces cannot have embedded null characters');
  if (name === '') throw new ServerError(73, `Invalid namespace specified: ${db}`);
  if (name.startsWith('.')) throw new ServerError(73, `Invalid namespace specified: ${db}.${name}`);
  return name;
}
