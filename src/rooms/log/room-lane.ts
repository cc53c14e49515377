import { AppError } from '../../errors';
import type { Meter } from '../../figures';
import type { Traces } from '../../spans';
import { endOfTurn } from '../asking/gathered';
import type { CountWrites } from '../asking/remembered';
import type { Append } from '../feed/wake-up';
import type { Models } from '../models';
import { ParticipantStatus } from '../participant.model';
import type { Fold } from './fold';
import type { Foldable, LateFolds } from './late-folds';
import { inUnbrokenEpoch } from './new-epoch';
import { UpdateSource } from './participant-update';
import { ProjectionBacklog } from './projection-backlog';
import { decideAll, type Job, type Question } from './questions';
import { closingAfter, isLastLeave } from './room-closing';
import type { RoomCommits } from './room-commits';
import { readEntries, revive } from './room-entries';
import type { RoomEvent } from './room-event.model';
import { EntryMissing, RoomState } from './room-state';
import { traceAppends } from './traced-appends';

export interface LaneSurroundings {
  readonly models: Models;
  readonly commits: RoomCommits;
  readonly folds: LateFolds;
  /** What the database says at this moment; false where there is no such room. */
  readonly isEnabled: (roomId: string) => Promise<boolean>;
  /** Of entries, of all rooms. */
  readonly countEntries?: CountWrites;
  readonly now: () => Date;
  /** Receives each run of new entries, in order, after they are committed: for all processes, or for this one only. */
  readonly announce: (roomId: string, entries: readonly RoomEvent[], appends?: readonly Append[]) => void;
  readonly announceHere: (roomId: string, entries: readonly RoomEvent[]) => void;
  readonly meter: Meter;
  readonly traces?: Traces | undefined;
  /** Told of a fold that could not be written; it is written again later. */
  readonly report: (error: unknown, roomId: string) => void;
}

/**
 * How long a round is retried while other processes append first. Each lost insert means that another process's was stored, so a
 * round that keeps losing is slow, not stuck; a bound in attempts would reject callers in a busy room within milliseconds.
 */
const MAX_CONTENTION_MS = 10_000;
const CATCH_UP_PAGE = 1_000;

/**
 * One room's questions, answered one round after another. Those that arrive during a round share the next one, so
 * that a hot room costs one insert for many joins. What is committed is answered for at once, and folded a little later.
 */
export class RoomLane implements Foldable {
  private waiting: Job[] = [];
  private running = false;
  private state: RoomState | undefined;
  private readonly backlog = new ProjectionBacklog();
  /** Entries of other processes that were not delivered in this process yet. */
  private untold: RoomEvent[] = [];
  /** Whether their writers may have crashed before publishing them. */
  private mustTellAll = false;
  /** The last place that a wake-up told of. It may be wrong, and saves the loss of an insert where it is right. */
  private heardOf = 0;
  /** The count of writes up to which this log is known here; undefined where it is not known, or they cannot be counted. */
  private readAsOf: number | undefined;
  /** The place up to which those who left are not kept in memory any more. */
  private forgottenSeq = 0;

  constructor(
    private readonly roomId: string,
    private readonly around: LaneSurroundings,
  ) {}

  get idle(): boolean {
    return !this.running && this.dirtySince === undefined;
  }

  get dirtySince(): Date | undefined {
    return this.backlog.dirtySince;
  }

  get unwritten(): Fold | undefined {
    return this.backlog.unwritten;
  }

  get ahead(): ProjectionBacklog['ahead'] {
    return this.backlog.ahead;
  }

  wasFolded(fold: Fold, inStead: boolean): void {
    if (inStead) this.mustTellAll = true;
    if (this.backlog.wasProjected(fold) && !this.running) this.forgetGone();
  }

  failedToFold(error: unknown, isLost: boolean): void {
    if (isLost) this.state = undefined;
    this.around.meter.count('room_fold_failures_total');
    this.around.report(error, this.roomId);
  }

