import type { PresenceNotice } from '../../video/hms.webhook';
import type { AskEntryFacts } from '../access/entry-facts';
import { type Bar, type EntryFacts, whyBarred } from '../access/may-be-inside';
import type { AskTokenFacts } from '../access/token-facts';
import { gathered } from '../asking/gathered';
import { hangsOn, type TokenFacts } from '../log/participant-changes';
import { droppedKey } from '../log/participant-keys';
import { UpdateSource } from '../log/participant-update';
import { roomDisabled } from '../log/room-closing';
import type { RoomLog } from '../log/room-log';
import type { Change } from '../log/room-state';
import type { Models } from '../models';
import type { Removals } from '../removals/removals';
import {
  type Peer,
  peerJoined,
  peerKey,
  peerLeft,
  reasonOfLeave,
  roleChanged,
  sessionClosed,
} from './peer-rules';

export interface PeerPresenceParts {
  readonly models: Models;
  readonly log: RoomLog;
  readonly tokenFacts: AskTokenFacts;
  readonly entryFacts: AskEntryFacts;
  readonly removals: Pick<Removals, 'request'>;
  readonly now: () => Date;
  /** How long a participant counts as reconnecting after their connection was lost; 0 for not at all. */
  readonly graceSeconds: number;
}

/** How a notice arrived: from which source, and when it was received first. */
export interface Hearing {
  readonly source: UpdateSource;
  readonly heardAt: Date;
}

type Notice<Kind extends PresenceNotice['kind']> = Extract<PresenceNotice, { kind: Kind }>;

/** What the decision about a peer needs beside the room's state, read in the room's lane. */
interface Background {
  facts: TokenFacts;
  sessionClosedAt: Date | undefined;
  /** Whether the peer's user may be inside; undefined where the peer left by itself. */
  entry: EntryFacts | undefined;
}

/** Takes in what 100ms says about who is in a room. Everything is safe to repeat, in any order. */
export class PeerPresence {
  private readonly closedAt: (sessionId: string) => Promise<Date | undefined>;

  constructor(private readonly parts: PeerPresenceParts) {
    const { sessions } = parts.models;
    this.closedAt = gathered(async (ids) => {
      const found = await sessions.find({ _id: { $in: [...new Set(ids)] } }).lean();
      const closed = new Map(found.map(({ _id, closedAt }) => [_id, closedAt]));
      return (id) => closed.get(id);
    });
  }

  /**
   * Whether it was news: what was known already, or is overtaken by something newer, changes nothing.
   *
   * @throws AppError ROOM_NOT_FOUND for a room that is not ours
   */
  async notice(notice: PresenceNotice, { source, heardAt }: Hearing): Promise<boolean> {
    switch (notice.kind) {
      case 'peer.joined':
        return this.ask(notice, (room, background) =>
          peerJoined(room, { peer: peerOf(notice), joinedAt: notice.joinedAt, source, ...background }),
        );
      case 'peer.left': {
        const { joinedAt, leftAt, reason: said } = notice;
        const graceUntil = notice.abrupt ? this.graceUntil({ source, heardAt }) : undefined;
        return this.ask(notice, (room, { facts, entry, sessionClosedAt }) => {
          const now = this.parts.now();
          const bar = entry && whyBarred(entry, joinedAt ?? leftAt);
          const reason = reasonOfLeave({ reason: said, bar, isSessionOver: sessionClosedAt !== undefined });
          const peer = peerOf(notice);
          return peerLeft(room, { peer, joinedAt, leftAt, graceUntil, reason, now, facts, source });
        });
      }
      case 'role.changed': {
        const { role, changedAt, joinedAt } = notice;
        return this.ask(notice, (room, background) =>
          roleChanged(room, { peer: peerOf(notice), role, changedAt, joinedAt, source, ...background }),
        );
      }
      case 'room.ended':
        return this.roomEnded(notice, source);
      case 'session.opened':
        return this.recordSession(notice, { $min: { openedAt: notice.startedAt } });
      case 'session.closed':
        return this.sessionClosed(notice, source);
    }
  }

  /** A loss that happened a while ago starts no grace period. */
  private graceUntil({ source, heardAt }: Hearing): Date {
    const seconds = source === UpdateSource.WEBHOOK ? this.parts.graceSeconds : 0;
    return new Date(heardAt.getTime() + seconds * 1_000);
  }

