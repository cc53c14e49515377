import { randomUUID } from 'node:crypto';
import type { EventBus } from '../../events/event-bus';
import type { AccessNote } from '../bookkeeping.models';
import type { Models } from '../models';
import type { Logins } from './logins';
import type { Concerned, Watches } from './watches';

const TOPIC = 'access';
/** By so much may the clocks of two processes differ, and a note be late, before it goes unseen, in milliseconds. */
const CLOCKS_DIFFER = 60_000;

/** A note, as the bus carries it. */
interface Said extends Omit<AccessNote, 'at'> {
  /** It certainly removes the user's access to the room, so that no check is needed. */
  readonly isLost?: boolean;
}

export interface AccessNewsParts {
  readonly models: Pick<Models, 'accessNotes'>;
  readonly watches: Watches;
  readonly logins: Logins;
  readonly now: () => Date;
}

/**
 * Tells every process what was taken from whom. In this one it has taken effect when a method resolves; in the others when the
 * bus brings it. Each note is also kept for a while, so that a process that heard nothing finds it by looking.
 */
export class AccessNews {
  private readonly from = randomUUID();
  /** Notes of other processes that were acted on, and when. */
  private readonly seen = new Map<string, number>();
  private lookedAt: number;

  constructor(
    private readonly bus: EventBus,
    private readonly parts: AccessNewsParts,
  ) {
    this.lookedAt = parts.now().getTime();
  }

  /** Starts to receive the changes of other processes. */
  async listen(report: (error: unknown, about: string) => void): Promise<void> {
    // Without content it is a wake-up: what was changed is read from the notes.
    const hear = (said: Said | undefined) =>
      (said ? this.act(said) : this.look()).catch((error: unknown) => report(error, 'watches'));
    await this.bus.subscribe(TOPIC, hear, {});
  }

  /** Checks all affected subscribers again. Those that lost a permission receive no more when this resolves. */
  async permissionsChanged(concerned: Concerned): Promise<void> {
    const { watches } = this.parts;
    await watches.askAgain(concerned);
    const { roomId, userId } = concerned;
    const isLost = roomId !== undefined && userId !== undefined && !(await watches.mayBegin(userId, roomId));
    await this.tell({ concerned }, isLost);
  }

  /** Ends every login of a user that was issued until now. */
  async revokeLogins(userId: string): Promise<void> {
    const before = await this.parts.logins.revoke(userId);
    await this.tell({ revoked: { userId, before: before.getTime() } });
  }

  /** Acts on what others did and the bus did not bring. */
  async look(): Promise<void> {
    const now = this.parts.now().getTime();
    const since = this.lookedAt - CLOCKS_DIFFER;
    const notes = await this.parts.models.accessNotes.find({ at: { $gte: new Date(since) } }).lean();
    for (const note of notes) await this.act(note);
    this.lookedAt = now;
    for (const [id, seenAt] of this.seen) if (seenAt < since - CLOCKS_DIFFER) this.seen.delete(id);
  }

  private async tell(what: Pick<AccessNote, 'concerned' | 'revoked'>, isLost = false): Promise<void> {
    const note = { _id: randomUUID(), from: this.from, ...what };
    await this.parts.models.accessNotes.create({ ...note, at: this.parts.now() });
    // What is lost on the way is found by looking.
    await this.bus.publish(TOPIC, { ...note, isLost }).catch(() => undefined);
  }

  private async act({ _id, from, concerned, revoked, isLost }: Said): Promise<void> {
    if (from === this.from || this.seen.has(_id)) return;
    this.seen.set(_id, this.parts.now().getTime());
    const { logins, watches } = this.parts;
    if (revoked) logins.end(revoked.userId, new Date(revoked.before));
    if (!concerned) return;
    // At once, before the bus brings anything that happened later.
    if (isLost) watches.end(concerned);
    else await watches.askAgain(concerned);
  }
}
