import type { Meter } from '../../../figures';
import type { LivePlace, LiveRelay } from '../../../rooms/feed/live-relay';
import type { Operation } from '../operation';
import type { Broadcasts, Listener, SharedPayload } from './broadcast';
import type { SharedSelections } from './shared-selection';
import type { FrameSource, SocketWriter } from './socket-writer';
import { bytesOf, textFrame } from './text-frame';

/** What all of them share. */
export interface CarriedSurroundings {
  readonly meter: Meter;
  readonly broadcasts: Broadcasts;
  readonly selections: SharedSelections;
  /** Updates that may wait for the socket. */
  readonly queueAtMost: number;
}

const NOWHERE = () => undefined;

/**
 * One subscription while a broadcast tells it what happens: the shared bytes with its own id around them, straight to its
 * socket. It waits in a bounded queue while the socket is full; when that overflows it continues from the log, once the
 * socket has drained.
 */
export class CarriedWatcher implements LiveRelay, Listener, FrameSource {
  private queue: SharedPayload[] = [];
  /** The newest that is written, or waits in the queue. */
  seq = 0;
  private leave: () => void = NOWHERE;
  private handBack: (seq: number) => void = NOWHERE;
  private readonly head: string;

  /** @param id the subscription's, on its socket */
  constructor(
    private readonly around: CarriedSurroundings,
    private readonly writer: SocketWriter,
    private readonly operation: Operation,
    id: string,
  ) {
    this.head = bytesOf(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
  }

  carry(place: LivePlace): Promise<number> {
    const { broadcasts, selections } = this.around;
    const sharing = selections.keyOf(this.operation);
    this.seq = place.seq;
    return new Promise((resolve) => {
      this.handBack = resolve;
      this.leave = broadcasts.join(this, this.operation, sharing, place);
    });
  }

  stop(): void {
    this.handBack(this.putDown());
  }

  tell(payload: SharedPayload): void {
    if (payload.seq <= this.seq) return;
    // A large commit fills the queue of a socket that takes everything: only what the socket does not take makes it full.
    if (this.queue.length >= this.around.queueAtMost) this.writer.flush();
    const isFull = this.queue.length >= this.around.queueAtMost;
    if (isFull) this.around.meter.count('subscription_overflows_total');
    if (payload.seq > this.seq + 1 || isFull) {
      this.dismiss();
    } else {
      this.seq = payload.seq;
      this.queue.push(payload);
      this.writer.wants(this);
    }
  }

  dismiss(): void {
    this.writer.flush();
    const seq = this.putDown();
    this.writer.whenDrained(() => this.handBack(seq));
  }

  get hasFrames(): boolean {
    return this.queue.length > 0;
  }

  takeFrames(enough: number): string {
    let frames = '';
    let taken = 0;
    for (const { bytes } of this.queue) {
      frames += textFrame(`${this.head}${bytes}}`);
      taken += 1;
      if (frames.length >= enough) break;
    }
    if (taken > 1) this.around.meter.observe('subscription_queue_depth', taken);
    this.writer.told(taken);
    this.queue = taken === this.queue.length ? [] : this.queue.slice(taken);
    return frames;
  }

  /** Leaves the broadcast. What waits in the queue was not delivered: the replay from the log delivers it. */
  private putDown(): number {
    this.leave();
    this.leave = NOWHERE;
    this.writer.forget(this);
    this.seq -= this.queue.length;
    this.queue = [];
    return this.seq;
  }
}
