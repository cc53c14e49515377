import { randomBytes, randomInt } from 'node:crypto';
import { ObjectId } from './types';

const processPart = randomBytes(5);
let counter = randomInt(0x100_0000);

/** A new object id: seconds since 1970, five random bytes of this process, and a counter. */
export function newObjectId(now = Date.now()): ObjectId {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(Math.floor(now / 1_000) >>> 0, 0);
  processPart.copy(bytes, 4);
  counter = (counter + 1) & 0xff_ffff;
  bytes.writeUIntBE(counter, 9, 3);
  return new ObjectId(new Uint8Array(bytes));
}
