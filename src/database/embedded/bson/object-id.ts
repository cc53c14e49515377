import { randomBytes } from 'node:crypto';
import { ObjectId } from './types';

const ofThisProcess = randomBytes(5);
let counter = randomBytes(3).readUIntBE(0, 3);

/** A new object id: seconds since 1970, five random bytes of this process, a counter. */
export function newObjectId(): ObjectId {
  const bytes = Buffer.alloc(12);
  counter = (counter + 1) & 0xff_ffff;
  bytes.writeUInt32BE(Math.floor(Date.now() / 1_000) >>> 0, 0);
  bytes.set(ofThisProcess, 4);
  bytes.writeUIntBE(counter, 9, 3);
  return new ObjectId(bytes);
}
