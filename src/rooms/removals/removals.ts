import { AppError } from '../../errors';
import type { Meter } from '../../figures';
import type { HmsService } from '../../video/hms.service';
import type { AskEntryFacts } from '../access/entry-facts';
import { type Bar, barOfReport, type EntryFacts, whyBarred } from '../access/may-be-inside';
import { UpdateSource } from '../log/participant-update';
import type { RoomLog } from '../log/room-log';
import type { Models } from '../models';
import { devicesLeft } from '../presence/device-rules';
import { peerGone, peerIdOf, reasonOfRemoval } from '../presence/peer-rules';
import type { Removal } from './removal.model';
import { type Attempt, RemovalQueue, type WantedRemoval } from './removal-queue';

export interface RemovalsDeps {
  readonly models: Pick<Models, 'removals'>;
  readonly log: RoomLog;
  readonly hms: Pick<HmsService, 'activePeers' | 'removePeers'>;
  readonly entryFacts: AskEntryFacts;
  readonly now: () => Date;
  readonly meter: Meter;
  readonly note: (message: string, facts: object) => void;
  /** Receives the error of an attempt that is retried. */
  readonly report: (error: unknown, about: string) => void;
}

/** Removals that this process works on at the same time. */
const CONCURRENCY = 4;
/** 100ms may not list a peer yet who joined less than this ago, and removes soon after it has answered. In milliseconds. */
const LOOK_AGAIN_MS = 10_000;
/** After a failure: 1 s, 2 s, 4 s, …, and at last every minute, in milliseconds. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
const REASON = 'Your access to this room has ended.';

/**
 * Removes users from rooms, at 100ms and here. A removal is stored first, and done when a later look finds that the user is gone:
 * it survives the end of the process, and is retried while 100ms fails. Each look asks again whether the user may be inside.
 */
export class Removals {
  private readonly queue: RemovalQueue;
  private working: Promise<void> | undefined;
  private hasMore = false;
  private isClosed = false;

  constructor(private readonly deps: RemovalsDeps) {
    this.queue = new RemovalQueue(deps.models, deps.now);
  }

  /** Resolves when the removal is stored. It begins at once, in the background. */
  async request(wanted: WantedRemoval): Promise<void> {
    await this.queue.add(wanted);
    void this.workOff();
  }

  /**
   * Resolves when 100ms was asked for all of them. All are stored before it is asked for the first, so that an error leaves none out.
   *
   * @throws HmsError where one failed: that one and the rest go on in the background
   */
  async remove(wanted: readonly WantedRemoval[]): Promise<void> {
    for (const each of wanted) await this.queue.add(each);
    try {
      for (const { roomId, userId } of wanted) {
        const claimed = await this.queue.claim({ roomId, userId });
        if (claimed) await this.attempt(claimed);
      }
    } catch (error) {
      void this.workOff();
      throw error;
    }
  }

  /** Ends the presences of a user that were reported, by sockets too, and leaves peers of 100ms alone. Returns how many it ended. */
  endDevicesOf({ roomId, userId, cause }: WantedRemoval): Promise<number> {
    const leave = { now: this.deps.now(), reason: reasonOfRemoval(cause) };
    return this.deps.log.ask(roomId, { decide: (room) => devicesLeft(room, userId, leave) });
  }

  /** Works off everything that is due. Never rejects: what fails is reported, and retried later. */
  workOff(): Promise<void> {
    this.hasMore = true;
    this.working ??= this.workAll();
    return this.working;
  }

  /** How many are pending. */
  pending(): Promise<number> {
    return this.queue.pending();
  }