  private async sessionClosed(notice: Notice<'session.closed'>, source: UpdateSource): Promise<boolean> {
    const { roomId, sessionId, stoppedAt } = notice;
    // First the fact, then its consequences: a join that is decided after this line lands as left.
    const isNews = await this.recordSession(notice, { $max: { closedAt: stoppedAt } });
    const hasChanged = await this.parts.log.ask(roomId, {
      decide: (room) => changing(sessionClosed(room, sessionId, stoppedAt, source).changes),
    });
    return isNews || hasChanged;
  }

  /** Ending a room may also lock it. A lock that is older than our own last word does not count. */
  private async roomEnded(notice: Notice<'room.ended'>, source: UpdateSource): Promise<boolean> {
    const { roomId, sessionId, endedAt: at, locked } = notice;
    const { models, log } = this.parts;
    const isNews = await this.recordSession(notice, { $max: { closedAt: at } });
    let isLocked = false;
    let wasEnabled: boolean | undefined;
    const hasChanged = await log.ask(roomId, {
      prepare: async () => {
        if (!locked) return;
        const { matchedCount } = await models.rooms.updateOne(
          { roomId, $or: [{ enabledAsOf: { $exists: false } }, { enabledAsOf: { $lte: at } }] },
          { $set: { enabled: false, enabledAsOf: at } },
        );
        isLocked = matchedCount > 0;
      },
      decide: (room) => {
        wasEnabled ??= room.enabled;
        if (isLocked) room.enabled = false;
        const { changes } = sessionClosed(room, sessionId, at, source);
        return changing(changes.length > 0 ? changes : roomDisabled(room, wasEnabled, { at, source }));
      },
    });
    return isNews || hasChanged;
  }

  private async ask(
    notice: Notice<'peer.joined' | 'peer.left' | 'role.changed'>,
    rule: (...given: [Parameters<typeof peerJoined>[0], Background]) => ReturnType<typeof peerJoined>,
  ): Promise<boolean> {
    const { log, tokenFacts, entryFacts, removals } = this.parts;
    const { roomId, sessionId, userId } = notice;
    const key = peerKey(notice);
    const background: Background = { facts: {}, sessionClosedAt: undefined, entry: undefined };
    const { isNews, cause } = await log.ask(roomId, {
      keys: [key],
      otherKeys: [droppedKey(notice)],
      prepare: async () => {
        const [sessionClosedAt, facts, entry] = await Promise.all([
          this.closedAt(sessionId),
          tokenFacts({ roomId, userId }),
          leftByItself(notice) ? undefined : entryFacts({ roomId, userId }),
        ]);
        Object.assign(background, { sessionClosedAt, facts, entry });
      },
      decide: (room) => {
        const { changes, answer: peer } = rule(room, background);
        const isInside = hangsOn(peer, key);
        const { entry } = background;
        const why: Bar | undefined = isInside && entry ? whyBarred(entry, peer.joinedAt) : undefined;
        return { changes, answer: { isNews: changes.length > 0, cause: why } };
      },
    });
    // Also where the join was known: the process that took it in may have ended before it came to this line.
    if (cause) await removals.request({ roomId, userId, cause });
    return isNews;
  }

  private async recordSession(
    { roomId, sessionId }: { roomId: string; sessionId: string },
    change: object,
  ): Promise<boolean> {
    const { modifiedCount, upsertedCount } = await this.parts.models.sessions.updateOne(
      { _id: sessionId },
      { $setOnInsert: { roomId }, ...change },
      { upsert: true },
    );
    return modifiedCount + upsertedCount > 0;
  }
}

/** A leave by the participant's own choice needs no permission check, so that a storm of leaves costs no more. */
function leftByItself(notice: Notice<'peer.joined' | 'peer.left' | 'role.changed'>): boolean {
  return notice.kind === 'peer.left' && (notice.abrupt || notice.reason === 'client request');
}

/** Changes, and whether there are any. */
function changing(changes: readonly Change[]) {
  return { changes, answer: changes.length > 0 };
}

function peerOf(notice: Notice<'peer.joined' | 'peer.left' | 'role.changed'>): Peer {
  const { sessionId, peerId, userId, userName, role } = notice;
  return { sessionId, peerId, userId, name: userName, role };
}
