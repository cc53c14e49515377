import type { ErrorBody } from '../../../src/errors';
import { Collected } from '../../helpers/collected';

/** What every door tells of an update, under its own names. */
export interface Told {
  readonly cursor: string;
  /** In capitals, as GraphQL has it. */
  readonly action: string;
  readonly userId: string | null;
  /** With a snapshot: the users who are there, and why it was sent. */
  readonly users?: readonly string[];
  readonly reason?: string;
}

/** A refusal, whatever envelope the door put around it. */
export class Refused extends Error {
  constructor(readonly body: Pick<ErrorBody, 'code' | 'message' | 'requestId'>) {
    super(`${body.code}: ${body.message}`);
  }
}

/** What one watcher was told through a door, and the way to end it. */
export class Watcher extends Collected<Told> implements AsyncDisposable {
  private readonly stopped = new AbortController();
  private run: Promise<void> = Promise.resolve();

  get signal(): AbortSignal {
    return this.stopped.signal;
  }

  /** Watches by what `tell` does until it ends by itself, fails, or the watcher is done with. */
  static begin(tell: (watcher: Watcher) => Promise<void>): Watcher {
    const watcher = new Watcher();
    watcher.run = tell(watcher).then(watcher.end, (error: unknown) => {
      if (!watcher.signal.aborted) watcher.fail(error);
    });
    return watcher;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped.abort();
    await this.run;
  }
}

/** The same update as GraphQL and REST both have it. */
export function toldOf(update: {
  cursor: string;
  action: string;
  userId?: string | null;
  participants?: readonly { userId: string }[] | null;
  reason?: string | null;
}): Told {
  const { cursor, action, userId = null, participants, reason } = update;
  return {
    cursor,
    action: action.toUpperCase(),
    userId,
    ...(participants && { users: participants.map((each) => each.userId) }),
    ...(reason && { reason }),
  };
}
