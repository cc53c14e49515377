import { createHash } from 'node:crypto';
import { AppError } from '../../errors';
import type { Meter } from '../../figures';
import type { Traces } from '../../spans';
import { documentedTypes, type HmsEvent, presenceNotice } from '../../video/hms.webhook';
import type { InboxEvent, InboxStatus } from '../bookkeeping.models';
import { keepable } from '../log/keepable';
import { UpdateSource } from '../log/participant-update';
import type { Models } from '../models';
import type { Room } from '../room.model';
import { DurableInbox, type Kept } from './durable-inbox';
import type { PeerPresence } from './peer-presence';

/** An event dated further ahead than this, in milliseconds, waits for its time: one of the clocks is wrong. */
const FUTURE_TOLERANCE = 5 * 60_000;
/** Events that are applied together. */
const BATCH = 200;
const LONGEST_ID = 200;
/** After a failure an event is tried again in 1 s, 2 s, 4 s, …, and at last every 5 minutes, in milliseconds. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 5 * 60_000;

/** What became of an event. One is stale that changed nothing, because what it told was known or overtaken; it is applied, too. */
type Outcome = InboxStatus | 'stale';

/** The rooms of ours that a batch is about. */
type KnownRooms = ReadonlyMap<string, Pick<Room, 'appId'>>;

export interface InboxParts {
  readonly models: Models;
  readonly peers: PeerPresence;
  readonly now: () => Date;
  /** Our app at 100ms, where it is known; events of another are kept out of the rooms. */
  readonly appId?: string | undefined;
  readonly meter: Meter;
  readonly traces?: Traces | undefined;
  /** Receives the error of an event that could not be applied; it stays in the inbox and is retried. */
  readonly report: (error: unknown, eventId: string) => void;
}

/**
 * What 100ms told us. An event is kept first and acknowledged then; it is applied afterwards, and again after a crash
 * between any two steps, which changes nothing where it was applied already.
 */
export class WebhookInbox {
  private waiting: InboxEvent[] = [];
  /** Ids of events that wait here or are being applied: a sweep leaves them alone. */
  private readonly inHand = new Set<string>();
  private applying: Promise<void> | undefined;
  private isClosed = false;
  private isSeen = false;

  private readonly durable: DurableInbox;

  constructor(private readonly parts: InboxParts) {
    this.durable = new DurableInbox(parts.models);
  }

