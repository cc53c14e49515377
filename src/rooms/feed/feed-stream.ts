import type { BoundedQueue } from '../../events/bounded-queue';
import type { ParticipantUpdate, SnapshotReason } from '../log/participant-update';
import type { LiveRelay } from './live-relay';
import { StoryCut } from './past';

type Story = AsyncGenerator<ParticipantUpdate, void>;

const NOTHING = () => undefined;

/**
 * What one watcher is told, and what is open for it. It can be ended while it waits, and its end is noticed even if it was never
 * begun: a generator that has not run yet does not reach its `finally`. There are as many of these as there are watchers, so that
 * no stream is nested in another and no function is made for one alone that all can share.
 */
export class FeedStream implements AsyncIterableIterator<ParticipantUpdate> {
  /** Called at any end of the stream; idempotent. */
  unwatch: () => void = NOTHING;
  detach: () => void = NOTHING;
  private story: Story | undefined;
  private why: Error | undefined;

  /** @param restart the stream after a history that was cut: from a new snapshot, or its rejection */
  constructor(
    private readonly queue: Pick<BoundedQueue<unknown>, 'end'>,
    private readonly relay: LiveRelay | undefined,
    private readonly restart: (reason: SnapshotReason) => Story,
  ) {}

  /** It may have been ended before. */
  begin(story: Story): void {
    this.story = story;
    if (this.why) this.stop();
  }

  async next(): Promise<IteratorResult<ParticipantUpdate, void>> {
    while (this.story) {
      try {
        const result = await this.story.next();
        // Drops an update that was due when the permission ended.
        this.throwIfForbidden();
        if (result.done) this.stop();
        return result;
      } catch (error) {
        if (!(error instanceof StoryCut)) {
          this.stop();
          throw error;
        }
        this.story = this.restart(error.reason);
      }
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<ParticipantUpdate, void>> {
    this.stop();
    await this.story?.return();
    return { done: true, value: undefined };
  }

  /** Ends it, because its watcher may no longer watch: `next` throws why. */
  forbid(why: Error): void {
    this.why = why;
    this.stop();
  }

  /** Ends it at once, and lets go of everything. Safe to repeat. */
  stop(): void {
    this.unwatch();
    this.detach();
    this.queue.end();
    this.relay?.stop();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Once: an iterator that has thrown is done. */
  private throwIfForbidden(): void {
    const { why } = this;
    this.why = undefined;
    if (why) throw why;
  }
}