  /** Begins nothing more, and waits for what has begun. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.working;
  }

  private async workAll(): Promise<void> {
    try {
      while (this.hasMore && !this.isClosed) {
        this.hasMore = false;
        const claimed = await this.claimSome();
        if (claimed.length > 0) this.hasMore = true;
        await Promise.all(
          claimed.map((each) =>
            this.attempt(each).catch((error: unknown) => this.deps.report(error, each.roomId)),
          ),
        );
      }
    } catch (error) {
      this.deps.report(error, 'the queue of removals');
    } finally {
      // In the step in which nothing more was found: a request that comes later begins again.
      this.working = undefined;
    }
  }

  private async claimSome(): Promise<Removal[]> {
    const claimed: Removal[] = [];
    while (claimed.length < CONCURRENCY) {
      const next = await this.queue.claim();
      if (!next) break;
      claimed.push(next);
    }
    return claimed;
  }

  private async attempt(removal: Removal): Promise<void> {
    const { meter, now } = this.deps;
    try {
      const attempt = await this.look(removal);
      await this.queue.release(removal, attempt);
      if (attempt.status !== 'pending') meter.count('removals_total', { outcome: attempt.status });
    } catch (error) {
      meter.count('removals_total', { outcome: 'failed' });
      const failures = removal.failures + 1;
      const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
      const next = new Date(now().getTime() + pause);
      await this.queue.release(removal, { removed: 0, failures, status: 'pending', next });
      throw error;
    }
  }

  /** Looks for the user in the room, and removes what may not be there. */
  private async look(removal: Removal): Promise<Attempt> {
    const { roomId, userId, cause } = removal;
    const { entryFacts, now, note } = this.deps;
    const facts = await entryFacts({ roomId, userId });
    // What is ours first: it needs no answer of 100ms.
    const ended = await this.endDevices(removal, facts);
    const isSettled = removal.lastRequestedAt.getTime() + LOOK_AGAIN_MS <= now().getTime();
    const removed = ended + (await this.removePeers(removal, facts, isSettled));
    if (removed > 0) note('user removed from a room', { roomId, userId, cause, removed });
    const next = new Date(now().getTime() + LOOK_AGAIN_MS);
    const isBarred = whyBarred(facts, now()) !== undefined;
    if (removed > 0 || (isBarred && !isSettled)) return { removed, failures: 0, status: 'pending', next };
    const unremoved = isBarred ? 'gone' : 'allowed';
    return { removed, failures: 0, status: removal.removed > 0 ? 'removed' : unremoved, next };
  }

  /** Returns how many peers 100ms was asked to remove. */
  private async removePeers(
    { roomId, userId }: Removal,
    facts: EntryFacts,
    isSettled: boolean,
  ): Promise<number> {
    const { hms, log, now } = this.deps;
    const joinedAt = new Map<string, Date>();
    // Asked for one user's, and checked again: removing another user would be worse than removing none.
    for (const peer of (await hms.activePeers(roomId, { userId })) ?? [])
      if (peer.userId === userId) joinedAt.set(peer.id, peer.joinedAt ?? now());
    // Whom a webhook told of, 100ms may not list yet. When a user came back, it is the first join that counts.
    for (const [peerId, since] of await knownPeers(log, roomId, userId)) joinedAt.set(peerId, since);
    let removed = 0;
    for (const [peerId, since] of joinedAt) {
      const bar = whyBarred(facts, since);
      if (bar === undefined) continue;
      if (await hms.removePeers(roomId, { peerId, reason: REASON })) removed += 1;
      // By then 100ms knows of every join: the peer is gone, and the webhook that should have said so is late or lost.
      else if (isSettled) await this.recordLeave(roomId, peerId, bar);
    }
    return removed;
  }

  private async recordLeave(roomId: string, peerId: string, bar: Bar): Promise<void> {
    const leave = { at: this.deps.now(), source: UpdateSource.RECONCILE, reason: reasonOfRemoval(bar) };
    await this.deps.log
      .ask(roomId, { decide: (room) => peerGone(room, peerId, leave) })
      .catch(unlessNoRoom(null));
  }

  private async endDevices({ roomId, userId }: Removal, facts: EntryFacts): Promise<number> {
    const bar = barOfReport(facts);
    return bar ? this.endDevicesOf({ roomId, userId, cause: bar }).catch(unlessNoRoom(0)) : 0;
  }
}

/** The peers of a user who are present as far as is known here, each with the time of its user's join. */
function knownPeers(log: RoomLog, roomId: string, userId: string): Promise<[string, Date][]> {
  return log
    .look(roomId, (room) =>
      room.present().flatMap((each): [string, Date][] => {
        const peerId = each.userId === userId ? peerIdOf(each) : undefined;
        return peerId === undefined ? [] : [[peerId, each.joinedAt]];
      }),
    )
    .catch(unlessNoRoom<[string, Date][]>([]));
}

/** A room that has been deleted from the database counts as empty. */
function unlessNoRoom<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof AppError && error.code === 'ROOM_NOT_FOUND') return otherwise;
    throw error;
  };
}
