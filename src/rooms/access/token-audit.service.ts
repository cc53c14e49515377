import { badInput } from '../../errors';
import type { HmsService } from '../../video/hms.service';
import type { MintedToken } from '../bookkeeping.models';
import type { Models } from '../models';
import type { PresenceService } from '../presence/presence.service';
import {
  parseInput,
  type RevokeTokensInput,
  revokeTokensInput,
  type TokenAuditInput,
  tokenAuditInput,
} from '../room.input';
import type { AccessNews } from './access-news';
import { type Caller, callerKey } from './caller';
import { type Gatekeeper, noSuchRoom } from './gatekeeper';
import { grantId, InvitedRole } from './room-grant.model';

export interface TokenAuditParts {
  readonly models: Models;
  readonly gatekeeper: Gatekeeper;
  readonly news: Pick<AccessNews, 'permissionsChanged' | 'revokeLogins'>;
  readonly presence: Pick<PresenceService, 'endDevicesOf'>;
  readonly hms: Pick<HmsService, 'activePeers' | 'removePeers'>;
  readonly now: () => Date;
}

/** What is kept of the tokens that were given out, and what can be done about them afterwards. */
export class TokenAuditService {
  constructor(private readonly parts: TokenAuditParts) {}

  /** Newest first. @throws AppError BAD_USER_INPUT, UNAUTHENTICATED, FORBIDDEN */
  async list(input: TokenAuditInput, caller: Caller): Promise<MintedToken[]> {
    this.parts.gatekeeper.allow(caller, 'tokenAudit');
    const { roomId, userId, limit } = parseInput(tokenAuditInput, input);
    return this.parts.models.mintedTokens
      .find({ ...(roomId && { roomId }), ...(userId && { userId }) })
      .sort({ issuedAt: -1 })
      .limit(limit)
      .lean();
  }

  /**
   * Stops what can be stopped. With a room: its user is put out of it, sees no more of it, and gets no further token until
   * they are invited again. Without: every login of the user until now is none any more, in all rooms. A token that 100ms
   * was given cannot be taken back; whoever is inside by one is removed. Safe to repeat, and to be repeated after an error.
   *
   * @returns the tokens that were still good
   * @throws AppError BAD_USER_INPUT, UNAUTHENTICATED, ROOM_NOT_FOUND, FORBIDDEN, UPSTREAM_REJECTED, UPSTREAM_UNAVAILABLE
   */
  async revoke(input: RevokeTokensInput, caller: Caller): Promise<MintedToken[]> {
    const { models, gatekeeper, news, now } = this.parts;
    const { roomId, userId } = parseInput(revokeTokensInput, input);
    if (roomId === undefined) {
      gatekeeper.allow(caller, 'revokeLogins');
      await news.revokeLogins(userId);
    } else {
      await this.putOut(roomId, userId, caller);
    }
    const of = { userId, ...(roomId && { roomId }) };
    await models.mintedTokens.updateMany(
      { ...of, expiresAt: { $gt: now() }, revokedAt: { $exists: false } },
      { $set: { revokedAt: now() } },
    );
    const revoked = await models.mintedTokens
      .find({ ...of, expiresAt: { $gt: now() } })
      .sort({ issuedAt: -1 })
      .lean();
    const rooms = roomId === undefined ? new Set(revoked.map((token) => token.roomId)) : [roomId];
    for (const each of rooms) await this.removeFrom(each, userId);
    return revoked;
  }

  private async putOut(roomId: string, userId: string, caller: Caller): Promise<void> {
    const { models, gatekeeper, news, now } = this.parts;
    await gatekeeper.admit(caller, 'revokeTokens', { roomId });
    const room = await models.rooms.findOne({ roomId }).lean();
    if (!room) throw noSuchRoom(roomId);
    if (room.ownerId === userId) {
      throw badInput([
        { field: 'userId', rule: 'must not be the owner of the room, who may do everything in it' },
      ]);
    }
    const _id = grantId(roomId, userId);
    const grant = await models.grants.findOne({ _id }).lean();
    if (grant?.role === InvitedRole.CO_HOST) await gatekeeper.admit(caller, 'inviteCoHost', { roomId });
    await models.grants.updateOne(
      { _id },
      {
        $set: { roomId, userId, putOutAt: now(), by: callerKey(caller), at: now() },
        $unset: { role: 1, hmsRoles: 1 },
      },
      { upsert: true },
    );
    await news.permissionsChanged({ roomId, userId });
  }

  private async removeFrom(roomId: string, userId: string): Promise<void> {
    const { presence, hms } = this.parts;
    await presence.endDevicesOf(roomId, userId);
    const peers = await hms.activePeers(roomId, { userId });
    // Asked for one user's, and looked at again: removing somebody else would be worse than removing nobody.
    for (const { id, userId: whose } of peers ?? []) {
      if (whose === userId)
        await hms.removePeers(roomId, { peerId: id, reason: 'Your access to this room has ended.' });
    }
  }
}