  /** Keeps the event; it is on disk when this resolves, and applied soon after. */
  async receive(event: HmsEvent): Promise<Kept> {
    const now = this.parts.now();
    const { id, type, timestamp } = event;
    const isEarly = timestamp !== undefined && timestamp.getTime() > now.getTime() + FUTURE_TOLERANCE;
    const traceparent = this.parts.traces?.here();
    const kept: InboxEvent = {
      _id: storedId(id),
      type: type.slice(0, LONGEST_ID),
      status: 'pending',
      receivedAt: now,
      notBefore: isEarly ? timestamp : now,
      event: keepable({ ...event }) as Record<string, unknown>,
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    const outcome = await this.durable.keep(kept);
    if (outcome === 'repeated') this.parts.meter.count('webhook_events_total', { type, result: 'duplicate' });
    else if (timestamp && !event.isReplay)
      this.parts.meter.observe('webhook_lag_seconds', lagOf(now, timestamp));
    if (outcome === 'kept' && !isEarly) this.applySoon([kept]);
    return outcome;
  }

  /** Applies what is due and still pending: left by a crash, by a failure, or dated ahead. */
  async sweep(): Promise<void> {
    const { models, now } = this.parts;
    const due = models.inbox.find({ status: 'pending', notBefore: { $lte: now() } }).sort({ notBefore: 1 });
    for await (const kept of due.lean().cursor({ batchSize: BATCH })) {
      if (this.isClosed) break;
      this.applySoon([kept]);
      if (this.waiting.length >= BATCH) await this.settled();
    }
    await this.settled();
  }

  /**
   * How many events are due and not applied yet, and for how long the oldest of them has been. An event dated ahead is not due;
   * one that failed is, also between two attempts.
   */
  async backlog(): Promise<{ pending: number; oldestAgeSeconds: number }> {
    const { models, now } = this.parts;
    const hasFailed = { status: 'pending' as const, failures: { $exists: true } };
    const isWaiting = { ...hasFailed, failures: { $exists: false }, notBefore: { $lte: now() } };
    const [failed, waiting, oldestFailed, oldestWaiting] = await Promise.all([
      models.inbox.countDocuments(hasFailed).exec(),
      models.inbox.countDocuments(isWaiting).exec(),
      models.inbox.findOne(hasFailed, { receivedAt: 1 }).sort({ receivedAt: 1 }).lean(),
      models.inbox.findOne(isWaiting, { notBefore: 1 }).sort({ notBefore: 1 }).lean(),
    ]);
    const since = [oldestFailed?.receivedAt, oldestWaiting?.notBefore].filter((each) => each !== undefined);
    const ages = since.map((each) => (now().getTime() - each.getTime()) / 1_000);
    return { pending: failed + waiting, oldestAgeSeconds: Math.max(0, ...ages) };
  }

  /** Whether a webhook has ever arrived, at any instance, of those that are still kept. */
  async hasReceived(): Promise<boolean> {
    this.isSeen ||= (await this.parts.models.inbox.findOne({}, { _id: 1 }).lean()) !== null;
    return this.isSeen;
  }

  /** Resolves when everything that was to be applied is. */
  async settled(): Promise<void> {
    while (this.applying) await this.applying;
  }

  /** Starts nothing more and waits for what has started: the rest stays in the inbox for the next sweep of any process. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.applying;
  }

  /** Looks again at what was told of rooms before they were known here. */
  async reconsider(roomIds: readonly string[]): Promise<void> {
    await this.parts.models.inbox.updateMany(
      { status: 'unknown room', 'event.data.room_id': { $in: [...roomIds] } },
      { $set: { status: 'pending' } },
    );
    await this.sweep();
  }

  /** How many events there are of each status: `foreign app` and `unknown room` tell of a wrong setting. */
  async tally(): Promise<Partial<Record<InboxStatus, number>>> {
    const counts = await this.parts.models.inbox.aggregate<{ _id: InboxStatus; count: number }>([
      { $group: { _id: '$status', count: { $sum: 1 } } },
    ]);
    return Object.fromEntries(counts.map(({ _id, count }) => [_id, count]));
  }

  private applySoon(events: readonly InboxEvent[]): void {
    for (const kept of events) {
      if (this.inHand.has(kept._id)) continue;
      this.inHand.add(kept._id);
      this.waiting.push(kept);
    }
    this.applying ??= this.applyAll().finally(() => {
      this.applying = undefined;
    });
  }

  private async applyAll(): Promise<void> {
    while (this.waiting.length > 0 && !this.isClosed) {
      const batch = this.waiting.splice(0, BATCH);
      // A failure here leaves the events pending in the database: the next sweep finds them.
      await this.apply(batch).catch((error: unknown) => this.parts.report(error, batch[0]?._id ?? ''));
      for (const { _id } of batch) this.inHand.delete(_id);
    }
  }

  private async apply(batch: readonly InboxEvent[]): Promise<void> {
    const { models } = this.parts;
    const rooms = await this.roomsOf(batch);
    const byOutcome = new Map<InboxStatus, string[]>();
    await Promise.all(
      batch.map(async (kept) => {
        const outcome = await this.tracedOutcome(kept, rooms);
        const result = outcome === 'pending' ? 'failed' : outcome.replace(' ', '_');
        const status = outcome === 'stale' ? 'applied' : outcome;
        this.parts.meter.count('webhook_events_total', { type: kept.type, result });
        byOutcome.set(status, [...(byOutcome.get(status) ?? []), kept._id]);
      }),
    );
    const lags = lagsOf(batch.filter((kept) => byOutcome.get('applied')?.includes(kept._id)));
    await Promise.all([
      ...[...byOutcome].map(([status, ids]) =>
        status === 'pending'
          ? this.postpone(ids)
          : models.inbox.updateMany({ _id: { $in: ids } }, { $set: { status } }),
      ),
      lags.length > 0 && models.rooms.bulkWrite(lags, { ordered: false }),
    ]);
  }

  private async roomsOf(batch: readonly InboxEvent[]): Promise<KnownRooms> {
    const ids = [...new Set(batch.map(roomIdOf).filter((id) => id !== undefined))];
    const found = await this.parts.models.rooms
      .find({ roomId: { $in: ids } }, { roomId: 1, appId: 1 })
      .lean();
    return new Map(found.map((room) => [room.roomId, room]));
  }

  /** In the trace of the webhook, even if another process received it. */
  private tracedOutcome(kept: InboxEvent, rooms: KnownRooms): Promise<Outcome> {
    const { traces } = this.parts;
    if (!traces) return this.outcome(kept, rooms);
    const facts = {
      'rollcall.event_type': documentedTypes.has(kept.type) ? kept.type : 'other',
      'rollcall.room_id': rooms.get(roomIdOf(kept) ?? '') && roomIdOf(kept),
    };
    const start = { name: 'inbox apply', kind: 'consumer', cause: kept.traceparent, facts } as const;
    return traces.within(start, async (tell) => {
      const status = await this.outcome(kept, rooms);
      tell({ 'rollcall.outcome': status });
      return status;
    });
  }

  private async outcome(kept: InboxEvent, rooms: KnownRooms): Promise<Outcome> {
    const event = kept.event as unknown as HmsEvent;
    const notice = presenceNotice(event, kept.receivedAt);
    if (!notice) return documentedTypes.has(kept.type) ? 'ignored' : 'unknown type';
    const room = rooms.get(notice.roomId);
    if (!room) return 'unknown room';
    const ours = this.parts.appId ?? room.appId;
    if (ours && event.appId && event.appId !== ours) return 'foreign app';
    const source = event.isReplay ? UpdateSource.REPLAY : UpdateSource.WEBHOOK;
    try {
      const isNews = await this.parts.peers.notice(notice, { source, heardAt: kept.receivedAt });
      return isNews ? 'applied' : 'stale';
    } catch (error) {
      if (error instanceof AppError && error.code === 'ROOM_NOT_FOUND') return 'unknown room';
      this.parts.report(error, kept._id);
      return 'pending';
    }
  }

  /** What fails is not in the way of what does not: it comes again later and later. */
  private async postpone(ids: readonly string[]): Promise<void> {
    const { models, now } = this.parts;
    for (const kept of await models.inbox.find({ _id: { $in: ids } }).lean()) {
      const failures = (kept.failures ?? 0) + 1;
      const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1));
      const notBefore = new Date(now().getTime() + pause);
      await models.inbox.updateOne({ _id: kept._id }, { $set: { failures, notBefore } });
    }
  }
}