  ask<T>(question: Question<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const cause = this.around.traces?.here();
      this.waiting.push({ ...question, cause, resolve: resolve as (answer: unknown) => void, reject });
      if (!this.running) void this.run();
    });
  }

  /** A hint that the log has reached a position. It only makes the next round read the log. */
  wasToldOf(seq: number): void {
    this.heardOf = Math.max(this.heardOf, seq);
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0) {
      // Commands of the same tick share the round, and subscribers receive its entries in one write.
      await endOfTurn();
      const jobs = this.waiting;
      this.waiting = [];
      await this.round(jobs).catch((error: unknown) => {
        // What was decided on this state may or may not be committed: the next round reads the log again.
        this.state = undefined;
        for (const job of jobs) job.reject(error);
      });
      this.forgetGone();
    }
    this.running = false;
  }

  /** Never in the middle of a round, which may have found them here and not looked for them in the database. */
  private forgetGone(): void {
    const { projectedUpTo } = this.backlog;
    if (this.forgottenSeq === projectedUpTo) return;
    this.state?.forgetGone(projectedUpTo);
    this.forgottenSeq = projectedUpTo;
  }

  private async round(jobs: readonly Job[]): Promise<void> {
    const started = performance.now();
    do {
      const state = await this.current();
      const ready = await this.prepare(state, jobs);
      const began = performance.now();
      state.mark();
      const { entries, askers, settle } = decideAll(state, ready, this.around.now());
      entries.push(...(await this.closing(state, entries)));
      if (entries.length > 0 ? await this.commit(state, entries) : !(await this.isBehind(state))) {
        const { traces } = this.around;
        const appends = traces && traceAppends(traces, entries, { askers, began });
        if (!this.backlog.isEmpty) await this.around.folds.add(this);
        this.tellWhatOthersDid();
        this.around.announce(this.roomId, entries, appends);
        settle();
        return;
      }
    } while (performance.now() - started < MAX_CONTENTION_MS);
    throw new AppError('UNAVAILABLE', `Room ${this.roomId} is too busy just now; try again.`, {
      retryAfter: 1,
    });
  }

  /** The room's cached state, after reading the entries that were hinted. */
  private async current(): Promise<RoomState> {
    const { state, heardOf } = this;
    this.heardOf = 0;
    if (state && heardOf > state.head) await this.isBehind(state);
    return this.state ?? this.load();
  }

  private async load(): Promise<RoomState> {
    const { rooms, participants } = this.around.models;
    const found = await rooms.findOne({ roomId: this.roomId }).lean();
    if (!found) throw new AppError('ROOM_NOT_FOUND', `There is no room ${this.roomId}.`);
    const room = await inUnbrokenEpoch(this.around.models, found);
    const statuses = [ParticipantStatus.ACTIVE, ParticipantStatus.RECONNECTING];
    const present = await participants.find({ roomId: this.roomId, status: { $in: statuses } }).lean();
    const state = new RoomState(room, present.map(revive));
    const unprojected = await this.catchUp(state);
    this.backlog.restart(room.asOfSeq, unprojected);
    this.untold = [...unprojected];
    this.state = state;
    return state;
  }

  /** The last participant to leave a disabled room closes it. Another process may have disabled it. */
  private async closing(state: RoomState, entries: readonly RoomEvent[]): Promise<RoomEvent[]> {
    const last = entries.at(-1);
    if (!last || !isLastLeave(state, last)) return [];
    state.enabled = await this.around.isEnabled(this.roomId);
    return closingAfter(state, last).map((change) => state.next(change, this.around.now()));
  }

  /** Answers with the questions that can be decided; one whose facts could not be read is alone in that. */
  private async prepare(state: RoomState, jobs: readonly Job[]): Promise<Job[]> {
    const keys = jobs
      .flatMap(({ keys = [], otherKeys = [] }) =>
        keys.some((key) => state.find(key)) ? keys : [...keys, ...otherKeys],
      )
      .filter((key) => !state.find(key));
    if (keys.length > 0) {
      const { participants } = this.around.models;
      const gone = await participants.find({ roomId: this.roomId, keys: { $in: keys } }).lean();
      state.remember(gone.map(revive));
    }
    const ready: Job[] = [];
    await Promise.all(
      jobs.map(async (job) => {
        try {
          await job.prepare?.();
          ready.push(job);
        } catch (error) {
          job.reject(error);
        }
      }),
    );
    // In the order in which they were asked, not in which they became ready.
    return jobs.filter((job) => ready.includes(job));
  }

  /** Whether other processes have appended entries, which are then read. If they were trimmed, the room is reloaded. */
  private async isBehind(state: RoomState): Promise<boolean> {
    state.keep();
    const asOf = this.around.countEntries?.();
    // No entry of any room was written since then: a thousand subscribers that come together query the database once.
    if (asOf !== undefined && asOf === this.readAsOf) return false;
    try {
      const missed = await this.catchUp(state);
      this.readAsOf = asOf;
      this.backlog.addOthers(missed);
      this.untold.push(...missed);
      return missed.length > 0;
    } catch (error) {
      if (!(error instanceof EntryMissing)) throw error;
      this.state = undefined;
      return true;
    }
  }

  /** Reads what others appended. */
  private async catchUp(state: RoomState): Promise<RoomEvent[]> {
    const missed: RoomEvent[] = [];
    for (;;) {
      const page = await readEntries(this.around.models, state, state.head, CATCH_UP_PAGE);
      for (const entry of page) state.apply(entry);
      missed.push(...page);
      if (page.length < CATCH_UP_PAGE) return missed;
    }
  }

  /**
   * Delivers entries committed by other processes. Their writer publishes them, but it may have crashed first, or its message may
   * still be in flight.
   */
  private tellWhatOthersDid(): void {
    const { announce, announceHere } = this.around;
    const tell = this.mustTellAll ? announce : announceHere;
    tell(this.roomId, this.untold);
    this.untold = [];
    this.mustTellAll = false;
  }

  /** The commit point. False when another process appended first, and all must be decided again. */
  private async commit(state: RoomState, entries: readonly RoomEvent[]): Promise<boolean> {
    this.backlog.inserting(this.around.now());
    const isStored = await this.around.commits.insert(entries);
    if (isStored) {
      state.keep();
      this.backlog.stored(entries);
      countEntries(entries, this.around.meter);
    } else {
      this.around.meter.count('room_log_conflicts_total');
      state.takeBack();
      // What stands in the way is behind the place that is known here, or the place is not what it was thought to be.
      if (!(await this.isBehind(state))) this.state = undefined;
    }
    return isStored;
  }
}

function countEntries(entries: readonly RoomEvent[], meter: Meter): void {
  meter.count('room_log_appends_total');
  for (const { source, action } of entries) {
    meter.count('room_events_published_total', { source });
    if (source === UpdateSource.RECONCILE) meter.count('reconcile_drift_total', { kind: action });
  }
}
