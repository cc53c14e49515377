import { type ExecutionArgs, execute } from 'graphql';
import { endOfTurn } from '../../../rooms/asking/gathered';
import type { LivePlace } from '../../../rooms/feed/live-relay';
import type { RoomFeed } from '../../../rooms/feed/room-feed';
import { ParticipantAction, type ParticipantUpdate } from '../../../rooms/log/participant-update';
import type { Operation } from '../operation';
import { bytesOf } from './text-frame';

/** One update, executed and serialised once for all subscribers of a group: the `payload` of a `next` message, as a string of bytes. */
export interface SharedPayload {
  readonly seq: number;
  readonly bytes: string;
}

/** A watcher whom a broadcast tells what happens. */
export interface Listener {
  /** The place that it has been told. */
  readonly seq: number;
  tell(payload: SharedPayload): void;
  /** The broadcast ends for it: it continues from its position in the log. */
  dismiss(): void;
}

/**
 * How many deliveries one broadcast queues in one tick, about 20 ms of work. A larger commit continues in the next tick, so that
 * other work is served in between. What a socket is given costs far more than what is queued for it: `Ticks` bounds the writes.
 */
const DELIVERIES_PER_TICK = 30_000;
/** Executing an update costs as much as queuing this many deliveries. */
const COST_OF_EXECUTION = 256;

/** Receives the error of a broadcast that failed; its listeners continue from the log. */
export type Report = (error: unknown, where: string) => void;

/**
 * One room, told in one selection: each update is executed and serialised once, however many listen. It opens with its first
 * listener and closes with its last.
 *
 * The shared execution has no context: there is no caller in it whose data it could show to another. Anything that cannot go
 * this way, an error in the result or a place that does not fit, dismisses the listeners, each to an execution of its own.
 */
class Broadcast {
  readonly listeners = new Set<Listener>();
  private detach: (() => void) | undefined;
  private isClosed = false;
  /** Updates are told one after another, also where one takes longer to execute than the next. */
  private told: Promise<void> = Promise.resolve();
  /** What this tick has cost so far, in deliveries. */
  private spent = 0;

  private readonly operation: ExecutionArgs;

  /** @param key what its listeners have in common */
  constructor(
    readonly key: string,
    operation: Operation,
    private readonly place: LivePlace,
    private readonly report: Report,
  ) {
    this.operation = { ...operation, contextValue: undefined };
  }

  async open(feed: Pick<RoomFeed, 'listen'>): Promise<void> {
    const { roomId, epoch } = this.place;
    try {
      const live = await feed.listen(roomId, (update, place) => this.hear(update, place));
      if (this.isClosed || live.epoch !== epoch) live.detach();
      else this.detach = live.detach;
      // Updates during its opening were not received.
      for (const listener of this.listeners) {
        if (this.detach === undefined || listener.seq < live.seq) this.dismiss(listener);
      }
    } catch (error) {
      this.report(error, 'broadcast');
      this.dismissAll();
    }
  }

  close(): void {
    this.isClosed = true;
    this.detach?.();
  }

  private hear(update: ParticipantUpdate, { epoch, seq }: LivePlace): void {
    // The end of a stream is for the feed to tell: it knows what follows.
    const isEnd = epoch !== this.place.epoch || update.action === ParticipantAction.ROOM_CLOSED;
    this.told = this.told
      .then(() => (isEnd ? undefined : this.execute(update)))
      .then((bytes) => {
        if (bytes === undefined) this.dismissAll();
        else for (const listener of this.listeners) listener.tell({ seq, bytes });
        return this.rest();
      })
      .catch((error: unknown) => {
        this.report(error, 'broadcast');
        this.dismissAll();
      });
  }

  /** Resolves at once, or in the next tick where this one has cost enough. */
  private rest(): Promise<void> | undefined {
    if (this.spent === 0) setImmediate(() => (this.spent = 0));
    this.spent += COST_OF_EXECUTION + this.listeners.size;
    return this.spent < DELIVERIES_PER_TICK ? undefined : endOfTurn();
  }

  private async execute(update: ParticipantUpdate): Promise<string | undefined> {
    const result = await execute({ ...this.operation, rootValue: update });
    return result.errors ? undefined : bytesOf(JSON.stringify(result));
  }

  private dismissAll(): void {
    for (const listener of this.listeners) this.dismiss(listener);
  }

  private dismiss(listener: Listener): void {
    this.listeners.delete(listener);
    listener.dismiss();
  }
}

/** The broadcasts with listeners, by what their listeners have in common. */
export class Broadcasts {
  private readonly open = new Map<string, Broadcast>();

  constructor(private readonly report: Report) {}

  /** Tells a listener every update after `place` from now on, until it leaves or is dismissed. Answers with how to leave. */
  join(listener: Listener, operation: Operation, sharing: string, place: LivePlace): () => void {
    const broadcast = this.broadcast(operation, sharing, place);
    broadcast.listeners.add(listener);
    // Remembers no more than this: there is one for each watcher.
    return () => this.leave(broadcast, listener);
  }

  private broadcast(operation: Operation, sharing: string, place: LivePlace): Broadcast {
    const key = JSON.stringify([place.roomId, place.epoch, sharing]);
    const known = this.open.get(key);
    if (known) return known;
    const opened = new Broadcast(key, operation, place, this.report);
    this.open.set(key, opened);
    void opened.open(operation.contextValue.feed);
    return opened;
  }

  private leave(broadcast: Broadcast, listener: Listener): void {
    broadcast.listeners.delete(listener);
    if (broadcast.listeners.size > 0) return;
    broadcast.close();
    if (this.open.get(broadcast.key) === broadcast) this.open.delete(broadcast.key);
  }
}
