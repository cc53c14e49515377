/** Names longer than this are rare, and not worth a place. */
const LONGEST = 32;
const PLACES = 1 << 10;

/**
 * Field names repeat from document to document, and making the same short string again and again is a third of the
 * cost of decoding. This remembers one name per hash; a different name with the same hash takes its place.
 */
export class FieldNames {
  private readonly known: (string | undefined)[] = new Array(PLACES);

  read(buffer: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST) return buffer.toString('utf8', start, end);
    let hash = length;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (buffer[at] as number)) | 0;
    const place = hash & (PLACES - 1);
    const candidate = this.known[place];
    if (candidate !== undefined && isSame(candidate, buffer, start, length)) return candidate;
    const name = buffer.toString('utf8', start, end);
    this.known[place] = name;
    return name;
  }
}

/** Only ever true for ASCII: a longer UTF-8 form has another length, or a byte above 127. */
function isSame(text: string, buffer: Buffer, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    const byte = buffer[start + i] as number;
    if (byte > 127 || text.charCodeAt(i) !== byte) return false;
  }
  return true;
}
