import { randomUUID } from 'node:crypto';
import { Gate } from '../../../gate';
import type { Room, RoomWebhook } from '../rooms/room';
import type { Timers } from '../timers';
import type { Workspace } from '../workspace';
import { replayOf, type WebhookChoices } from './choices';
import type { Delivery, Outcome } from './delivery';
import { postWebhook } from './post-webhook';
import { type WebhookFaults, WebhookRoad } from './webhook-faults';

/** Seconds before the second, third and fourth attempt: three retries, as documented. */
const RETRY_AFTER = [1, 3, 10];
/** The documentation's samples of these have no `app_id`. */
const withoutAppId = /^(peer|room)\./;
const MOST_AT_ONCE = 50;
/** In milliseconds: the 30 days in which deliveries can be listed. */
const REMEMBERED_FOR = 30 * 24 * 3_600 * 1_000;

export interface WebhooksParts {
  readonly workspace: Workspace;
  readonly timers: Timers;
}

/**
 * Tells what happened to the target of the workspace, or to the room's own in its place: at once, again after 1, 3 and
 * 10 s where the answer is not 200, and into the log either way. Deliveries that were in flight when the sandbox stopped continue.
 */
export class Webhooks {
  private readonly road: WebhookRoad;
  private readonly settledListeners = new Set<() => void>();
  private underWay = 0;
  private choices: WebhookChoices = {};
  private readonly gate = new Gate(MOST_AT_ONCE);

  constructor(private readonly parts: WebhooksParts) {
    this.road = new WebhookRoad(parts.timers);
    for (const delivery of parts.workspace.deliveries.all().reverse()) this.resume(delivery);
  }

  choose(choices: WebhookChoices): void {
    this.choices = choices;
  }

  setFaults(faults: WebhookFaults): void {
    this.road.set(faults);
  }

  /** Sends it if there is a target; otherwise drops it. */
  send(type: string, room: Pick<Room, 'id' | 'webhook'>, data: object): void {
    const { clock, account, settings, deliveries } = this.parts.workspace;
    if (!room.webhook && !settings.webhook()) return;
    const id = randomUUID();
    const envelope = {
      version: type.startsWith('recording.') ? '1.0' : '2.0',
      id,
      account_id: account.customerId,
      ...(withoutAppId.test(type) ? {} : { app_id: account.appId }),
      timestamp: clock.timestampInSeconds(),
      type,
      data,
    };
    const delivery = deliveries.put({
      id,
      room_id: room.id,
      type,
      at: envelope.timestamp,
      envelope,
      ...(room.webhook ? { target: room.webhook } : {}),
      status: 'pending',
      attempts: 0,
    });
    this.underWay += 1;
    void this.sendOff(delivery);
  }

  /** Resolves when no event is on its way any more: delivered, or given up. */
  async settled(): Promise<void> {
    if (this.underWay > 0) await new Promise<void>((resolve) => this.settledListeners.add(resolve));
  }

  /** Posts it once more, marked as a replay. */
  async replay(delivery: Delivery): Promise<Outcome> {
    const envelope = replayOf(delivery.envelope, this.choices, randomUUID);
    const outcome = await this.post({ ...delivery, envelope });
    if (outcome.ok) this.parts.workspace.deliveries.put({ ...withoutReason(delivery), status: 'success' });
    return outcome;
  }

  /** The event that the dashboard sends to try a webhook out, with placeholders for times. */
  sendTestEvent(): Promise<Outcome> {
    const { account } = this.parts.workspace;
    const time = '20XX-XX-XXTXX:XX:XXZ';
    const data = {
      room_id: '*'.repeat(24),
      session_id: '*'.repeat(24),
      peer_id: '*'.repeat(36),
      joined_at: time,
    };
    const envelope = {
      version: '2.0',
      id: randomUUID(),
      account_id: account.customerId,
      app_id: account.appId,
      timestamp: time,
      type: 'peer.join.success',
      data,
    };
    return this.gate.pass(() => postWebhook(this.parts.workspace.settings.webhook(), envelope));
  }

  /** Continues pending deliveries, and drops those that can no longer be requested. */
  private resume(delivery: Delivery): void {
    const { clock, deliveries } = this.parts.workspace;
    if (delivery.status === 'pending') {
      this.underWay += 1;
      this.retryLater(delivery);
    } else if (new Date(delivery.at).getTime() < clock.now().getTime() - REMEMBERED_FOR) {
      deliveries.delete(delivery.id);
    }
  }

  private async sendOff(delivery: Delivery): Promise<void> {
    const fate = this.road.fate();
    await this.road.hold();
    if (fate === 'dropped') this.settle(delivery, { ok: false, reason: 'timeout' });
    else if (fate === 'swallowed') this.settle(delivery, { ok: true });
    else {
      const again = fate === 'doubled' ? this.post(delivery) : undefined;
      await this.attempt(delivery);
      await again;
    }
  }

  private async attempt(delivery: Delivery): Promise<void> {
    const outcome = await this.post(delivery);
    const tried = { ...delivery, attempts: delivery.attempts + 1 };
    if (outcome.ok || tried.attempts > RETRY_AFTER.length) this.settle(tried, outcome);
    else this.retryLater(this.keep(tried));
  }

  private retryLater(delivery: Delivery): void {
    const seconds = RETRY_AFTER[delivery.attempts - 1] ?? 0;
    this.parts.timers.after(seconds, () => void this.attempt(delivery));
  }

  private post({ target, envelope }: Delivery): Promise<Outcome> {
    const to = (): RoomWebhook | undefined => target ?? this.parts.workspace.settings.webhook();
    return this.gate.pass(() => postWebhook(to(), envelope));
  }

  private settle(delivery: Delivery, outcome: Outcome): void {
    if (outcome.ok) this.keep({ ...withoutReason(delivery), status: 'success' });
    else this.keep({ ...delivery, status: 'failed', error_reason: outcome.reason });
    this.underWay -= 1;
    if (this.underWay > 0) return;
    for (const hear of this.settledListeners) hear();
    this.settledListeners.clear();
  }

  private keep(delivery: Delivery): Delivery {
    return this.parts.workspace.deliveries.put(delivery);
  }
}

function withoutReason({ error_reason: _, ...rest }: Delivery): Delivery {
  return rest;
}
