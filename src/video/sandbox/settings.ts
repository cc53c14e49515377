import { Collection } from './collection';
import type { Journal } from './journal';
import type { RoomWebhook } from './rooms/room';

/** What is set on the dashboard of 100ms and has no call in its API. */
export class Settings {
  private readonly documents: Collection<{ id: string; webhook?: RoomWebhook | undefined }>;

  constructor(journal: Journal) {
    this.documents = new Collection(journal, 'settings');
  }

  /** Where the webhooks of all rooms go that have no target of their own. */
  webhook(): RoomWebhook | undefined {
    return this.documents.get('this')?.webhook;
  }

  setWebhook(webhook: RoomWebhook | undefined): void {
    this.documents.put({ id: 'this', webhook });
  }
}
