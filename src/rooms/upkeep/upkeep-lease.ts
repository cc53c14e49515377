import { randomUUID } from 'node:crypto';
import { isDuplicateKey } from '../../database/connect';
import type { Models } from '../models';

const ID = 'upkeep lease';
/** Renewed after this part of its time, so that one renewal may fail without losing it. */
const RENEW_AFTER = 1 / 3;

export interface UpkeepLeaseParts {
  readonly models: Models;
  /** How long it holds without being renewed: what a process that is killed leaves undone for. */
  readonly seconds: number;
}

/**
 * Lets one of several processes on a database do what need be done only once. All times are the database's, so that the
 * clocks of the processes do not matter. `fence` grows with every change of hands.
 *
 * A process that was stopped and wakes up after its lease has passed on may still end what it had begun: every task is
 * safe to do twice, because each change it makes is decided again by the log's unique insert or by a guarded update
 * (docs/internals/decisions/0025-the-fence-is-not-asked.md).
 */
export class UpkeepLease {
  private readonly holder = randomUUID();
  private renewAt = 0;
  private heldUntil = 0;

  constructor(private readonly parts: UpkeepLeaseParts) {}

  /** Whether this process has the lease, as far as it knows without asking. */
  get isMine(): boolean {
    return performance.now() < this.heldUntil;
  }

  /** Whether this process has the lease, taking it where it is free. */
  async hold(): Promise<boolean> {
    if (performance.now() < this.renewAt) return true;
    const asked = performance.now();
    const isMine = await this.take();
    this.renewAt = isMine ? asked + this.parts.seconds * 1_000 * RENEW_AFTER : 0;
    this.heldUntil = isMine ? asked + this.parts.seconds * 1_000 : 0;
    return isMine;
  }

  /** Lets another process have it at once. */
  async release(): Promise<void> {
    this.renewAt = 0;
    this.heldUntil = 0;
    const { settings } = this.parts.models;
    await settings.collection.updateOne({ _id: ID, holder: this.holder } as never, {
      $unset: { holder: '' },
    });
  }

  private async take(): Promise<boolean> {
    const { collection } = this.parts.models.settings;
    const mine = { $eq: ['$holder', this.holder] };
    const free = { $or: [{ $eq: [{ $type: '$holder' }, 'missing'] }, { $lt: ['$until', '$$NOW'] }] };
    const next = [
      {
        $set: {
          fence: { $cond: [mine, '$fence', { $add: [{ $ifNull: ['$fence', 0] }, 1] }] },
          holder: this.holder,
          until: { $add: ['$$NOW', this.parts.seconds * 1_000] },
        },
      },
    ];
    const filter = { _id: ID, $expr: { $or: [mine, free] } } as never;
    const take = async () => (await collection.updateOne(filter, next)).matchedCount > 0;
    return (await take()) || ((await this.createDocument()) && (await take()));
  }

  /** MongoDB refuses `$expr` in the filter of an upsert, so the document is created by its id alone. */
  private async createDocument(): Promise<boolean> {
    const { collection } = this.parts.models.settings;
    try {
      const created = { $setOnInsert: { fence: 0 } };
      return (await collection.updateOne({ _id: ID } as never, created, { upsert: true })).upsertedCount > 0;
    } catch (error) {
      // Another process created it at the same time, and takes the lease.
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}
