import { badInput } from '../../errors';
import type { MintedToken } from '../bookkeeping.models';
import type { Models } from '../models';
import type { Removals } from '../removals/removals';
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
import type { Bar } from './may-be-inside';
import { grantId, InvitedRole } from './room-grant.model';

export interface TokenAuditParts {
  readonly models: Models;
  readonly gatekeeper: Gatekeeper;
  readonly news: Pick<AccessNews, 'permissionsChanged' | 'revokeLogins'>;
  readonly removals: Pick<Removals, 'remove' | 'endDevicesOf'>;
  readonly now: () => Date;
}

/** 100ms ends every session after 12 hours: a token that expired before then has let in no user who is still inside. */
const MAX_SESSION_MS = 12 * 3_600_000;

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
   * Stops what can be stopped. With a room: the user is removed from it, sees no more of it, and gets no further token until they
   * are invited again. Without: revokes every login of the user until now, and their tokens in all rooms. 100ms still accepts a
   * revoked token, so its bearer is removed there, and again whenever they join by it. Safe to repeat; what 100ms refuses is also
   * retried in the background.
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
    const mayBeInsideBy = {
      ...{ userId, ...(roomId && { roomId }) },
      expiresAt: { $gt: new Date(now().getTime() - MAX_SESSION_MS) },
    };
    await models.mintedTokens.updateMany(
      { ...mayBeInsideBy, revokedAt: { $exists: false } },
      { $set: { revokedAt: now() } },
    );
    const tokens = await models.mintedTokens.find(mayBeInsideBy).sort({ issuedAt: -1 }).lean();
    const revoked = tokens.filter(({ expiresAt }) => expiresAt > now());
    if (roomId !== undefined) await this.removeFrom([roomId], userId, 'removed');
    else await this.removeFrom([...new Set(tokens.map((token) => token.roomId))], userId, 'no valid token');
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
        $unset: { role: 1, hmsRoles: 1, uninvitedAt: 1 },
      },
      { upsert: true },
    );
    await news.permissionsChanged({ roomId, userId });
  }

  private async removeFrom(roomIds: readonly string[], userId: string, cause: Bar): Promise<void> {
    const { removals } = this.parts;
    const wanted = roomIds.map((roomId) => ({ roomId, userId, cause }));
    for (const each of wanted) await removals.endDevicesOf(each);
    await removals.remove(wanted);
  }
}
