import type { Meter } from '../../figures';
import { boundedId, boundedText } from '../../video/bounds';
import { HmsError } from '../../video/hms.error';
import type { HmsPeer, HmsService } from '../../video/hms.service';
import type { AskEntryFacts } from '../access/entry-facts';
import { type Bar, whyBarred } from '../access/may-be-inside';
import { UpdateSource } from '../log/participant-update';
import type { RoomLog } from '../log/room-log';
import type { Models } from '../models';
import { ParticipantStatus } from '../participant.model';
import type { Removals } from '../removals/removals';
import type { PeerPresence } from './peer-presence';
import { peerIdOf, peerKey } from './peer-rules';
import { type Doubt, noDoubt, type Reading, reconciled } from './reconcile-rules';

export interface ReconcilerParts {
  readonly models: Models;
  readonly log: RoomLog;
  readonly peers: PeerPresence;
  readonly entryFacts: AskEntryFacts;
  readonly removals: Pick<Removals, 'request'>;
  readonly hms: Pick<HmsService, 'activePeers' | 'activeRooms' | 'sessions'>;
  readonly now: () => Date;
  readonly meter: Meter;
  /**
   * Whether sessions that are unknown at 100ms are kept, instead of being ended. With the sandbox: webhooks
   * made by hand speak of sessions that it never ran.
   */
  readonly onlyKnownSessions: boolean;
  /** Receives the rooms for which 100ms gave no usable response. They stay as they are. */
  readonly report: (error: unknown, roomId: string) => void;
}

/** Rooms that are asked about at the same time: half of what the client lets through. */
const AT_ONCE = 5;

/** Compares who is in each active room with what 100ms says, and corrects what webhooks did not tell. */
export class Reconciler {
  private readonly doubts = new Map<string, Doubt>();
  /** What 100ms said about the sessions in a room. A session that it has known stays known. */
  private readonly known = new Map<string, ReadonlyMap<string, boolean>>();

  constructor(private readonly parts: ReconcilerParts) {}

  /**
   * Goes once through all rooms that are active here or at 100ms. A room without a usable answer stays as it is, and
   * when 100ms is down altogether the round ends there.
   *
   * @returns the outage, already reported, that kept 100ms from answering
   */
  async round(): Promise<HmsError | undefined> {
    const { meter } = this.parts;
    try {
      const { isComplete, outage } = await this.compareAll();
      meter.count('reconcile_runs_total', { result: isComplete ? 'complete' : 'incomplete' });
      return outage;
    } catch (error) {
      meter.count('reconcile_runs_total', { result: 'failed' });
      throw error;
    }
  }

