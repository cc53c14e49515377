import type { Commands } from '../../database/commands';
import { AppError } from '../../errors';
import type { HmsTokens } from '../../video/hms.tokens';
import { inTurns } from '../asking/in-turns';
import { type CountWrites, Remembered } from '../asking/remembered';
import type { MintedToken } from '../bookkeeping.models';
import type { Models } from '../models';
import { type GenerateTokenInput, generateTokenInput, parseInput } from '../room.input';
import type { Room } from '../room.model';
import { type Caller, callerKey } from './caller';
import { type Gatekeeper, noSuchRoom, type Standing } from './gatekeeper';
import { roleInvalid } from './invitations.service';
import { rolesByStanding } from './permissions';
import type { TemplateRoles } from './template-roles';

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
  readonly commands: Commands;
  readonly gatekeeper: Gatekeeper;
  readonly roles: TemplateRoles;
  readonly tokens: Pick<HmsTokens, 'authToken'>;
  readonly countRooms?: CountWrites;
  readonly now: () => Date;
  /** Makes the id of a user who has none: unlike every other. */
  readonly newGuestId: () => string;
  /** The role of whoever enters an open room without having been given one. */
  readonly guestRole: string;
}

/** How long it is kept that a token was given out, in milliseconds, from when it was. */
const AUDIT_FOR = 90 * 24 * 3_600_000;
/** Rooms that are kept. */
const MOST_KNOWN = 1_000;

/** Who gets which token. */
export class AccessService {
  private readonly roomOf: (roomId: string) => Promise<Room | undefined>;
  private readonly keep: (minted: MintedToken) => Promise<void>;

  constructor(private readonly parts: AccessServiceParts) {
    const { rooms, mintedTokens } = parts.models;
    const known = new Remembered<Room | undefined>(parts.countRooms, MOST_KNOWN);
    const ask = inTurns<string, Room | undefined>(async (roomIds) => {
      const found = await rooms.find({ roomId: { $in: [...new Set(roomIds)] } }).lean();
      const byId = new Map(found.map((room) => [room.roomId, room]));
      return (roomId) => byId.get(roomId);
    });
    this.roomOf = (roomId) => known.answer(roomId, () => ask(roomId));
    this.keep = inTurns(async (minted) => {
      await parts.commands.insert(mintedTokens.collection, minted);
      return () => undefined;
    });
  }

  /**
   * Mints a token with which 100ms's client SDKs join the room. That it was minted is kept, the token itself is not.
   *
   * @throws AppError BAD_USER_INPUT, UNAUTHENTICATED, ROOM_NOT_FOUND, FORBIDDEN for more than the caller may have,
   * ROOM_DISABLED, ROLE_INVALID with the roles that there are, UPSTREAM_REJECTED and UPSTREAM_UNAVAILABLE when the roles
   * must be asked for
   */
  async generateToken(input: GenerateTokenInput, caller: Caller): Promise<AccessToken> {
    const { roomId, role, ttlSeconds, ...wanted } = parseInput(generateTokenInput, input);
    const { gatekeeper, tokens, now, newGuestId } = this.parts;
    const standing = await gatekeeper.admit(caller, 'generateToken', { roomId, userId: wanted.userId });
    this.refuseMore(role, standing);
    const room = await this.roomOf(roomId);
    if (!room) throw noSuchRoom(roomId);
    if (!room.enabled) {
      throw new AppError(
        'ROOM_DISABLED',
        `Room ${roomId} is disabled: there are no tokens until it is enabled.`,
      );
    }
    const roles = await this.parts.roles.of(room, role);
    if (!roles.includes(role)) throw roleInvalid(role, roles);
    const own = caller.kind === 'user' ? caller : undefined;
    const userId = wanted.userId ?? own?.id ?? newGuestId();
    const issuedAt = now();
    const { token, id, expiresAt } = tokens.authToken({ roomId, userId, role, ttlSeconds });
    await this.keep({
      _id: id,
      roomId,
      userId,
      role,
      name: wanted.name ?? own?.name,
      by: callerKey(caller),
      issuedAt,
      expiresAt,
      keepUntil: new Date(issuedAt.getTime() + AUDIT_FOR),
    });
    return { token, id, roomId, userId, role, expiresAt };
  }

  /** @throws AppError FORBIDDEN for a role beyond what somebody of this standing may have */
  private refuseMore(role: string, { standing, hmsRoles = [] }: Standing): void {
    const allowed = rolesByStanding[standing];
    if (allowed === 'every role') return;
    const names = allowed === 'GUEST_ROLE' ? [this.parts.guestRole] : hmsRoles;
    if (allowed !== 'none' && names.includes(role)) return;
    const message = `As ${standing} of this room you may have a token as ${names.join(', ') || 'nobody'}, and not as "${role}".`;
    throw new AppError('FORBIDDEN', message);
  }
}
