import { Types } from 'mongoose';
import { AppError } from '../errors';
import type { PresenceNotice } from '../video/hms.webhook';
import type { Caller } from './caller';
import type { Models } from './models';
import type { Participant } from './participant.model';
import { UpdateSource } from './participant-update';
import {
  deviceJoined,
  deviceLeft,
  leaseRanOut,
  type Peer,
  peerJoined,
  peerKey,
  peerLeft,
  sessionClosed,
  type TokenFacts,
} from './presence-rules';
import {
  type JoinRoomInput,
  joinRoomInput,
  type LeaveRoomInput,
  leaveRoomInput,
  parseInput,
} from './room.input';
import type { RoomLog } from './room-log';

export interface PresenceParts {
  readonly models: Models;
  readonly log: RoomLog;
  readonly now: () => Date;
  /** How long a self-reported presence holds without being repeated. */
  readonly leaseSeconds: number;
}

/** Who comes and goes, from whatever source, in whatever order, told as often as it likes. */
export class PresenceService {
  constructor(private readonly parts: PresenceParts) {}

  /**
   * Says that a user is in the room with a device. Repeating it renews the lease, and tells nobody.
   *
   * @throws AppError BAD_USER_INPUT, ROOM_NOT_FOUND; ROOM_DISABLED for a new join, while a renewal still holds
   */
  async join(input: JoinRoomInput, _caller: Caller): Promise<Participant> {
    const { roomId, userId, deviceId, name } = parseInput(joinRoomInput, input);
    const { models, log, now, leaseSeconds } = this.parts;
    const device = { userId, deviceId };
    const leaseUntil = new Date(now().getTime() + leaseSeconds * 1_000);
    const newId = new Types.ObjectId().toHexString();
    let enabled = false;
    let facts: TokenFacts = {};
    const { participant, renewed } = await log.ask(roomId, {
      prepare: async () => {
        const room = await models.rooms.findOne({ roomId }, { enabled: 1 }).lean();
        enabled = room?.enabled ?? false;
        facts = await this.tokenFacts(roomId, userId);
      },
      decide: (room) => {
        const known = { ...facts, name: name ?? facts.name };
        const { changes, answer } = deviceJoined(room, {
          device,
          newId,
          now: now(),
          leaseUntil,
          facts: known,
        });
        if (changes.length > 0 && !enabled) {
          throw new AppError(
            'ROOM_DISABLED',
            `Room ${roomId} is disabled: nobody can join it until it is enabled.`,
          );
        }
        return { changes, answer: { participant: answer, renewed: changes.length === 0 } };
      },
    });
    if (renewed) {
      await models.participants.updateOne(
        { _id: participant._id, leftAt: { $exists: false } },
        { $max: { leaseUntil } },
      );
    }
    return participant;
  }

  /**
   * Says that a user's device is no longer in the room. Null where it was not there.
   *
   * @throws AppError BAD_USER_INPUT, ROOM_NOT_FOUND
   */
  async leave(input: LeaveRoomInput, _caller: Caller): Promise<Participant | null> {
    const { roomId, ...device } = parseInput(leaveRoomInput, input);
    return this.parts.log.ask(roomId, { decide: (room) => deviceLeft(room, device, this.parts.now()) });
  }

  /**
   * Takes in what a 100ms webhook says about a room's presence. Safe to repeat, in any order.
   *
   * @throws AppError ROOM_NOT_FOUND for a room that is not ours
   */
  async notice(notice: PresenceNotice, source: UpdateSource): Promise<void> {
    switch (notice.kind) {
      case 'peer.joined':
        return this.peerJoined(notice, source);
      case 'peer.left':
        return this.peerLeft(notice, source);
      case 'session.opened':
        return this.recordSession(notice.roomId, notice.sessionId, { $min: { openedAt: notice.startedAt } });
      case 'session.closed': {
        const { roomId, sessionId, stoppedAt } = notice;
        // First the fact, then its consequences: a join that is decided after this line lands as left.
        await this.recordSession(roomId, sessionId, { $max: { closedAt: stoppedAt } });
        await this.parts.log.ask(roomId, {
          decide: (room) => sessionClosed(room, sessionId, stoppedAt, source),
        });
      }
    }
  }

  /** Ends the presences whose lease has run out, at most `most` of them. Answers with how many it looked at. */
  async endOverdue(most = 500): Promise<number> {
    const { models, log, now } = this.parts;
    const overdue = await models.participants
      .find({ leaseUntil: { $lte: now() } }, { roomId: 1, key: 1 })
      .limit(most)
      .lean();
    await Promise.all(
      overdue.map(({ roomId, key }) => log.ask(roomId, { decide: (room) => leaseRanOut(room, key, now()) })),
    );
    return overdue.length;
  }

  private async peerJoined(notice: Extract<PresenceNotice, { kind: 'peer.joined' }>, source: UpdateSource) {
    const { models, log } = this.parts;
    const peer = peerOf(notice);
    let facts: TokenFacts = {};
    let sessionClosedAt: Date | undefined;
    await log.ask(notice.roomId, {
      keys: [peerKey(peer)],
      prepare: async () => {
        const session = await models.sessions.findOne({ _id: notice.sessionId }).lean();
        sessionClosedAt = session?.closedAt;
        facts = await this.tokenFacts(notice.roomId, notice.userId);
      },
      decide: (room) => peerJoined(room, { peer, joinedAt: notice.joinedAt, facts, sessionClosedAt, source }),
    });
  }

  private async peerLeft(notice: Extract<PresenceNotice, { kind: 'peer.left' }>, source: UpdateSource) {
    const { roomId, joinedAt, leftAt } = notice;
    const peer = peerOf(notice);
    let facts: TokenFacts = {};
    await this.parts.log.ask(roomId, {
      keys: [peerKey(peer)],
      prepare: async () => {
        facts = await this.tokenFacts(roomId, notice.userId);
      },
      decide: (room) => peerLeft(room, { peer, joinedAt, leftAt, facts, source }),
    });
  }

  private async recordSession(roomId: string, sessionId: string, change: object): Promise<void> {
    await this.parts.models.sessions.updateOne(
      { _id: sessionId },
      { $setOnInsert: { roomId }, ...change },
      { upsert: true },
    );
  }

  /** What the newest token says that was minted for this user and room. */
  private async tokenFacts(roomId: string, userId: string): Promise<TokenFacts> {
    const token = await this.parts.models.mintedTokens
      .findOne({ roomId, userId })
      .sort({ issuedAt: -1 })
      .lean();
    return token ? { tokenId: token._id, name: token.name, role: token.role } : {};
  }
}

function peerOf(notice: Extract<PresenceNotice, { kind: 'peer.joined' | 'peer.left' }>): Peer {
  const { sessionId, peerId, userId, userName, role } = notice;
  return { sessionId, peerId, userId, name: userName, role };
}
