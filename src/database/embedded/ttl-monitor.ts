import { sortKey } from './bson/sort-key';
import type { GroupCommit } from './group-commit';
import type { Collection, StoredDocument } from './storage/collection';
import type { IndexDefinition } from './storage/index-definition';
import type { Store } from './storage/store';

/** What one step removes, so that others get their turn in between. */
const AT_ONCE = 500;

/** Removes documents whose time is over, by the indexes that have `expireAfterSeconds`. */
export class TtlMonitor {
  private timer: NodeJS.Timeout | undefined;
  private isRunning = false;
  isEnabled = true;
  /** Seconds between two rounds, as in a real server. */
  sleepSeconds = 60;
  passes = 0;
  deleted = 0;

  constructor(
    private readonly store: Store,
    private readonly commit: GroupCommit,
  ) {}

  start(): void {
    clearInterval(this.timer);
    this.timer = setInterval(() => this.round(), this.sleepSeconds * 1_000);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private round(): void {
    if (this.isRunning || !this.isEnabled) return;
    this.isRunning = true;
    this.step();
  }

  private step(): void {
    let removed = 0;
    try {
      for (const collection of this.store.all()) {
        for (const index of collection.indexes) {
          if (index.expireAfterSeconds === undefined) continue;
          removed += this.expire(collection, index, AT_ONCE - removed);
          if (removed >= AT_ONCE) break;
        }
      }
    } catch (error) {
      // After any failure (such as a full disk) the shared commit must not be kept in part. The next round retries.
      this.isRunning = false;
      this.commit.abandon(error);
      return;
    }
    this.deleted += removed;
    this.commit.whenDurable((error) => {
      if (error === undefined && removed >= AT_ONCE && this.timer) setImmediate(() => this.step());
      else {
        this.isRunning = false;
        this.passes += 1;
      }
    });
  }

  private expire(collection: Collection, index: IndexDefinition, atMost: number): number {
    const seconds = index.expireAfterSeconds as number;
    const before = new Date(Date.now() - seconds * 1_000);
    const expired: StoredDocument[] = [];
    for (const rid of expiredIn(collection, index, before)) {
      const stored = collection.get(rid);
      if (stored && !expired.some((other) => other.rid === rid)) expired.push(stored);
      if (expired.length >= atMost) break;
    }
    if (expired.length > 0) this.store.begin();
    for (const stored of expired) collection.remove(stored);
    return expired.length;
  }
}

/** Dates come by time in an index, and no other type lies between them. */
function expiredIn(collection: Collection, index: IndexDefinition, before: Date): Iterable<number> {
  const { directions } = index;
  const oldest = sortKey([new Date(-8.64e15)], directions);
  const newest = sortKey([before], directions);
  const [from, to] = directions[0] === 1 ? [oldest, newest] : [newest, oldest];
  return collection.scanIndex(
    index,
    { from, to: Buffer.concat([to, Buffer.from([255])]) },
    directions[0] as 1 | -1,
  );
}
