import type { Value } from '../bson/types';
import { ServerError } from '../server-error';

/** What one stage may hold in memory, in bytes. The same as a real server's default. */
const MOST_HELD = 100 * 1024 * 1024;

/** About as many bytes as a value takes encoded. */
export function roughSize(value: Value | undefined): number {
  if (typeof value === 'string') return 8 + value.length;
  if (value instanceof Map) {
    let size = 8;
    for (const [name, item] of value) size += 3 + name.length + roughSize(item);
    return size;
  }
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + 4 + roughSize(item), 8);
  if (typeof value === 'object' && value !== null && 'bytes' in value) return 8 + value.bytes.length;
  return 16;
}

/** Counts what a stage keeps and stops it before the process runs out of memory. */
export class Holdings {
  private bytes = 0;
  constructor(private readonly holder: string) {}

  /** @throws ServerError 292 */
  keep(value: Value | undefined): void {
    this.bytes += roughSize(value);
    if (this.bytes <= MOST_HELD) return;
    throw new ServerError(
      292,
      `Exceeded memory limit for ${this.holder}: it would hold more than ${MOST_HELD} bytes. ` +
        'Let it see fewer or smaller documents; a MongoDB server, named in MONGO_URI, can work on disk.',
    );
  }
}
