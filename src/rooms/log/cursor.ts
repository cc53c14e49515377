import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../errors';
import type { Models } from '../models';

/** A place in a room's log: after the entry `seq` of `epoch`, whose id ends in `entryTail`. */
export interface Place {
  readonly epoch: string;
  readonly seq: number;
  readonly entryTail: string;
}

const FORMAT = 1;
/** Bytes: format, epoch, seq, tail of the entry's id; then the room id; then the MAC. */
const HEAD = { format: 1, epoch: 8, seq: 6, tail: 4 } as const;
const HEAD_BYTES = HEAD.format + HEAD.epoch + HEAD.seq + HEAD.tail;
const MAC_BYTES = 12;
/** The tail of the place before the first entry. */
const NO_ENTRY = '00'.repeat(HEAD.tail);

/** A new epoch: unlike every other, so that no cursor of another log fits it by chance. */
export function newEpoch(): string {
  return randomBytes(HEAD.epoch).toString('hex');
}

/** What a cursor keeps of an entry's id: enough to notice that another entry stands in its place. */
export function entryTail(entryId: string | undefined): string {
  return entryId === undefined ? NO_ENTRY : entryId.slice(-2 * HEAD.tail);
}

/**
 * Writes and reads cursors. The same place in the same room is the same text, byte for byte, in every process that
 * has the key. A cursor grants nothing: it only says where to go on.
 */
export class Cursors {
  constructor(private readonly key: Buffer) {}

  write(roomId: string, place: Place): string {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt8(FORMAT, 0);
    head.write(place.epoch, HEAD.format, 'hex');
    head.writeUIntBE(place.seq, HEAD.format + HEAD.epoch, HEAD.seq);
    head.write(place.entryTail, HEAD.format + HEAD.epoch + HEAD.seq, 'hex');
    const body = Buffer.concat([head, Buffer.from(roomId)]);
    return Buffer.concat([body, this.mac(body)]).toString('base64url');
  }

  /** @throws AppError BAD_CURSOR when the text is not a cursor of ours, or is one of another room. */
  read(roomId: string, cursor: string): Place {
    const bytes = Buffer.from(cursor, 'base64url');
    const body = bytes.subarray(0, -MAC_BYTES);
    const whole = bytes.length > HEAD_BYTES + MAC_BYTES && bytes.toString('base64url') === cursor;
    if (!whole || !timingSafeEqual(this.mac(body), bytes.subarray(-MAC_BYTES)) || body[0] !== FORMAT) {
      throw new AppError('BAD_CURSOR', 'This is no cursor of ours: send one back exactly as you got it.');
    }
    if (body.subarray(HEAD_BYTES).toString() !== roomId) {
      throw new AppError('BAD_CURSOR', `This cursor belongs to another room than ${roomId}.`);
    }
    const seqAt = HEAD.format + HEAD.epoch;
    return {
      epoch: body.toString('hex', HEAD.format, seqAt),
      seq: body.readUIntBE(seqAt, HEAD.seq),
      entryTail: body.toString('hex', seqAt + HEAD.seq, HEAD_BYTES),
    };
  }

  /** A key for another purpose, which tells nothing of the key of the cursors. */
  keyFor(purpose: string): Buffer {
    return createHmac('sha256', this.key).update(`rollcall key for ${purpose}`).digest();
  }

  private mac(body: Buffer): Buffer {
    return createHmac('sha256', this.key).update(body).digest().subarray(0, MAC_BYTES);
  }
}

/** The key of this database's cursors, created by the first process to start. In the database, so that it survives a deploy. */
export async function loadCursors(models: Models): Promise<Cursors> {
  const setting = await models.settings
    .findOneAndUpdate(
      { _id: 'cursor key' },
      { $setOnInsert: { key: randomBytes(32) } },
      { upsert: true, returnDocument: 'after' },
    )
    .lean();
  const key: unknown = setting?.key;
  // A lean read gives the driver's Binary, whose bytes are in `buffer`.
  return new Cursors(Buffer.isBuffer(key) ? key : Buffer.from((key as { buffer: Uint8Array }).buffer));
}
