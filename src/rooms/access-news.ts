import { randomUUID } from 'node:crypto';
import type { EventBus } from '../events/event-bus';
import type { Logins } from './logins';
import type { Concerned, Watches } from './watches';

const TOPIC = 'access';

/** What changed about who may do what: permissions in rooms, or the logins of a user that are none any more. */
interface News {
  readonly from: string;
  readonly concerned?: Concerned;
  readonly revoked?: { readonly userId: string; readonly before: number };
}

/**
 * Tells every process what was taken from whom. In this one it has taken effect when a method resolves; in the others when the
 * bus brings it, and, while the bus is deaf, when they look themselves.
 */
export class AccessNews {
  private readonly from = randomUUID();

  constructor(
    private readonly bus: EventBus,
    private readonly parts: { readonly watches: Watches; readonly logins: Logins },
  ) {}

  /** Begins to hear of what other processes did. */
  async listen(report: (error: unknown, about: string) => void): Promise<void> {
    const { watches, logins } = this.parts;
    await this.bus.subscribe(
      TOPIC,
      ({ from, concerned, revoked }: News) => {
        if (from === this.from) return;
        if (revoked) logins.end(revoked.userId, new Date(revoked.before));
        if (concerned) watches.askAgain(concerned).catch((error: unknown) => report(error, 'watches'));
      },
      {},
    );
  }

  /** Asks again for everybody concerned. Whoever lost a permission hears no more when this resolves. */
  async permissionsChanged(concerned: Concerned): Promise<void> {
    await this.parts.watches.askAgain(concerned);
    await this.tell({ concerned });
  }

  /** Ends every login of a user that was issued until now. */
  async revokeLogins(userId: string): Promise<void> {
    const before = await this.parts.logins.revoke(userId);
    await this.tell({ revoked: { userId, before: before.getTime() } });
  }

  /** For when the bus may have brought nothing: looks for itself. */
  async look(): Promise<void> {
    if (!this.bus.isDeaf) return;
    await this.parts.watches.askAgain({});
    await this.parts.logins.look();
  }

  private async tell(news: Omit<News, 'from'>): Promise<void> {
    // What is lost on the way is found by looking.
    await this.bus.publish(TOPIC, { from: this.from, ...news }).catch(() => undefined);
  }
}
