import { BadBson, decodeDocument } from '../bson/decode';
import { BsonWriter, type OutgoingDocument } from '../bson/encode';
import type { Document, Value } from '../bson/types';
import { crc32c } from './crc32c';

/** A message that breaks the protocol. The connection it came on is closed: what follows cannot be trusted. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** A message that was well formed but holds a document that is not. It can be answered. */
export class UnreadableBody extends Error {
  override readonly name = 'UnreadableBody';
  constructor(
    readonly request: Pick<Request, 'id' | 'form' | 'wantsReply'>,
    reason: string,
  ) {
    super(reason);
  }
}

/**
 * A command as it came in. Document sequences have become arrays in the body, which is what they stand for
 * (https://github.com/mongodb/specifications/blob/master/source/message/OP_MSG.md).
 */
export interface Request {
  id: number;
  /** `query` is the legacy form, in which drivers still send their first handshake. */
  form: 'message' | 'query';
  body: Document;
  /** False for an unacknowledged write. */
  wantsReply: boolean;
}

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_COMPRESSED = 2012;
const OP_MSG = 2013;

const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 1 << 1;
/** Bits below this one that are unknown have to be refused; those above may be ignored. */
const OPTIONAL_BITS = 1 << 16;

/**
 * Reads a whole message.
 *
 * @throws ProtocolError, UnreadableBody
 */
export function readRequest(bytes: Buffer): Request {
  const id = bytes.readInt32LE(4);
  const code = bytes.readInt32LE(12);
  if (code === OP_MSG) return readMessage(id, bytes);
  if (code === OP_QUERY) return readQuery(id, bytes);
  throw new ProtocolError(
    code === OP_COMPRESSED ? 'compression was not agreed on' : `there is no operation ${code}`,
  );
}

function readMessage(id: number, bytes: Buffer): Request {
  if (bytes.length < 26) throw new ProtocolError('a message without a body');
  const flags = bytes.readUInt32LE(16);
  const unknown = flags & (OPTIONAL_BITS - 1) & ~(CHECKSUM_PRESENT | MORE_TO_COME);
  if (unknown !== 0) throw new ProtocolError(`unknown flags ${unknown}`);
  const end = withoutChecksum(bytes, (flags & CHECKSUM_PRESENT) !== 0);
  const request = { id, form: 'message', wantsReply: (flags & MORE_TO_COME) === 0 } as const;
  let body: Document | undefined;
  const sequences: [string, Value[]][] = [];
  for (let at = 20; at < end; ) {
    const kind = bytes[at];
    const size = at + 5 <= end ? bytes.readInt32LE(at + 1) : -1;
    if (size < 5 || at + 1 + size > end) throw new ProtocolError(`a section of ${size} bytes`);
    const section = bytes.subarray(at + 1, at + 1 + size);
    if (kind === 0) {
      if (body) throw new ProtocolError('more than one body');
      body = readable(request, () => decodeDocument(section));
    } else if (kind === 1) sequences.push(readable(request, () => readSequence(section)));
    else throw new ProtocolError(`there is no section of kind ${kind}`);
    at += 1 + size;
  }
  if (!body) throw new ProtocolError('a message without a body');
  for (const [name, documents] of sequences) {
    if (body.has(name)) throw new ProtocolError(`'${name}' is there twice`);
    body.set(name, documents);
  }
  return { ...request, body };
}

function withoutChecksum(bytes: Buffer, isThere: boolean): number {
  if (!isThere) return bytes.length;
  const end = bytes.length - 4;
  if (crc32c(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) {
    throw new ProtocolError('the checksum does not fit the message');
  }
  return end;
}

function readSequence(section: Buffer): [string, Value[]] {
  const nameEnd = section.indexOf(0, 4);
  if (nameEnd < 0) throw new BadBson('a document sequence without a name');
  const documents: Value[] = [];
  for (let at = nameEnd + 1; at < section.length; ) {
    documents.push(decodeDocument(section, at));
    at += section.readInt32LE(at);
  }
  return [section.toString('utf8', 4, nameEnd), documents];
}

/** The legacy form: flags, `db.$cmd`, two numbers, the command. */
function readQuery(id: number, bytes: Buffer): Request {
  const nameEnd = bytes.indexOf(0, 20);
  if (nameEnd < 0 || nameEnd + 14 > bytes.length) throw new ProtocolError('a query without a document');
  const namespace = bytes.toString('utf8', 20, nameEnd);
  const request = { id, form: 'query', wantsReply: true } as const;
  const source = readable(request, () => decodeDocument(bytes, nameEnd + 9));
  // Some clients wrap a command to add a read preference to it.
  const wrapped = source.get('$query') ?? source.get('query');
  const body = wrapped instanceof Map ? wrapped : source;
  if (!body.has('$db')) body.set('$db', namespace.replace(/\.\$cmd$/, ''));
  return { ...request, body };
}

function readable<T>(request: UnreadableBody['request'], read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof BadBson) throw new UnreadableBody(request, error.message);
    throw error;
  }
}

const writer = new BsonWriter();
let lastId = 0;

/** The bytes of the answer to a request, in the form it came in. */
export function writeReply(request: Pick<Request, 'id' | 'form'>, reply: OutgoingDocument): Buffer {
  const isMessage = request.form === 'message';
  lastId = (lastId + 1) & 0x7fff_ffff;
  for (const part of [0, lastId, request.id, isMessage ? OP_MSG : OP_REPLY]) writer.int32(part);
  if (isMessage) {
    writer.int32(0);
    writer.byte(0);
  } else {
    // Flags: a failure is one of the query. Then the cursor, twice 32 bits, the start, and how many documents follow.
    for (const part of [reply.has('errmsg') ? 2 : 0, 0, 0, 0, 1]) writer.int32(part);
  }
  writer.document(reply);
  const bytes = writer.take();
  bytes.writeInt32LE(bytes.length, 0);
  return bytes;
}
