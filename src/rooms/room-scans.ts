import { isTimeLimitExceeded } from '../database/connect';
import { AppError } from '../errors';
import { Crowded, Gate } from '../gate';
import { type Caller, callerKey } from './access/caller';

/** How long the database may work on one read of the list of rooms. */
export const MAX_SCAN_MS = 5_000;

/** How long a scan waits for its turn. */
const MAX_WAIT_MS = 10_000;

const MAX_SCANS = {
  /** Of one caller at a time. */
  perCaller: 4,
  /** Of one caller that wait for their turn. */
  waiting: 100,
  /** Of all callers at a time: fewer than the pool has connections, so that short reads always find one. */
  total: 12,
} as const;

interface CallerScans {
  readonly gate: Gate;
  /** Running or waiting. */
  open: number;
}

/**
 * Bounds the reads that may look at every stored room, such as a search by part of a name or a count: so many at a time for each
 * caller, and so many for all. What is beyond waits, and is refused where too much waits.
 */
export class RoomScans {
  private readonly total = new Gate(MAX_SCANS.total);
  private readonly callers = new Map<string, CallerScans>();

  /**
   * @param isScan whether the read may look at every room; only those are bounded in number
   * @throws AppError RATE_LIMITED; QUERY_TOO_COMPLEX where the database gave up; and what `read` throws
   */
  async run<T>(caller: Caller, isScan: boolean, read: () => Promise<T>): Promise<T> {
    if (!isScan) return withinTime(read);
    const key = callerKey(caller);
    const scans = this.callers.get(key) ?? {
      gate: new Gate(MAX_SCANS.perCaller, MAX_SCANS.waiting),
      open: 0,
    };
    this.callers.set(key, scans);
    scans.open += 1;
    try {
      const within = MAX_WAIT_MS;
      return await scans.gate.pass(() => this.total.pass(() => withinTime(read), { within }), { within });
    } catch (error) {
      if (error instanceof Crowded) throw tooManyScans();
      throw error;
    } finally {
      scans.open -= 1;
      if (scans.open === 0) this.callers.delete(key);
    }
  }
}

/** Explains to the caller that the database ended a read after `MAX_SCAN_MS`. @throws AppError QUERY_TOO_COMPLEX */
async function withinTime<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isTimeLimitExceeded(error)) throw error;
    const message =
      `Reading the rooms took longer than ${MAX_SCAN_MS / 1_000} s and was stopped. ` +
      'Narrow the filter, for example with createdAfter, and leave out totalCount.';
    throw new AppError('QUERY_TOO_COMPLEX', message, { cause: error });
  }
}

function tooManyScans(): AppError {
  const message =
    `At most ${MAX_SCANS.perCaller} searches and counts of rooms run at a time for one caller, and ` +
    `${MAX_SCANS.waiting} wait; try again when some of yours are answered.`;
  return new AppError('RATE_LIMITED', message, { retryAfter: 1 });
}