  private async compareAll(): Promise<{ isComplete: boolean; outage: HmsError | undefined }> {
    const { active, outage: listOutage } = await this.activeRooms();
    const rooms = active.values();
    let compared = 0;
    let outage: HmsError | undefined;
    const work = async () => {
      for (const roomId of rooms) {
        if (outage) return;
        try {
          this.doubts.set(roomId, await this.reconcile(roomId));
          compared += 1;
        } catch (error) {
          outage ??= outageIn(error);
          this.parts.report(error, roomId);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    // A room that was not asked about this time keeps its doubts: two answers must agree, and not two rounds.
    if (!outage) this.forgetAllBut(active);
    return { isComplete: compared === active.size && !listOutage, outage: outage ?? listOutage };
  }

  private forgetAllBut(active: ReadonlySet<string>): void {
    for (const kept of [this.doubts, this.known])
      for (const roomId of kept.keys()) if (!active.has(roomId)) kept.delete(roomId);
  }

  /** Compares one room. @throws HmsError where 100ms gave no usable answer; nothing has changed then */
  private async reconcile(roomId: string): Promise<Doubt> {
    const { models, log, peers } = this.parts;
    const reading = await this.read(roomId);
    const { sessionId } = reading;
    const listed = reading.peers ?? [];
    await this.removeBarred(roomId, reading);
    const keys = sessionId === undefined ? [] : listed.map((peer) => peerKey({ sessionId, peerId: peer.id }));
    const doubt = await log.ask(roomId, {
      keys,
      decide: (room) => reconciled(room, reading, this.doubts.get(roomId) ?? noDoubt),
    });
    if (sessionId !== undefined) {
      const source = UpdateSource.RECONCILE;
      await Promise.all(
        listed.map((peer) =>
          peers.notice(joinOf(roomId, sessionId, peer, reading.askedAt), {
            source,
            heardAt: reading.askedAt,
          }),
        ),
      );
    }
    await models.rooms.updateOne({ roomId }, { $max: { lastReconciledAt: reading.askedAt } });
    return doubt;
  }

  private async read(roomId: string): Promise<Reading> {
    const { log, hms, now } = this.parts;
    const here = await log.look(roomId, (room) => ({
      asOfSeq: room.head,
      peers: room.present().flatMap((each) => {
        const { sessionId } = each;
        const { userId, joinedAt } = each;
        return sessionId === undefined ? [] : [{ sessionId, id: peerIdOf(each) ?? '', userId, joinedAt }];
      }),
    }));
    const askedAt = now();
    const peers = (await hms.activePeers(roomId))?.map(boundedPeer);
    const known = new Set(here.peers.map(({ id }) => id));
    const isNew = peers?.some(({ id }) => !known.has(id)) ?? false;
    // Who is not known yet needs a session to be in; and a second opinion.
    const session = isNew ? (await hms.activeRooms.get(roomId))?.session : undefined;
    const isInSession = (id: string) => session?.peers.some((each) => boundedId(each) === id) ?? true;
    const believed = peers?.filter(({ id }) => known.has(id) || isInSession(id));
    return {
      askedAt,
      asOfSeq: here.asOfSeq,
      peers: believed,
      // Of a peer who is known here the first join counts: one who came back within the grace has a later one at 100ms.
      barred: await this.barred(roomId, [...(believed ?? []), ...here.peers], askedAt),
      sessionId: session?.id,
      foreignSessions: await this.foreign(
        roomId,
        here.peers.map(({ sessionId }) => sessionId),
      ),
    };
  }

  private async barred(
    roomId: string,
    peers: readonly Pick<HmsPeer, 'id' | 'userId' | 'joinedAt'>[],
    askedAt: Date,
  ): Promise<ReadonlyMap<string, Bar>> {
    const barred = new Map<string, Bar>();
    await Promise.all(
      [...new Map(peers.map((peer) => [peer.id, peer])).values()].map(
        async ({ id, userId = id, joinedAt }) => {
          const why = whyBarred(await this.parts.entryFacts({ roomId, userId }), joinedAt ?? askedAt);
          if (why) barred.set(id, why);
        },
      ),
    );
    return barred;
  }

  /** Requests the removal of those whom 100ms lists and who may not be inside: no webhook told of their join, or it came too early. */
  private async removeBarred(roomId: string, { peers = [], barred }: Reading): Promise<void> {
    const wanted = new Map<string, Bar>();
    for (const { id, userId = id } of peers) {
      const cause = barred.get(id);
      if (cause) wanted.set(userId, cause);
    }
    for (const [userId, cause] of wanted) await this.parts.removals.request({ roomId, userId, cause });
  }

  private async foreign(roomId: string, sessionIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (!this.parts.onlyKnownSessions) return new Set();
    const known = new Map<string, boolean>();
    for (const id of new Set(sessionIds))
      known.set(id, this.known.get(roomId)?.get(id) ?? (await this.isKnown(id)));
    this.known.set(roomId, known);
    return new Set([...known.keys()].filter((id) => !known.get(id)));
  }

  private isKnown(sessionId: string): Promise<boolean> {
    return this.parts.hms.sessions.get(sessionId).then(
      () => true,
      (error: unknown) => {
        if (error instanceof HmsError && error.isDefiniteNotFound) return false;
        throw error;
      },
    );
  }

  /** Rooms with peers here, and those of ours in which 100ms runs a session. */
  private async activeRooms(): Promise<{ active: Set<string>; outage: HmsError | undefined }> {
    const { models, log, hms, report } = this.parts;
    await log.folded();
    const here = await models.participants.distinct('roomId', {
      status: { $ne: ParticipantStatus.LEFT },
      sessionId: { $exists: true },
    });
    const there: string[] = [];
    let outage: HmsError | undefined;
    try {
      for await (const { roomId } of hms.sessions.list({ active: true })) there.push(roomId);
    } catch (error) {
      // The rooms that are active here can be compared all the same, and will tell whether 100ms is down.
      report(error, 'the list of sessions');
      outage = outageIn(error);
    }
    const ours = await models.rooms.distinct('roomId', { roomId: { $in: there } });
    return { active: new Set([...here, ...ours]), outage };
  }
}

/** The error, where it says that 100ms as a whole does not answer now. */
function outageIn(error: unknown): HmsError | undefined {
  return error instanceof HmsError && (error.isOutage || error.askedToWait) ? error : undefined;
}

/** Within the same bounds as a peer that a webhook is about, so that both agree on who it is. */
function boundedPeer(peer: HmsPeer): HmsPeer {
  const { id, userId, name, role } = peer;
  return {
    ...peer,
    id: boundedId(id),
    userId: userId === undefined ? undefined : boundedId(userId),
    name: name === undefined ? undefined : boundedText(name),
    role: role === undefined ? undefined : boundedText(role),
  };
}

function joinOf(roomId: string, sessionId: string, peer: HmsPeer, askedAt: Date) {
  const { id: peerId, name, role } = peer;
  const joinedAt = peer.joinedAt ?? askedAt;
  const userId = peer.userId ?? peerId;
  return { kind: 'peer.joined', roomId, sessionId, peerId, userId, userName: name, role, joinedAt } as const;
}
