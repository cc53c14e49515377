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

/** A 100ms auth token for a room, and when it expires. `id` is the token's `jti`. */
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
  /** The role of users in an open room who were not given one. */
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
    await this.refuseMore({ roomId, role }, standing);
    const room = await this.roomOf(roomId);
    if (!room) throw noSuchRoom(roomId);
    if (!room.enabled) {
      throw new AppError(
        'ROOM_DISABLED',
        `Room ${roomId} is disabled: there are no tokens until it is enabled.`,
      );
    }
    const roles = await this.parts.roles.of(room, role);
    if (!roles.includes(role)) throw this.unknownRole(role, roles, standing);
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

  /** @throws AppError FORBIDDEN for a role that this membership does not allow */
  private async refuseMore(
    { roomId, role }: { roomId: string; role: string },
    { standing, hmsRoles = [] }: Standing,
  ): Promise<void> {
    const allowed = rolesByStanding[standing];
    if (allowed === 'every role') return;
    const names = allowed === 'GUEST_ROLE' ? [this.parts.guestRole] : hmsRoles;
    if (allowed !== 'none' && names.includes(role)) return;
    const roles = allowed === 'GUEST_ROLE' ? await this.rolesWithoutGuest(roomId) : undefined;
    if (roles) throw new AppError('FORBIDDEN', this.noGuestRole(roles));
    const message = `Your role in this room (${standing}) does not allow a token with role "${role}". Allowed roles: ${names.join(', ') || 'none'}.`;
    throw new AppError('FORBIDDEN', message);
  }

  /** To name the one role that a guest may have would be no help where the template lacks it. */
  private unknownRole(role: string, roles: readonly string[], { standing }: Standing): AppError {
    if (rolesByStanding[standing] !== 'GUEST_ROLE') return roleInvalid(role, roles);
    return new AppError('ROLE_INVALID', this.noGuestRole(roles), { details: { roles } });
  }

  /** The roles of a room that lacks the guest role. Undefined where it has the role, or where 100ms does not say. */
  private async rolesWithoutGuest(roomId: string): Promise<readonly string[] | undefined> {
    const { guestRole, roles } = this.parts;
    const room = await this.roomOf(roomId);
    const there = room && (await roles.of(room, guestRole).catch(() => undefined));
    return there?.includes(guestRole) ? undefined : there;
  }

  private noGuestRole(roles: readonly string[]): string {
    return `Guests of this room cannot get a token: GUEST_ROLE is "${this.parts.guestRole}", and the roles of the room are ${roles.join(', ')}. The operator of this service must set GUEST_ROLE to one of them.`;
  }
}
