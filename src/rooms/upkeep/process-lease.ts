import { randomUUID } from 'node:crypto';
import type { Models } from '../models';

export interface ProcessLeaseParts {
  readonly models: Models;
  /** How long a process counts as alive without renewing. */
  readonly seconds: number;
  /** Whether no other process can have the database open: every other one is dead then. */
  readonly isAlone: boolean;
}

/** Leases that ran out this long ago are deleted: until then a process that was only stalled may write under its id. */
const FORGET_AFTER_MS = 3_600_000;

/**
 * Shows other processes that this one is alive, so that what it holds (`Participant.heldBy`) does not outlive it. All times are
 * the database's.
 */
export class ProcessLease {
  readonly id = randomUUID();
  private liveSince = performance.now();

  constructor(private readonly parts: ProcessLeaseParts) {}

  /** Renews the lease, or begins it. Returns whether it had run out, so that others may have taken this process for dead. */
  async renew(): Promise<boolean> {
    const lease = {
      hadRunOut: { $not: [{ $gt: ['$until', '$$NOW'] }] },
      until: { $add: ['$$NOW', this.parts.seconds * 1_000] },
    };
    const renewed = await this.parts.models.processes.collection.findOneAndUpdate(
      { _id: this.id } as never,
      [{ $set: lease }],
      { upsert: true, returnDocument: 'after' },
    );
    const hadRunOut = renewed?.['hadRunOut'] === true;
    if (hadRunOut) this.liveSince = performance.now();
    return hadRunOut;
  }

  /**
   * The ids of processes that are dead. None as long as this process has not lived for a whole lease itself: after an outage of
   * the database every lease has run out, and the processes that are alive need time to renew theirs.
   */
  async dead(): Promise<string[]> {
    const { models, isAlone, seconds } = this.parts;
    if (!isAlone && performance.now() - this.liveSince < seconds * 1_000) return [];
    const found = await models.processes.find({ ...this.others, ...(isAlone ? {} : ranOutAgo(0)) }).lean();
    return found.map(({ _id }) => _id);
  }

  /** Deletes the leases of dead processes that hold nothing any more. */
  async forget(): Promise<void> {
    const { models, isAlone } = this.parts;
    await models.processes.deleteMany({ ...this.others, ...(isAlone ? {} : ranOutAgo(FORGET_AFTER_MS)) });
  }

  /** Ends the lease at once. */
  async release(): Promise<void> {
    const ended = [{ $set: { until: '$$NOW' } }];
    await this.parts.models.processes.collection.updateOne({ _id: this.id } as never, ended);
  }

  private get others(): { _id: { $ne: string } } {
    return { _id: { $ne: this.id } };
  }
}

function ranOutAgo(ms: number): object {
  return { $expr: { $lte: ['$until', { $subtract: ['$$NOW', ms] }] } };
}
