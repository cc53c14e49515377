import { connect, type Socket } from 'node:net';
import { mongo } from 'mongoose';
import type { Meter } from '../figures';
import { Frames } from './embedded/protocol/frames';

/** How long a command may wait for its reply, in milliseconds: as with the driver's connections. */
const ANSWER_WITHIN = 30_000;
const OP_MSG = 2013;
/** Of an OP_MSG: header, flags and the kind of the body; and of a section in it: kind and length. */
const HEAD_BYTES = 21;
const SECTION_BYTES = 5;

type Document = mongo.BSON.Document;

/** Documents that a command carries beside its body, as BSON. */
export interface Carried {
  /** The field of the command that they stand for. */
  readonly field: string;
  readonly documents: readonly Uint8Array[];
}

interface Waiting {
  readonly since: number;
  readonly resolve: (reply: Document) => void;
  readonly reject: (error: unknown) => void;
}

/** The connection to the database was lost, or a reply timed out. Whether the command was executed is unknown. */
class LineBroken extends Error {
  override readonly name = 'LineBroken';
}

/**
 * One connection to the embedded database, for commands that are sent so often that what the driver does for each counts: server
 * selection, sessions, a pool. Many may be under way; the database runs and answers them in their order.
 */
export class Line {
  private socket: Socket | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private late: NodeJS.Timeout | undefined;
  private lastId = 0;
  private isClosed = false;

  /** @param path of the database's socket */
  constructor(
    private readonly path: string,
    private readonly meter: Pick<Meter, 'observe'>,
    private readonly answerWithin = ANSWER_WITHIN,
  ) {}

  /** Returns the reply, errors of the command included. @throws LineBroken */
  command(body: Document, carried?: Carried): Promise<Document> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) throw new LineBroken('The database is closed.');
      this.socket ??= this.open();
      this.lastId = (this.lastId + 1) & 0x7fff_ffff;
      this.waiting.set(this.lastId, { since: performance.now(), resolve, reject });
      this.late ??= setTimeout(() => this.hangUpIfLate(), this.answerWithin).unref();
      this.socket.write(messageOf(this.lastId, body, carried));
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.hangUp('The database is closed.');
  }

  private open(): Socket {
    const socket = connect(this.path);
    const frames = new Frames();
    const gone = (reason: string) => {
      if (this.socket === socket) this.hangUp(reason);
    };
    socket.on('data', (piece) => {
      try {
        for (const frame of frames.take(piece)) this.take(frame);
      } catch (error) {
        gone(String(error));
      }
    });
    socket.on('error', ({ message }) => gone(message));
    socket.on('close', () => gone('The database closed the connection.'));
    return socket;
  }

  private take(reply: Buffer): void {
    const id = reply.readInt32LE(8);
    const waiting = this.waiting.get(id);
    if (!waiting) return;
    this.waiting.delete(id);
    const seconds = (performance.now() - waiting.since) / 1_000;
    this.meter.observe('database_command_duration_seconds', seconds);
    waiting.resolve(mongo.BSON.deserialize(reply.subarray(HEAD_BYTES)));
  }

  private hangUpIfLate(): void {
    this.late = undefined;
    const [oldest] = this.waiting.values();
    if (!oldest) return;
    const left = oldest.since + this.answerWithin - performance.now();
    if (left <= 1) this.hangUp(`The database did not answer within ${this.answerWithin / 1_000} s.`);
    else this.late = setTimeout(() => this.hangUpIfLate(), left).unref();
  }

  /** The next command connects again. */
  private hangUp(reason: string): void {
    this.socket?.destroy();
    this.socket = undefined;
    clearTimeout(this.late);
    this.late = undefined;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of waiting) reject(new LineBroken(reason));
  }
}

/** https://github.com/mongodb/specifications/blob/master/source/message/OP_MSG.md */
function messageOf(id: number, body: Document, carried: Carried | undefined): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  const command = mongo.BSON.serialize(body, { ignoreUndefined: true });
  const message = Buffer.concat([head, command, ...(carried ? sectionOf(carried) : [])]);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(id, 4);
  message.writeInt32LE(OP_MSG, 12);
  return message;
}

/** A document sequence. */
function sectionOf({ field, documents }: Carried): Uint8Array[] {
  const name = Buffer.from(`${field}\0`);
  const head = Buffer.alloc(SECTION_BYTES);
  head[0] = 1;
  head.writeInt32LE(
    documents.reduce((sum, { length }) => sum + length, SECTION_BYTES - 1 + name.length),
    1,
  );
  return [head, name, ...documents];
}
