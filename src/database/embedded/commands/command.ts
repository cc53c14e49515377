import { type Document, typeName, type Value } from '../bson/types';
import type { Cursors } from '../cursors';
import { ServerError } from '../server-error';
import type { Store } from '../storage/store';
import type { TtlMonitor } from '../ttl-monitor';

/** What all commands share. */
export interface Server {
  readonly store: Store;
  readonly cursors: Cursors;
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
  /** When the client stops waiting, in milliseconds since 1970. */
  readonly deadline: number | undefined;
}

/** Answers with the reply's own fields; `ok` comes from whoever runs it. Throws ServerError to say no. */
export type Command = (body: Document, call: Call) => Document;

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

/** @throws ServerError 50 once the time that the client gave is over. */
export function refuseLate(deadline: number | undefined): void {
  if (deadline !== undefined && Date.now() > deadline) {
    throw new ServerError(50, 'operation exceeded time limit');
  }
}

/** The same rows, with a look at the clock every so often. */
export function* untilDeadline<T>(rows: Iterable<T>, deadline: number | undefined): Generator<T> {
  let since = 0;
  for (const row of rows) {
    since += 1;
    if (since % 64 === 0) refuseLate(deadline);
    yield row;
  }
}
