import { Collection } from './collection';
import type { Journal } from './journal';
import { documentedLimits, type RateLimits } from './rate-limits';
import type { RoomWebhook } from './rooms/room';

interface Known {
  readonly id: string;
  readonly webhook?: RoomWebhook | undefined;
  readonly rateLimits?: RateLimits;
}

/** What is set on the dashboard of 100ms, or there by 100ms, and has no call in its API. */
export class Settings {
  private readonly documents: Collection<Known>;

  constructor(journal: Journal) {
    this.documents = new Collection(journal, 'settings');
  }

  /** Where the webhooks of all rooms go that have no target of their own. */
  webhook(): RoomWebhook | undefined {
    return this.known.webhook;
  }

  setWebhook(webhook: RoomWebhook | undefined): void {
    this.documents.put({ ...this.known, webhook });
  }

  rateLimits(): RateLimits {
    return this.known.rateLimits ?? documentedLimits;
  }

  setRateLimits(rateLimits: RateLimits): void {
    this.documents.put({ ...this.known, rateLimits });
  }

  private get known(): Known {
    return this.documents.get('this') ?? { id: 'this' };
  }
}
