import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../errors';
import type { Meter } from '../figures';
import type { LastingDoor } from './drain';
import type { Crowds } from './logins/crowds';
import { identityOf } from './logins/http-login';
import type { Identities } from './logins/identity';

export interface OpenStreamsSettings {
  readonly pingSeconds: number;
  /** Seconds for which a reader may read nothing at all. */
  readonly stallSeconds: number;
  /** Whether there is no room for another one. */
  readonly isFull: () => boolean;
  readonly meter: Meter;
  readonly identities: Pick<Identities, 'whenEnds' | 'opens'>;
  /** Sockets and streams by the address that they come from. */
  readonly addresses: Crowds;
}

/** A response that stays open and is written piece by piece. */
export interface OpenStream {
  /** Aborts when the connection has ended, on either side. */
  readonly gone: AbortSignal;
  /** Sends the head. From now on `heartbeat`, which readers of this kind of stream ignore, shows that it is alive. */
  begin(headers: Readonly<Record<string, string>>, heartbeat: string): void;
  /** Resolves when the reader has taken in enough for the next piece, or is gone. A reader that stalls is cut off. */
  write(piece: string): Promise<void>;
  /** Resolves as `write` does, writing nothing. */
  drained(): Promise<void>;
  /** Ends the stream in the way of its protocol. */
  end(): void;
}

/** For proxies: neither keep it nor hold pieces of it back (the second is nginx's name for that). */
const unbuffered = { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' };

/**
 * The responses that stay open: event streams and multipart ones. They count as sockets do, prove by heartbeats that they
 * are alive, and are cut when the server goes down: an end would tell their readers not to come back. One that begins even then
 * is cut at once: browsers come back after a cut, and never after a refusal. Requests that wait for news count as well, and are
 * answered without.
 */
export class OpenStreams implements LastingDoor {
  private readonly responses = new Set<ServerResponse>();
  /** Requests that wait for news, and how each is answered at once. */
  private readonly waits = new Map<ServerResponse, () => void>();
  private isClosing = false;

  constructor(private readonly settings: OpenStreamsSettings) {}

  get count(): number {
    return this.responses.size + this.waits.size;
  }

  /**
   * Counts a response that is to stay open, at most until the login of its caller ends.
   *
   * @throws AppError RATE_LIMITED when there are too many
   */
  open(request: IncomingMessage, response: ServerResponse): OpenStream {
    const gone = this.keep(request, response);
    const drained = () => this.drained(response, gone);
    const write = async (piece: string) => {
      if (!gone.aborted && !response.write(piece)) await drained();
    };
    const begin = (headers: Readonly<Record<string, string>>, heartbeat: string) => {
      response.writeHead(200, { ...headers, ...unbuffered });
      response.flushHeaders();
      if (this.isClosing) setImmediate(() => response.destroy());
      const pinger = setInterval(() => {
        if (!response.writableNeedDrain) response.write(heartbeat);
      }, this.settings.pingSeconds * 1_000);
      gone.addEventListener('abort', () => clearInterval(pinger), { once: true });
    };
    return { gone, begin, write, drained, end: () => void response.end() };
  }

  private keep(request: IncomingMessage, response: ServerResponse): AbortSignal {
    this.enter(request, response);
    const gone = new AbortController();
    this.responses.add(response);
    const stopWaiting = this.settings.identities.whenEnds(identityOf(request), () => response.destroy());
    response.once('close', () => {
      stopWaiting();
      this.responses.delete(response);
      gone.abort();
    });
    response.on('error', () => response.destroy());
    return gone.signal;
  }

  /** Counts a response until it closes. @throws AppError RATE_LIMITED when there are too many */
  private enter(request: IncomingMessage, response: ServerResponse): void {
    const { addresses, isFull, identities } = this.settings;
    const address = request.socket.remoteAddress ?? '';
    if (isFull() || addresses.isFull(address)) {
      throw new AppError('RATE_LIMITED', 'There are too many open connections; try again later.', {
        retryAfter: 5,
      });
    }
    const countOff = [identities.opens(identityOf(request)), addresses.enter(address)];
    response.once('close', () => {
      for (const each of countOff) each();
    });
  }

  private drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
    if (!response.writableNeedDrain || gone.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.settings.meter.count('ws_slow_consumer_disconnects_total', { kind: 'stream' });
        response.destroy();
      }, this.settings.stallSeconds * 1_000);
      const settle = () => {
        clearTimeout(late);
        response.off('drain', settle);
        gone.removeEventListener('abort', settle);
        resolve();
      };
      response.once('drain', settle);
      gone.addEventListener('abort', settle, { once: true });
    });
  }

  /**
   * Lets a request wait for news until its response closes; `answer` is called when the server goes down. It counts as a stream does.
   *
   * @throws AppError RATE_LIMITED when there are too many
   */
  wait(request: IncomingMessage, response: ServerResponse, answer: () => void): void {
    this.enter(request, response);
    this.waits.set(response, answer);
    response.once('close', () => this.waits.delete(response));
    if (this.isClosing) answer();
  }

  goodbyes(): (() => void)[] {
    this.isClosing = true;
    return [...[...this.responses].map((response) => () => void response.destroy()), ...this.waits.values()];
  }

  /** A response that is cut is gone, and a wait that is over is a request like any other. */
  async gone(): Promise<void> {}

  cut(): void {
    for (const response of this.responses) response.destroy();
  }
}
