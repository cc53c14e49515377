import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** A source of frames for a socket. */
export interface FrameSource {
  readonly hasFrames: boolean;
  /** Frames that are due, as a string of bytes: at least one, and no further one once there are `enough` characters. */
  takeFrames(enough: number): string;
}

/** Characters written in one go: what is beyond it waits, as references to shared updates, until the socket has drained. */
const ONE_WRITE = 64 * 1_024;

/**
 * Writes frames beside ws, on the same TCP socket: one write for all that a tick brings, and nothing while the socket has not
 * drained what it was given. Frames stay whole and in order, because ws without compression writes each of its own at once.
 */
export class SocketWriter {
  /** Few, and mostly one or none: sets would take more memory for each socket than everything else here. */
  private sources: FrameSource[] = [];
  private waiting: (() => void)[] = [];

  constructor(
    private readonly ws: WebSocket,
    private readonly tcp: Socket,
    private readonly ticks: Ticks,
  ) {
    tcp.on('drain', () => this.drained());
  }

  /** Asks for the frames of a source at the end of this tick, or as soon as the socket has drained. */
  wants(source: FrameSource): void {
    if (!this.sources.includes(source)) this.sources.push(source);
    if (this.isDrained) this.ticks.schedule(this);
  }

  forget(source: FrameSource): void {
    this.sources = this.sources.filter((each) => each !== source);
  }

  /** Counts updates among the frames that were taken. */
  told(updates: number): void {
    this.ticks.told += updates;
  }

  /** Calls back at once, or when the socket has drained; never when it closes first. */
  whenDrained(act: () => void): void {
    if (this.isDrained) act();
    else this.waiting.push(act);
  }

  /** Writes what there is, as far as the socket takes it. */
  flush(): void {
    // After a close frame nothing may follow.
    if (this.ws.readyState !== this.ws.OPEN || !this.tcp.writable) this.sources = [];
    while (this.sources.length > 0 && this.isDrained) this.tcp.write(this.nextBytes(), 'latin1');
  }

  private get isDrained(): boolean {
    return !this.tcp.writableNeedDrain;
  }

  private nextBytes(): string {
    let bytes = '';
    let said = 0;
    for (const source of this.sources) {
      if (source.hasFrames) bytes += source.takeFrames(ONE_WRITE - bytes.length);
      if (source.hasFrames) break;
      said += 1;
      if (bytes.length >= ONE_WRITE) break;
    }
    this.sources.splice(0, said);
    return bytes;
  }

  private drained(): void {
    this.flush();
    const { waiting } = this;
    this.waiting = [];
    for (const act of waiting) act();
  }
}

/** How many sockets are written to in one tick, about 50 ms of work. The rest follow in the next one. */
const SOCKETS_PER_TICK = 4_096;

/**
 * Batches writes: each socket is written to once for all that a tick brought. A socket whose write has to wait for the next tick
 * gets what arrived in the meantime with the same write.
 */
export class Ticks {
  /** In the order in which they asked. */
  private readonly writers = new Set<Pick<SocketWriter, 'flush'>>();
  /** Updates written and not counted yet. */
  told = 0;

  /** @param count receives after each tick how many updates were written */
  constructor(private readonly count: (updates: number) => void) {}

  schedule(writer: Pick<SocketWriter, 'flush'>): void {
    if (this.writers.size === 0) setImmediate(() => this.flush());
    this.writers.add(writer);
  }

  private flush(): void {
    let written = 0;
    for (const writer of this.writers) {
      if (written === SOCKETS_PER_TICK) break;
      this.writers.delete(writer);
      writer.flush();
      written += 1;
    }
    this.count(this.told);
    this.told = 0;
    if (this.writers.size > 0) setImmediate(() => this.flush());
  }
}
