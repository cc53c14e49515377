import { crc32c } from './protocol/crc32c';

/** Far more than there are collections: two that share a count cost each other answers that could have been kept. */
const COUNTS = 4_096;

/** How often documents of one collection were written, counted from an arbitrary start and modulo 2³². */
export interface WriteCount {
  readonly value: number;
  add(): void;
}

/**
 * How often each collection was written to, in memory that the thread of the database shares with the process that opened it. A document is
 * counted before its write is answered. So a result read after a count stays valid while the count is unchanged, no matter which connection writes.
 */
export class WriteCounts {
  private readonly counts: Uint32Array;

  constructor(readonly memory = new SharedArrayBuffer(COUNTS * Uint32Array.BYTES_PER_ELEMENT)) {
    this.counts = new Uint32Array(memory);
  }

  /** @param namespace database and collection, joined by a dot */
  of(namespace: string): WriteCount {
    const { counts } = this;
    const at = crc32c(Buffer.from(namespace)) % COUNTS;
    return {
      get value() {
        return Atomics.load(counts, at);
      },
      add: () => void Atomics.add(counts, at, 1),
    };
  }
}
