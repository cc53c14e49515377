import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { closeWith, endings } from './close-codes';

/** A reader that takes nothing does not get the close frame either: then it is cut off, in milliseconds. */
const CUT_OFF_AFTER = 3_000;
/** Looks within the time that a reader may stall: by so much of it the closing may be late. */
const LOOKS = 4;

interface Watched {
  readonly tcp: Socket;
  /** Bytes that the system has taken for the reader, and since when it has been no more. */
  taken: number;
  since: number;
}

/**
 * Sends away sockets whose reader takes nothing of what waits for it. One look at all of them now and then, rather than a timer
 * each; what is counted is what the system took, so that a slow reader that does read is left alone.
 */
export class StalledReaders {
  private readonly watched = new Map<WebSocket, Watched>();
  private readonly timer: NodeJS.Timeout;

  /** @param sentAway called for each that is closed */
  constructor(
    private readonly stallSeconds: number,
    private readonly sentAway: () => void,
  ) {
    this.timer = setInterval(() => this.look(), (stallSeconds * 1_000) / LOOKS).unref();
  }

  watch(ws: WebSocket, tcp: Socket): void {
    this.watched.set(ws, { tcp, taken: 0, since: performance.now() });
    ws.on('close', () => this.watched.delete(ws));
  }

  close(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = performance.now();
    for (const [ws, state] of this.watched) {
      const { tcp } = state;
      const taken = tcp.bytesWritten - tcp.writableLength;
      if (tcp.writableLength === 0 || taken !== state.taken) {
        state.taken = taken;
        state.since = now;
      } else if (now - state.since >= this.stallSeconds * 1_000) {
        this.watched.delete(ws);
        sendAway(ws, this.stallSeconds);
        this.sentAway();
      }
    }
  }
}

function sendAway(ws: WebSocket, stallSeconds: number): void {
  closeWith(ws, endings.stalled, { seconds: stallSeconds });
  const cutOff = setTimeout(() => ws.terminate(), CUT_OFF_AFTER).unref();
  ws.once('close', () => clearTimeout(cutOff));
}
