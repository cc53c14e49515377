import { type ChildProcess, spawn } from 'node:child_process';
import { endWithTheTests } from './last-will';

/** How a process ended: its exit code, or the signal that ended it. */
export type Ending = number | NodeJS.Signals | null;

/** A real process, what it has said so far, and its end. */
export class RunningProcess {
  output = '';
  readonly ended: Promise<Ending>;
  /** Its exit alone: some of what it said may be unread. */
  readonly exited: Promise<Ending>;
  private ending: Ending | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.tell();
      });
    }
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(code ?? signal));
    });
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      // 'close' and not 'exit': by then everything that it said has been read.
      child.once('close', (code, signal) => {
        this.ending = code ?? signal;
        this.tell();
        resolve(this.ending);
      });
    });
  }

  get isUp(): boolean {
    return this.ending === undefined;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The first match of `pattern` in what it says from `start` on. Rejects with all of it when it ends without one. */
  says(pattern: RegExp, start = 0): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this.output.slice(start));
        if (!match && this.ending === undefined) return;
        this.listeners.delete(look);
        if (match) resolve(match);
        else reject(new Error(`ended with ${this.ending} before saying ${pattern}:\n${this.output}`));
      };
      this.listeners.add(look);
      look();
    });
  }

  /** Where it listens, once it is ready. */
  async url(): Promise<string> {
    await this.says(/^ready$/m);
    return (await this.says(/http:\/\/127\.0\.0\.1:\d+/))[0];
  }

  write(text: string): void {
    this.child.stdin?.write(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Leaves its standard error unread, as a log collector does that hangs, until `resumeErrors`. */
  pauseErrors(): void {
    this.child.stderr?.pause();
  }

  resumeErrors(): void {
    this.child.stderr?.resume();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

const running = new Set<RunningProcess>();

/**
 * Starts a program in `cwd` with just these variables and the PATH. In a group of its own, so that `endProcesses` ends what
 * it starts, too; at the latest it ends with the test file. As another user only where this process may choose.
 */
export function startProcess(
  command: readonly [string, ...string[]],
  cwd: string,
  env: Record<string, string> = {},
  user: { readonly uid?: number; readonly gid?: number } = {},
): RunningProcess {
  const [program, ...args] = command;
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(program, args, {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: 'pipe',
    detached: true,
    ...user,
  });
  endWithTheTests(child);
  const started = new RunningProcess(child);
  running.add(started);
  return started;
}

/** For afterEach: ends every process that a test started, without asking. */
export async function endProcesses(): Promise<void> {
  for (const each of running) {
    try {
      process.kill(-each.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
    await each.ended;
  }
  running.clear();
}
