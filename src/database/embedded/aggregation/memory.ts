import type { Value } from '../bson/types';
import { ServerError } from '../server-error';

/** What one stage may hold, and one expression may make, in memory, in bytes. The same as a real server's default. */
const MAX_BYTES = 100 * 1024 * 1024;

/**
 * About as many bytes as a value takes encoded. Stops counting beyond `most`: values share parts, so a small one in
 * memory can be without end when it is written out.
 */
function roughSize(value: Value | undefined, most: number): number {
  if (typeof value === 'string') return 8 + value.length;
  if (value instanceof Map) {
    let size = 8;
    for (const [name, item] of value) {
      if (size > most) break;
      size += 3 + name.length + roughSize(item, most - size);
    }
    return size;
  }
  if (Array.isArray(value)) {
    let size = 8;
    for (const item of value) {
      if (size > most) break;
      size += 4 + roughSize(item, most - size);
    }
    return size;
  }
  if (typeof value === 'object' && value !== null && 'bytes' in value) return 8 + value.bytes.length;
  return 16;
}

/** Counts what a stage keeps and stops it before the process runs out of memory. */
export class Holdings {
  private bytes = 0;
  constructor(private readonly holder: string) {}

  /** @throws ServerError 292 */
  keep(value: Value | undefined): void {
    this.bytes += roughSize(value, MAX_BYTES - this.bytes);
    if (this.bytes <= MAX_BYTES) return;
    throw new ServerError(
      292,
      `Exceeded memory limit for ${this.holder}: it would hold more than ${MAX_BYTES} bytes. ` +
        'Let it see fewer or smaller documents; a MongoDB server, named in MONGO_URI, can work on disk.',
    );
  }
}

/** The bytes that an element of an array takes at least. */
const BYTES_PER_ELEMENT = 16;

/** Stops an operator before an array that it makes fills the memory. @throws ServerError 146 */
export function refuseManyElements(operator: string, elements: number): void {
  if (elements * BYTES_PER_ELEMENT > MAX_BYTES) throw tooMuchMemory(operator);
}

/** Stops a pipeline whose documents grow from stage to stage. @throws ServerError 146 */
export function refuseHuge(doc: Value): void {
  if (roughSize(doc, MAX_BYTES) > MAX_BYTES) throw tooMuchMemory('A document within the pipeline');
}

function tooMuchMemory(what: string): ServerError {
  return new ServerError(
    146,
    `${what} would use too much memory and cannot spill to disk. Memory limit: ${MAX_BYTES} bytes`,
  );
}

/** The longest string that an expression may make, in bytes: no document could hold a longer one. */
const MAX_STRING_BYTES = 16 * 1024 * 1024;

/** @throws ServerError 10334 */
export function refuseLongString(operator: string, length: number): void {
  if (length < MAX_STRING_BYTES) return;
  throw new ServerError(
    10334,
    `${operator} would make a string of ${length} characters; the limit is ${MAX_STRING_BYTES} bytes`,
  );
}
