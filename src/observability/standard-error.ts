import { constants, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Logger } from 'pino';
import type { Meter } from '../figures';

/** Lines of several seconds at LOG_LEVEL=debug, and little beside the memory of a process. */
const MAX_WAITING_BYTES = 1_024 * 1_024;
/** A full pipe gives no event in synchronous writing: it is tried again this much later. */
const RETRY_FULL_MS = 20;
/** The same for a broken pipe or a full disk, which last longer. */
const RETRY_FAILED_MS = 1_000;
/** How long an exit waits for a reader: what is left of the 10 s to stop in, after the 9 s for draining. */
const EXIT_FLUSH_MS = 500;
const EXIT_POLL_MS = 5;

type Written = 'all' | 'full' | 'failed';

/**
 * Writes lines to a descriptor at once and in order, and never blocks: lines that its reader does not take yet wait in memory. Beyond
 * `MAX_WAITING_BYTES` lines are dropped and counted, until all that wait are written. The descriptor must be non-blocking. An
 * asynchronous write to a blocking one would occupy a thread of libuv until it is read, and `process.exit` waits for that thread.
 */
export class BoundedOutput {
  private readonly waiting: Buffer[] = [];
  private waitingBytes = 0;
  private droppedLines = 0;
  private meter: Pick<Meter, 'count'> | undefined;
  private onResumed: ((droppedLines: number) => void) | undefined;

  constructor(private readonly descriptor: number) {}

  /** Counts dropped lines in `meter`, and calls `onResumed` with their number once lines are written again. */
  reportDrops(meter: Pick<Meter, 'count'>, onResumed: (droppedLines: number) => void): void {
    this.meter = meter;
    this.onResumed = onResumed;
  }

  write(line: string): void {
    const isFull = this.waitingBytes + Buffer.byteLength(line) > MAX_WAITING_BYTES;
    if (this.droppedLines === 0 && !isFull) {
      this.writeAlways(line);
      return;
    }
    this.droppedLines += 1;
    this.meter?.count('log_lines_dropped_total');
  }

  /** Writes a line that must not be dropped, such as why the process ends. */
  writeAlways(line: string): void {
    const bytes = Buffer.from(line);
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
    // Otherwise a retry is due.
    if (this.waiting.length === 1) this.writeOrRetry();
  }

  /** Writes what waits, and blocks for that at most `withinMs`. */
  flush(withinMs: number): void {
    const deadline = performance.now() + withinMs;
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    while (this.writeWaiting() === 'full' && performance.now() < deadline) {
      Atomics.wait(sleeper, 0, 0, EXIT_POLL_MS);
    }
  }

  private writeOrRetry(): void {
    const written = this.writeWaiting();
    if (written === 'all') return;
    const delay = written === 'full' ? RETRY_FULL_MS : RETRY_FAILED_MS;
    // Does not keep the process alive: its exit flushes.
    setTimeout(() => this.writeOrRetry(), delay).unref();
  }

  private writeWaiting(): Written {
    for (let line = this.waiting[0]; line !== undefined; line = this.waiting[0]) {
      let length: number;
      try {
        length = writeSync(this.descriptor, line);
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 'full' : 'failed';
      }
      this.waitingBytes -= length;
      if (length < line.length) this.waiting[0] = line.subarray(length);
      else this.waiting.shift();
    }
    const { droppedLines } = this;
    this.droppedLines = 0;
    if (droppedLines > 0) this.onResumed?.(droppedLines);
    return 'all';
  }
}

let shared: BoundedOutput | undefined;

/** Returns the standard error of this process. What waits is flushed at its exit. */
export function standardError(): BoundedOutput {
  if (shared) return shared;
  const output = new BoundedOutput(openNonBlocking());
  process.on('exit', () => output.flush(EXIT_FLUSH_MS));
  shared = output;
  return output;
}

/** Counts the lines that standard error drops, and logs a warning with their number once it is read again. */
export function reportDroppedLines(logger: Logger, meter: Pick<Meter, 'count'>): void {
  standardError().reportDrops(meter, (dropped) =>
    logger.warn({ dropped }, 'log lines were dropped while standard error was not read'),
  );
}

function openNonBlocking(): number {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  if (isatty(2)) {
    try {
      // A description of its own: the shell that shares the terminal goes on blocking.
      return openSync('/dev/stderr', O_WRONLY | O_NONBLOCK | O_NOCTTY);
    } catch {
      return 2;
    }
  }
  // Opens the stream, for which libuv makes the pipe or socket non-blocking. Node restores it at the exit.
  void process.stderr;
  return 2;
}
