import type { mongo } from 'mongoose';
import type { Commands } from '../../database/commands';
import { isDuplicateKey } from '../../database/connect';
import type { Models } from '../models';
import type { RoomEvent } from './room-event.model';

/** Entries of one room, in order, that are stored or rejected independently of other rooms. */
interface Commit {
  readonly documents: readonly object[];
  readonly resolve: (isStored: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores the entries of all rooms that have some at the same time by one insert. Each room has an outcome of its own: where
 * one is refused because another process appended first, those behind it are inserted again without it.
 */
export class RoomCommits {
  private waiting: Commit[] = [];

  constructor(
    private readonly models: Pick<Models, 'events'>,
    private readonly commands: Commands,
  ) {}

  /**
   * The commit point. Entries of one call are of one room and stored in their order, so that a refused one is followed by none.
   *
   * @returns false where another process appended first: the rest of the log must be read, and everything decided again
   */
  insert(entries: readonly RoomEvent[]): Promise<boolean> {
    return new Promise((resolve, reject) => {
      // When everything that has arrived by now has been decided.
      if (this.waiting.length === 0) setImmediate(() => this.insertWaiting());
      this.waiting.push({ documents: entries.map(toDocument), resolve, reject });
    });
  }

  private insertWaiting(): void {
    const commits = this.waiting;
    this.waiting = [];
    void this.insertAll(commits);
  }

  private async insertAll(commits: readonly Commit[]): Promise<void> {
    const documents = commits.flatMap((commit) => commit.documents);
    try {
      // In order: entries before the first rejected one are stored, and none after it.
      await this.commands.insert(this.models.events.collection, documents);
    } catch (error) {
      return this.refused(commits, error);
    }
    for (const { resolve } of commits) resolve(true);
  }

  private refused(commits: readonly Commit[], error: unknown): Promise<void> | undefined {
    const first = refusedAt(commits, error);
    // It is unknown which of them are stored.
    if (first === undefined) {
      for (const { reject } of commits) reject(error);
      return;
    }
    for (const { resolve } of commits.slice(0, first)) resolve(true);
    if (isDuplicateKey(error)) commits[first]?.resolve(false);
    else commits[first]?.reject(error);
    const rest = commits.slice(first + 1);
    return rest.length > 0 ? this.insertAll(rest) : undefined;
  }
}

/** Whose entry was refused; undefined where the error is about none of them. */
function refusedAt(commits: readonly Commit[], error: unknown): number | undefined {
  const [refusal] = [(error as Partial<mongo.MongoBulkWriteError>).writeErrors ?? []].flat();
  if (!refusal) return undefined;
  let end = 0;
  return commits.findIndex(({ documents }) => {
    end += documents.length;
    return refusal.index < end;
  });
}

/** Of the participant's keys the newest alone: the entries before it have the others. */
function toDocument(entry: RoomEvent): object {
  const { participant } = entry;
  const plain = participant ? { participant: { ...participant, keys: participant.keys.slice(-1) } } : {};
  return { ...entry, ...plain };
}
