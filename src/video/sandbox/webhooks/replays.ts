import { randomBytes } from 'node:crypto';
import { ApiError } from '../api-error';
import type { Timers } from '../timers';
import type { Workspace } from '../workspace';
import type { Delivery } from './delivery';
import type { Replay } from './replay';
import type { Webhooks } from './webhooks';

/** As documented: ten a second. */
const SECONDS_BETWEEN = 0.1;

/** Sends deliveries again, slowly and marked, one attempt each. */
export class Replays {
  constructor(private readonly parts: { workspace: Workspace; webhooks: Webhooks; timers: Timers }) {
    const { replays } = parts.workspace;
    for (const replay of replays.all()) {
      if (replay.status === 'Running') replays.put({ ...replay, status: 'Terminated' });
    }
  }

  /** One with the same filters that is still under way is joined. */
  start(chosen: readonly Delivery[], filters: object): { replay: Replay; isNew: boolean } {
    const { replays, clock, account } = this.parts.workspace;
    const same = JSON.stringify(filters);
    const running = replays
      .all()
      .find(({ status, filters }) => status === 'Running' && JSON.stringify(filters) === same);
    if (running) return { replay: running, isNew: false };
    const replay = replays.put({
      id: `webhook-replay-${account.customerId}-${randomBytes(4).toString('hex')}`,
      status: 'Running',
      started_at: clock.timestampInSeconds(),
      filters,
      total: chosen.length,
      completed: 0,
      failed_events: [],
    });
    void this.run(replay, chosen);
    return { replay, isNew: true };
  }

  /** @throws ApiError 404 */
  wanted(id: string): Replay {
    const found = this.parts.workspace.replays.get(id);
    if (!found) throw new ApiError(404, 'workflow not found');
    return found;
  }

  private async run(begun: Replay, chosen: readonly Delivery[]): Promise<void> {
    const { workspace, webhooks, timers } = this.parts;
    let replay = begun;
    for (const delivery of chosen) {
      const { ok } = await webhooks.replay(delivery);
      const { completed, failed_events } = replay;
      replay = workspace.replays.put({
        ...replay,
        completed: completed + (ok ? 1 : 0),
        failed_events: ok ? failed_events : [...failed_events, delivery.id],
      });
      await timers.pause(SECONDS_BETWEEN);
    }
    const { failed_events, completed } = replay;
    const someFailed = completed === 0 ? 'failed' : 'completed_with_failures';
    const status = failed_events.length === 0 ? 'completed' : someFailed;
    workspace.replays.put({ ...replay, status, completed_at: workspace.clock.timestampInSeconds() });
  }
}
