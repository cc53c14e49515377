import { AppError } from '../errors';
import type { HmsService } from '../video/hms.service';
import type { HmsTokens } from '../video/hms.tokens';
import type { Caller } from './caller';
import type { Models } from './models';
import { type GenerateTokenInput, generateTokenInput, parseInput } from './room.input';
import { TemplateRoles } from './template-roles';

/** What lets somebody into a room, and until when. `id` is the token's `jti`. */
export interface AccessToken {
  readonly token: string;
  readonly id: string;
  readonly roomId: string;
  readonly userId: string;
  readonly role: string;
  readonly expiresAt: Date;
}

export interface AccessServiceParts {
  readonly models: Models;
  readonly hms: Pick<HmsService, 'getTemplate' | 'getRoom'>;
  readonly tokens: Pick<HmsTokens, 'authToken'>;
  readonly now: () => Date;
  /** Makes the id of a user who has none: unlike every other. */
  readonly newGuestId: () => string;
}

/** Who gets which token. */
export class AccessService {
  private readonly roles: TemplateRoles;

  constructor(private readonly parts: AccessServiceParts) {
    this.roles = new TemplateRoles(parts.hms, parts.now);
  }

  /**
   * Mints a token with which 100ms's client SDKs join the room. That it was minted is kept, the token itself is not.
   *
   * @throws AppError BAD_USER_INPUT, ROOM_NOT_FOUND, ROOM_DISABLED, ROLE_INVALID with the roles that there are,
   * UPSTREAM_REJECTED and UPSTREAM_UNAVAILABLE when the roles must be asked for
   */
  async generateToken(input: GenerateTokenInput, _caller: Caller): Promise<AccessToken> {
    const { roomId, role, name, ttlSeconds, ...wanted } = parseInput(generateTokenInput, input);
    const { models, tokens, now, newGuestId } = this.parts;
    const room = await models.rooms.findOne({ roomId }).lean();
    if (!room) throw new AppError('ROOM_NOT_FOUND', `There is no room ${roomId}.`);
    if (!room.enabled) {
      throw new AppError(
        'ROOM_DISABLED',
        `Room ${roomId} is disabled: there are no tokens until it is enabled.`,
      );
    }
    const roles = await this.roles.of(room, role);
    if (!roles.includes(role)) {
      throw new AppError('ROLE_INVALID', `"${role}" is no role of this room; it has ${roles.join(', ')}.`, {
        details: { roles },
      });
    }
    const userId = wanted.userId ?? newGuestId();
    const issuedAt = now();
    const { token, id, expiresAt } = tokens.authToken({ roomId, userId, role, ttlSeconds });
    await models.mintedTokens.create({ _id: id, roomId, userId, role, name, issuedAt, expiresAt });
    return { token, id, roomId, userId, role, expiresAt };
  }
}
