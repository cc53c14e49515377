import type { mongo } from 'mongoose';
import { isDuplicateKey } from '../../database/connect';
import type { InboxEvent } from '../bookkeeping.models';
import type { Models } from '../models';

export type Kept = 'kept' | 'repeated';

interface Arrival {
  readonly event: InboxEvent;
  readonly resolve: (outcome: Kept) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_AT_ONCE = 500;

/**
 * Puts events on disk. Those that arrive while others are being written share the next write, so that a storm of them
 * costs few.
 */
export class DurableInbox {
  private arrived: Arrival[] = [];
  private isWriting = false;

  constructor(private readonly models: Models) {}

  /** Resolves when the event is on disk: now, or since an earlier time. */
  keep(event: InboxEvent): Promise<Kept> {
    return new Promise((resolve, reject) => {
      this.arrived.push({ event, resolve, reject });
      if (!this.isWriting) void this.writeAll();
    });
  }

  private async writeAll(): Promise<void> {
    this.isWriting = true;
    while (this.arrived.length > 0) {
      const batch = this.arrived.splice(0, MOST_AT_ONCE);
      await this.write(batch).catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      });
    }
    this.isWriting = false;
  }

  private async write(batch: readonly Arrival[]): Promise<void> {
    const { collection } = this.models.inbox;
    try {
      await collection.insertMany(
        batch.map(({ event }) => ({ ...event }) as never),
        { ordered: false },
      );
      for (const { resolve } of batch) resolve('kept');
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      await this.sort(batch, error as mongo.MongoBulkWriteError);
    }
  }

  /** Some were there already. Not every server continues after a rejected insert: what is not there now was not stored. */
  private async sort(batch: readonly Arrival[], error: mongo.MongoBulkWriteError): Promise<void> {
    const refused = new Set([error.writeErrors].flat().map(({ index }) => index));
    const ids = batch.map(({ event }) => event._id);
    const found = await this.models.inbox.find({ _id: { $in: ids } }, { _id: 1 }).lean();
    const there = new Set(found.map(({ _id }) => _id));
    for (const [index, { event, resolve, reject }] of batch.entries()) {
      if (!there.has(event._id)) reject(error);
      else resolve(refused.has(index) ? 'repeated' : 'kept');
    }
  }
}
