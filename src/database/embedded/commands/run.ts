import { toNumber, wholeNumber } from '../bson/numbers';
import { show } from '../bson/show';
import { Binary, type Document, Double, isNumber, type Value } from '../bson/types';
import type { Request } from '../protocol/message';
import { badValue, leftOut, ServerError } from '../server-error';
import type { Call, Client, Reply, Server } from './command';
import { commands } from './index';
import type { Steps } from './steps';
import { TimeLimit } from './time-limit';

/**
 * Runs one command, or the first part of one that may pause.
 *
 * @throws ServerError to say no; any other error means that something is broken and that nothing written since the
 * last commit may be kept.
 */
export function runCommand(
  { body, form }: Pick<Request, 'body' | 'form'>,
  server: Server,
  client: Client,
): Steps<Reply> | Reply {
  const name = body.keys().next().value;
  if (name === undefined) throw new ServerError(59, "no such command: ''");
  const db = databaseOf(body);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new ServerError(59, `no such command: '${name}'`);
  if (form === 'query' && !handshakes.includes(name)) {
    throw new ServerError(
      352,
      `Unsupported OP_QUERY command: ${name}. The client driver may require an upgrade.`,
    );
  }
  refuseApi(body);
  refuseTransaction(body);
  refuseConcerns(body);
  const call: Call = {
    server,
    client,
    db,
    name,
    session: sessionOf(body),
    time: timeLimitOf(body.get('maxTimeMS')),
  };
  const answered = command(body, call);
  return answered instanceof Map ? succeeded(answered) : succeededIn(answered);
}

function* succeededIn(steps: Steps<Reply>): Steps<Reply> {
  return succeeded(yield* steps);
}

function succeeded(reply: Reply): Reply {
  return reply.set('ok', new Double(1));
}

/** All that the legacy form of a message may still carry. */
const handshakes = ['hello', 'isMaster', 'ismaster'];

/** The reply that says no. */
export function refused(error: ServerError): Document {
  return new Map<string, Value>([
    ['ok', new Double(0)],
    ['errmsg', error.message],
    ['code', error.code],
    ['codeName', error.codeName],
    ...error.details,
  ]);
}

function databaseOf(body: Document): string {
  const db = body.get('$db');
  if (typeof db !== 'string') {
    throw new ServerError(40414, "BSON field '$db' is missing but a required field");
  }
  if (db === '' || Buffer.byteLength(db) > 63 || /[/\\. "$\0]/.test(db)) {
    throw new ServerError(73, `Invalid database name: '${db}'`);
  }
  return db;
}

/** There is one version of the stable API, and no list here of what is strictly in it. */
function refuseApi(body: Document): void {
  const version = body.get('apiVersion');
  if (version !== undefined && version !== '1') {
    throw new ServerError(322, `API version must be "1", and is ${show(version)}`);
  }
  if (body.get('apiStrict') === true) throw leftOut('apiStrict', 323);
}

/** A server that is no member of a replica set has no transactions, and says so in these words. */
function refuseTransaction(body: Document): void {
  if (body.has('startTransaction') || body.has('autocommit')) {
    throw leftOut('A transaction', 20);
  }
  if (body.has('txnNumber')) {
    throw new ServerError(20, 'Transaction numbers are only allowed on a replica set member or mongos');
  }
}

const readLevels = ['local', 'available', 'majority'];

function refuseConcerns(body: Document): void {
  const write = body.get('writeConcern');
  if (write instanceof Map) refuseWriteConcern(write);
  else if (write !== undefined && write !== null) throw badValue('writeConcern has to be an object');
  const read = body.get('readConcern');
  if (!(read instanceof Map)) return;
  for (const name of read.keys()) {
    if (name === 'level' || name === 'provenance') continue;
    throw leftOut(`the field ${name} of a read concern`, 72);
  }
  const level = read.get('level');
  if (level !== undefined && !readLevels.includes(level as string)) {
    throw leftOut(`the read concern ${String(level)}`, 123);
  }
}

function refuseWriteConcern(write: Document): void {
  for (const name of write.keys()) {
    if (!['w', 'j', 'fsync', 'wtimeout', 'wtimeoutMS', 'provenance'].includes(name)) {
      throw new ServerError(40415, `BSON field 'writeConcern.${name}' is an unknown field.`);
    }
  }
  const w = write.get('w');
  if (isNumber(w) && toNumber(w) > 1) throw badValue("cannot use 'w' > 1 when a host is not replicated");
  if (typeof w === 'string' && w !== 'majority') {
    throw badValue(`cannot use non-majority 'w' mode "${w}" when a host is not a member of a replica set`);
  }
}

function sessionOf(body: Document): string | undefined {
  const lsid = body.get('lsid');
  if (lsid === undefined) return undefined;
  const id = lsid instanceof Map ? lsid.get('id') : undefined;
  if (!(id instanceof Binary) || id.bytes.length !== 16) {
    throw new ServerError(40414, "BSON field 'OperationSessionInfo.lsid.id' has to be a UUID");
  }
  return Buffer.from(id.bytes).toString('hex');
}

function timeLimitOf(value: Value | undefined): TimeLimit {
  const milliseconds = value === undefined ? 0 : wholeNumber(value);
  if (milliseconds === undefined) throw badValue('maxTimeMS has non-integral value');
  if (milliseconds < 0 || milliseconds > 0x7fff_ffff) {
    throw badValue(`${milliseconds} value for maxTimeMS is out of range`);
  }
  return new TimeLimit(milliseconds);
}
