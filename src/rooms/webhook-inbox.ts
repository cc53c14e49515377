import { isDuplicateKey } from '../database/connect';
import { AppError } from '../errors';
import { type HmsEvent, presenceNotice } from '../video/hms.webhook';
import type { InboxEvent, InboxStatus } from './bookkeeping.models';
import type { Models } from './models';
import { UpdateSource } from './participant-update';
import type { PeerPresence } from './peer-presence';

/** An event dated further ahead than this, in milliseconds, waits for its time: somebody's clock is wrong. */
const FUTURE_TOLERANCE = 5 * 60_000;
const SWEEP_AT_MOST = 500;
/** Members that hold a way in, for as long as they are valid: kept nowhere. */
const secretMember = /presigned_url|credential|secret|token|password/i;

export interface InboxParts {
  readonly models: Models;
  readonly peers: PeerPresence;
  readonly now: () => Date;
  /** Our app at 100ms, where it is known; events of another are kept out of the rooms. */
  readonly appId?: string | undefined;
  /** Hears of an event that could not be applied; it stays in the inbox and is tried again. */
  readonly report: (error: unknown, eventId: string) => void;
}

/**
 * What 100ms told us. An event is kept first and acknowledged then; it is applied afterwards, and again after a crash
 * between any two steps, which changes nothing where it was applied already.
 */
export class WebhookInbox {
  private readonly applying = new Set<Promise<void>>();

  constructor(private readonly parts: InboxParts) {}

  /** Keeps the event; it is on disk when this resolves, and applied soon after. */
  async receive(event: HmsEvent): Promise<'kept' | 'repeated'> {
    const now = this.parts.now();
    const early =
      event.timestamp !== undefined && event.timestamp.getTime() > now.getTime() + FUTURE_TOLERANCE;
    const kept: InboxEvent = {
      _id: event.id,
      type: event.type,
      status: 'pending',
      receivedAt: now,
      notBefore: early && event.timestamp ? event.timestamp : now,
      event: withoutSecrets({ ...event }) as Record<string, unknown>,
    };
    try {
      await this.parts.models.inbox.collection.insertOne({ ...kept } as never);
    } catch (error) {
      if (isDuplicateKey(error)) return 'repeated';
      throw error;
    }
    if (!early) this.applySoon(kept);
    return 'kept';
  }

  /** Applies what is due and still pending: left by a crash, by a failure, or dated ahead. */
  async sweep(): Promise<void> {
    const due = await this.parts.models.inbox
      .find({ status: 'pending', notBefore: { $lte: this.parts.now() } })
      .sort({ notBefore: 1 })
      .limit(SWEEP_AT_MOST)
      .lean();
    for (const kept of due) this.applySoon(kept);
    await this.settled();
  }

  /** Resolves when everything that was being applied is. */
  async settled(): Promise<void> {
    await Promise.all(this.applying);
  }

  private applySoon(kept: InboxEvent): void {
    const done: Promise<void> = this.apply(kept)
      .catch((error: unknown) => this.parts.report(error, kept._id))
      .finally(() => this.applying.delete(done));
    this.applying.add(done);
  }

  private async apply(kept: InboxEvent): Promise<void> {
    const status = await this.outcome(kept.event as unknown as HmsEvent, kept.receivedAt);
    await this.parts.models.inbox.updateOne({ _id: kept._id }, { $set: { status } });
  }

  private async outcome(event: HmsEvent, receivedAt: Date): Promise<InboxStatus> {
    const { models, peers, appId } = this.parts;
    const notice = presenceNotice(event, receivedAt);
    if (!notice) return 'ignored';
    const room = await models.rooms.findOne({ roomId: notice.roomId }, { appId: 1 }).lean();
    if (!room) return 'unknown room';
    const ours = appId ?? room.appId;
    if (ours && event.appId && event.appId !== ours) return 'foreign app';
    try {
      const source = event.isReplay ? UpdateSource.REPLAY : UpdateSource.WEBHOOK;
      await peers.notice(notice, { source, heardAt: receivedAt });
      return 'applied';
    } catch (error) {
      if (error instanceof AppError && error.code === 'ROOM_NOT_FOUND') return 'unknown room';
      throw error;
    }
  }
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      secretMember.test(name) ? '[not kept]' : withoutSecrets(member),
    ]),
  );
}
