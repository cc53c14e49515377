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
  readonly run: () => Promise<unknown>;
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
/** In milliseconds: a task that asks 100ms may wait for its answer for much longer. */
const FINISH_WITHIN = 1_000;

/**
 * Runs each task, waits its pause, runs it again. One that fails is reported and comes round again; one that is slow
 * delays only itself.
 */
export class Upkeep {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly running = new Set<Promise<void>>();
  private closed = false;

  constructor(
    private readonly tasks: readonly Task[],
    private readonly turn: Turn,
    private readonly report: (error: unknown, task: string) => void,
    private readonly meter: Meter = silentMeter,
  ) {}

  start(): void {
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

  /** Runs a task at once, beside its own times. Rejects where it fails, or where there is none of that name. */
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
    if (!task.everywhere && !(await this.turn.hold())) return false;
    try {
      await task.run();
      this.meter.count('upkeep_runs_total', { task: task.name, result: 'done' });
    } catch (error) {
      this.meter.count('upkeep_runs_total', { task: task.name, result: 'failed' });
      throw error;
    }
    return true;
  }
}
