import { setTimeout as pause } from 'node:timers/promises';
import { type Meter, silentMeter } from '../../figures';

/** Something to be done over and over, for as long as the process lives. */
export interface Task {
  readonly name: string;
  readonly everySeconds: number;
  /** Done at once as well, and not only when its time has come for the first time. */
  readonly atStart?: boolean;
  /** Done by every process for itself, and not by one for all. */
  readonly everywhere?: boolean;
  /** Rejects, or resolves with an error that it has reported itself: both are failures. */
  readonly run: () => Promise<unknown>;
}

/** A task whose last runs all failed. */
export interface FailingTask {
  readonly name: string;
  /** How many in a row. */
  readonly failures: number;
  readonly error: unknown;
}

/** Says whose turn it is, where several processes work on one database. */
export interface Turn {
  hold(): Promise<boolean>;
  /** Whether it is this process's turn, as far as it knows. */
  readonly isMine: boolean;
  release(): Promise<void>;
}

/** A task whose turn it is not asks again after this, so that a process that died is not missed for long. */
const ASK_AGAIN_AFTER = 1;
/** A task that failed in this many periods in a row needs attention: what passes by itself has passed by then. */
const FAILURES_TO_REPORT = 3;
/** In milliseconds: a task that asks 100ms may wait for its answer for much longer. */
const FINISH_WITHIN = 1_000;

/**
 * Runs each task, waits its pause, runs it again. One that fails is reported and comes round again; one that is slow
 * delays only itself.
 */
export class Upkeep {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly running = new Set<Promise<void>>();
  private readonly failed = new Map<string, FailingTask>();
  private failedStart: FailingTask | undefined;
  private closed = false;

  constructor(
    private readonly tasks: readonly Task[],
    private readonly turn: Turn,
    private readonly report: (error: unknown, task: string) => void,
    private readonly meter: Meter = silentMeter,
  ) {
    meter.read('upkeep_task_failing', () => {
      const failing = new Set(this.failing().map(({ name }) => name));
      return Object.fromEntries(tasks.map(({ name }) => [name, Number(failing.has(name))]));
    });
  }

  /** Asks for the lease once, so that a start shows at once where it cannot be asked for, and schedules every task. */
  async start(): Promise<void> {
    try {
      await this.turn.hold();
    } catch (error) {
      this.failedStart = { name: 'upkeep lease', failures: 1, error };
      this.report(error, 'upkeep lease');
    }
    for (const task of this.tasks) this.schedule(task, task.atStart ? 0 : task.everySeconds);
  }

  /** Starts nothing more, and waits a little for what is running: every task may be cut short, as by the end of a process. */
  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    const patience = new AbortController();
    const late = pause(FINISH_WITHIN, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([Promise.all(this.running), late]);
    patience.abort();
    await this.turn.release().catch((error: unknown) => this.report(error, 'turn'));
  }

  /** The tasks that failed in each of their last three periods, and the lease where the start could not ask for it. */
  failing(): FailingTask[] {
    const tasks = [...this.failed.values()].filter(({ failures }) => failures >= FAILURES_TO_REPORT);
    return this.failedStart ? [this.failedStart, ...tasks] : tasks;
  }

  /** Runs a task at once, beside its schedule. Rejects if it fails or is unknown. */
  async runNow(name: string): Promise<void> {
    const task = this.tasks.find((each) => each.name === name);
    if (!task) throw new Error(`there is no task ${name}`);
    await task.run();
  }

  private schedule(task: Task, inSeconds = task.everySeconds): void {
    if (this.closed) return;
    const timer = setTimeout(() => {
      const run: Promise<void> = this.runInTurn(task)
        .catch((error: unknown) => {
          this.report(error, task.name);
          return true;
        })
        .then((wasTurn) => {
          this.running.delete(run);
          this.schedule(task, wasTurn ? task.everySeconds : Math.min(ASK_AGAIN_AFTER, task.everySeconds));
        });
      this.running.add(run);
    }, inSeconds * 1_000);
    this.timers.set(task.name, timer.unref());
  }

  /** Whether it was this process's turn. */
  private async runInTurn(task: Task): Promise<boolean> {
    try {
      if (!task.everywhere && !(await this.hold())) {
        this.failed.delete(task.name);
        return false;
      }
      const result = await task.run();
      if (result instanceof Error) this.noteFailure(task.name, result);
      else this.noteSuccess(task.name);
    } catch (error) {
      this.noteFailure(task.name, error);
      throw error;
    }
    return true;
  }

  private async hold(): Promise<boolean> {
    const isMine = await this.turn.hold();
    this.failedStart = undefined;
    return isMine;
  }

  private noteSuccess(name: string): void {
    this.failed.delete(name);
    this.meter.count('upkeep_runs_total', { task: name, result: 'done' });
  }

  private noteFailure(name: string, error: unknown): void {
    const failures = (this.failed.get(name)?.failures ?? 0) + 1;
    this.failed.set(name, { name, failures, error });
    this.meter.count('upkeep_runs_total', { task: name, result: 'failed' });
  }
}
