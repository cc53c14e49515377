/** Text frames as strings of bytes: each character stands for one byte, and goes out as `latin1`. */

/** A text as the string of its UTF-8 bytes. Plain ASCII is what it was. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Final text frame, RFC 6455 section 5.2; a server masks nothing. */
const FINAL_TEXT = 0x81;

/** A frame around a string of bytes, as a string of bytes. */
export function textFrame(bytes: string): string {
  const { length } = bytes;
  if (length < 126) return String.fromCharCode(FINAL_TEXT, length) + bytes;
  if (length < 65_536) return String.fromCharCode(FINAL_TEXT, 126, length >> 8, length & 0xff) + bytes;
  const eightBytes = Buffer.alloc(8);
  eightBytes.writeBigUInt64BE(BigInt(length));
  return String.fromCharCode(FINAL_TEXT, 127) + eightBytes.toString('latin1') + bytes;
}
