import type { Connection } from 'mongoose';
import { isWriteRefused } from './connect';

/** How often a write is tried, at most, in milliseconds. */
const PROBE_EVERY_MS = 5_000;
/** On a disk that is nearly full a small write may still find room where those of rooms do not. */
const PROBE_BYTES = 16_384;
const PROBE_ID = 'write probe';

/**
 * Finds out whether the database stores what it is given, which a ping does not: it also answers with a full disk. Only a
 * refused write counts; a slow one says nothing.
 */
export class WriteProbe {
  private refused = false;
  private triedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly connection: Connection) {}

  /** Whether the newest probe was refused. Starts another one where that is a while ago. */
  get isRefused(): boolean {
    const now = performance.now();
    if (now - this.triedAt >= PROBE_EVERY_MS || this.refused) {
      this.triedAt = now;
      void this.write();
    }
    return this.refused;
  }

  private async write(): Promise<void> {
    // The time makes it a write each time: MongoDB does not write an update that changes nothing.
    const $set = { value: '.'.repeat(PROBE_BYTES), at: new Date() };
    try {
      await this.connection
        .collection<{ _id: string }>('settings')
        .updateOne({ _id: PROBE_ID }, { $set }, { upsert: true });
      this.refused = false;
    } catch (error) {
      this.refused = isWriteRefused(error);
    }
  }
}
