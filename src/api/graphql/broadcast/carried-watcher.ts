import type { Meter } from '../../../figures';
import type { LivePlace, LiveRelay } from '../../../rooms/feed/live-relay';
import type { Operation } from '../operation';
import type { Broadcasts, Listener, SharedPayload } from './broadcast';
import type { FrameSource, SocketWriter } from './socket-writer';
import { bytesOf, textFrame } from './text-frame';

export interface CarriedParts {
  readonly meter: Meter;
  readonly broadcasts: Broadcasts;
  readonly writer: SocketWriter;
  /** The subscription's id on its socket. */
  readonly id: string;
  readonly operation: Operation;
  readonly sharing: string;
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

  constructor(private readonly parts: CarriedParts) {
    this.head = bytesOf(`{"id":${JSON.stringify(parts.id)},"type":"next","payload":`);
  }

  carry(place: LivePlace): Promise<number> {
    const { broadcasts, operation, sharing } = this.parts;
    this.seq = place.seq;
    return new Promise((resolve) => {
      this.handBack = resolve;
      this.leave = broadcasts.join(this, operation, sharing, place);
    });
  }

  stop(): void {
    this.handBack(this.putDown());
  }

  tell(payload: SharedPayload): void {
    if (payload.seq <= this.seq) return;
    const isFull = this.queue.length >= this.parts.queueAtMost;
    if (isFull) this.parts.meter.count('subscription_overflows_total');
    if (payload.seq > this.seq + 1 || isFull) {
      this.dismiss();
    } else {
      this.seq = payload.seq;
      this.queue.push(payload);
      this.parts.writer.wants(this);
    }
  }

  dismiss(): void {
    this.parts.writer.flush();
    const seq = this.putDown();
    this.parts.writer.whenDrained(() => this.handBack(seq));
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
    if (taken > 1) this.parts.meter.observe('subscription_queue_depth', taken);
    this.parts.writer.told(taken);
    this.queue = taken === this.queue.length ? [] : this.queue.slice(taken);
    return frames;
  }

  /** Leaves the broadcast. What waits in the queue was told to nobody: the log tells it again. */
  private putDown(): number {
    this.leave();
    this.leave = NOWHERE;
    this.parts.writer.forget(this);
    this.seq -= this.queue.length;
    this.queue = [];
    return this.seq;
  }
}
