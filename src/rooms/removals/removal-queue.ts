import { Types } from 'mongoose';
import { isDuplicateKey } from '../../database/connect';
import type { Bar } from '../access/may-be-inside';
import type { Models } from '../models';
import type { Removal, RemovalStatus } from './removal.model';

/** A user who must not be inside a room. */
export interface WantedRemoval {
  readonly roomId: string;
  readonly userId: string;
  readonly cause: Bar;
}

/** What became of an attempt. */
export interface Attempt {
  readonly removed: number;
  readonly failures: number;
  /** `pending`: to be looked at again, not before `next`. */
  readonly status: RemovalStatus;
  readonly next: Date;
}

/**
 * How long a process may work on one before another takes it over, in milliseconds. Shorter than the usual RECONCILE_SECONDS, so that a
 * process that is killed in the middle delays a removal by no more than that. Where 100ms is slower, two ask for the same removal,
 * which does no harm.
 */
const CLAIM_MS = 20_000;
/** How long it is kept what became of one, in milliseconds. */
const KEEP_MS = 90 * 24 * 3_600_000;

/** Removals in the database: each user of a room is pending once, and claimed by one process at a time. */
export class RemovalQueue {
  constructor(
    private readonly models: Pick<Models, 'removals'>,
    private readonly now: () => Date,
  ) {}

  /** Resolves when it is stored. One that is pending already becomes due. */
  async add({ roomId, userId, cause }: WantedRemoval): Promise<void> {
    const now = this.now();
    const once = { _id: new Types.ObjectId().toHexString(), requestedAt: now, claimedUntil: new Date(0) };
    const upsert = () =>
      this.models.removals.collection.updateOne(
        { roomId, userId, status: 'pending' },
        {
          $setOnInsert: { ...once, removed: 0, failures: 0 } as never,
          $set: { cause, lastRequestedAt: now },
          $inc: { requests: 1 },
          $min: { notBefore: now },
        },
        { upsert: true },
      );
    // Of two upserts at once one loses its insert, and finds the other's document the second time.
    await upsert().catch((error: unknown) => {
      if (!isDuplicateKey(error)) throw error;
      return upsert();
    });
  }

  /** Claims one that is due, for this process alone; undefined if none is due. */
  async claim(
    only: { readonly roomId?: string; readonly userId?: string } = {},
  ): Promise<Removal | undefined> {
    const now = this.now();
    const due = {
      ...only,
      status: 'pending' as const,
      notBefore: { $lte: now },
      claimedUntil: { $lte: now },
    };
    const claimed = await this.models.removals
      .findOneAndUpdate(
        due,
        { $set: { claimedUntil: new Date(now.getTime() + CLAIM_MS) } },
        { sort: { notBefore: 1 }, returnDocument: 'after' },
      )
      .lean();
    return claimed ?? undefined;
  }

  /** Notes what became of an attempt. One that was requested again in the meantime stays pending, and due. */
  async release({ _id, requests }: Removal, { removed, failures, status, next }: Attempt): Promise<void> {
    const now = this.now();
    const counts = { $inc: { removed } };
    const free = { claimedUntil: new Date(0), failures };
    const done = { status, doneAt: now, keepUntil: new Date(now.getTime() + KEEP_MS) };
    const { matchedCount } = await this.models.removals.updateOne(
      { _id, requests },
      { ...counts, $set: { ...free, ...(status === 'pending' ? { notBefore: next } : done) } },
    );
    if (matchedCount === 0) await this.models.removals.updateOne({ _id }, { ...counts, $set: free });
  }

  /** How many are pending. */
  pending(): Promise<number> {
    return this.models.removals.countDocuments({ status: 'pending' }).exec();
  }
}
