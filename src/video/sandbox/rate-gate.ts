import type { RequestHandler } from 'express';
import { ApiError } from './api-error';
import type { Workspace } from './workspace';

/** Refuses what comes too often, in the words of 100ms, which sends no header about it. */
export class RateGate {
  private readonly windows = new Map<string, { readonly until: number; calls: number }>();

  constructor(private readonly workspace: Pick<Workspace, 'clock' | 'settings'>) {}

  readonly middleware: RequestHandler = (request, _response, next) => {
    const now = this.workspace.clock.now().getTime();
    for (const { on, calls, seconds } of this.workspace.settings.rateLimits()) {
      if (!request.path.startsWith(on)) continue;
      const window = this.window(on, now, seconds);
      window.calls += 1;
      if (window.calls <= calls) continue;
      const wait = Math.ceil((window.until - now) / 1_000);
      throw new ApiError(429, `rate limit exceeded, retry after ${wait} seconds`);
    }
    next();
  };

  private window(on: string, now: number, seconds: number): { calls: number; readonly until: number } {
    const found = this.windows.get(on);
    if (found && now < found.until) return found;
    const begun = { until: now + seconds * 1_000, calls: 0 };
    this.windows.set(on, begun);
    return begun;
  }
}