/** A digest where the id itself could not be stored, or not told apart from another: the same event has the same one each time. */
function storedId(id: string): string {
  // A database replaces half of a surrogate pair, and so does the digest of UTF-8.
  if (!id.isWellFormed()) return createHash('sha256').update(id, 'utf16le').digest('hex');
  return id.length > LONGEST_ID ? createHash('sha256').update(id).digest('hex') : id;
}

function roomIdOf({ event }: InboxEvent): string | undefined {
  const data = event['data'] as HmsEvent['data'];
  return typeof data['room_id'] === 'string' ? data['room_id'] : undefined;
}

/** In seconds. */
function lagOf(receivedAt: Date, timestamp: Date): number {
  return Math.max(0, receivedAt.getTime() - timestamp.getTime()) / 1_000;
}

/** How late each room's newest event was, by 100ms's clock and ours. Replays are late by their nature. */
function lagsOf(applied: readonly InboxEvent[]) {
  const lags = new Map<string, number>();
  for (const kept of applied) {
    const { timestamp, isReplay } = kept.event as unknown as HmsEvent;
    const roomId = roomIdOf(kept);
    if (isReplay || !timestamp || roomId === undefined) continue;
    lags.set(roomId, lagOf(kept.receivedAt, timestamp));
  }
  return [...lags].map(([roomId, webhookLagSeconds]) => ({
    updateOne: { filter: { roomId }, update: { $set: { webhookLagSeconds } } },
  }));
}
