import { AppError, badInput } from '../../errors';
import type { Models } from '../models';
import type { Removals } from '../removals/removals';
import {
  type GrantRoomRoleInput,
  grantRoomRoleInput,
  parseInput,
  type RevokeRoomRoleInput,
  revokeRoomRoleInput,
} from '../room.input';
import type { Room } from '../room.model';
import type { AccessNews } from './access-news';
import { type Caller, callerKey } from './caller';
import { type Gatekeeper, noSuchRoom } from './gatekeeper';
import type { RoomOperation } from './permissions';
import { grantId, InvitedRole, RoomAccess, type RoomGrant } from './room-grant.model';
import type { TemplateRoles } from './template-roles';

/** A user's role in a room by invitation. */
export interface Invitation {
  readonly id: string;
  readonly roomId: string;
  readonly userId: string;
  readonly role: InvitedRole;
  /** The roles at 100ms that a member's tokens may have; empty with co-hosts, who get every one. */
  readonly hmsRoles: readonly string[];
}

export interface InvitationsParts {
  readonly models: Models;
  readonly gatekeeper: Gatekeeper;
  readonly news: Pick<AccessNews, 'permissionsChanged'>;
  readonly removals: Pick<Removals, 'request' | 'endDevicesOf'>;
  readonly roles: TemplateRoles;
  readonly now: () => Date;
  /** What a member's tokens may have where the invitation names no role. */
  readonly guestRole: string;
}

/** Who is invited to which room, as what. */
export class InvitationsService {
  constructor(private readonly parts: InvitationsParts) {}

  /**
   * Invites a user, or changes what they were invited as. It also lets back in who was put out.
   *
   * @throws AppError BAD_USER_INPUT, UNAUTHENTICATED, ROOM_NOT_FOUND, FORBIDDEN; ROLE_INVALID with the roles that there
   * are; UPSTREAM_REJECTED and UPSTREAM_UNAVAILABLE when they must be asked for
   */
  async grant(input: GrantRoomRoleInput, caller: Caller): Promise<Invitation> {
    const { roomId, userId, role, hmsRoles } = parseInput(grantRoomRoleInput, input);
    const { models, gatekeeper, now, guestRole } = this.parts;
    await gatekeeper.admit(caller, operationFor(role), { roomId });
    const before = await this.grantOf(roomId, userId, caller);
    const room = await models.rooms.findOne({ roomId }).lean();
    if (!room) throw noSuchRoom(roomId);
    refuseOwner(room, userId);
    if (hmsRoles) await this.refuseUnknownRoles(room, hmsRoles);
    const granted = {
      roomId,
      userId,
      role,
      hmsRoles: role === InvitedRole.MEMBER ? (hmsRoles ?? [guestRole]) : [],
      by: callerKey(caller),
      at: now(),
    };
    const _id = before?._id ?? grantId(roomId, userId);
    await models.grants.updateOne(
      { _id },
      { $set: granted, $unset: { putOutAt: 1, uninvitedAt: 1 } },
      { upsert: true },
    );
    return invitationOf(granted);
  }

  /**
   * Takes an invitation back. What it had let begin ends before this resolves, unless the room is OPEN; at 100ms the user is removed
   * soon after, and again whenever they join before they are invited again.
   *
   * @returns what is taken back, or null where there was no invitation
   * @throws AppError BAD_USER_INPUT, UNAUTHENTICATED, ROOM_NOT_FOUND, FORBIDDEN
   */
  async revoke(input: RevokeRoomRoleInput, caller: Caller): Promise<Invitation | null> {
    const { roomId, userId } = parseInput(revokeRoomRoleInput, input);
    const { models, gatekeeper, news, now } = this.parts;
    await gatekeeper.admit(caller, operationFor(InvitedRole.MEMBER), { roomId });
    const before = await this.grantOf(roomId, userId, caller);
    const room = await models.rooms.findOne({ roomId }).lean();
    if (!room) throw noSuchRoom(roomId);
    refuseOwner(room, userId);
    if (before?.role) {
      const taken = { uninvitedAt: now(), by: callerKey(caller), at: now() };
      const was = { _id: before._id, role: before.role };
      await models.grants.updateOne(was, { $set: taken, $unset: { role: 1, hmsRoles: 1 } });
    }
    // Also where there was none: a call that failed half way is repeated, and must end what it meant to.
    await news.permissionsChanged({ roomId, userId });
    if (before && room.access === RoomAccess.INVITED) await this.removeFrom(roomId, userId);
    return before?.role ? invitationOf({ ...before, role: before.role }) : null;
  }

  private async removeFrom(roomId: string, userId: string): Promise<void> {
    const { removals } = this.parts;
    const wanted = { roomId, userId, cause: 'removed' } as const;
    await removals.request(wanted);
    await removals.endDevicesOf(wanted);
  }

  /** What a user was granted so far. Who may not make co-hosts may not unmake them either. */
  private async grantOf(roomId: string, userId: string, caller: Caller): Promise<RoomGrant | null> {
    const grant = await this.parts.models.grants.findOne({ _id: grantId(roomId, userId) }).lean();
    if (grant?.role) await this.parts.gatekeeper.admit(caller, operationFor(grant.role), { roomId });
    return grant;
  }

  private async refuseUnknownRoles(room: Room, hmsRoles: readonly string[]): Promise<void> {
    for (const role of hmsRoles) {
      const roles = await this.parts.roles.of(room, role);
      if (!roles.includes(role)) throw roleInvalid(role, roles);
    }
  }
}

function operationFor(role: InvitedRole): RoomOperation {
  return role === InvitedRole.CO_HOST ? 'inviteCoHost' : 'inviteMember';
}

function refuseOwner({ ownerId }: Room, userId: string): void {
  if (ownerId !== userId) return;
  throw badInput([
    { field: 'userId', rule: 'must not be the owner of the room, who may do everything in it' },
  ]);
}

function invitationOf({
  roomId,
  userId,
  role,
  hmsRoles = [],
}: Pick<RoomGrant, 'roomId' | 'userId' | 'hmsRoles'> & {
  role: InvitedRole;
}): Invitation {
  return { id: grantId(roomId, userId), roomId, userId, role, hmsRoles };
}

/** A role that the template of a room does not have. */
export function roleInvalid(role: string, roles: readonly string[]): AppError {
  const message = `"${role}" is no role of this room; it has ${roles.join(', ')}.`;
  return new AppError('ROLE_INVALID', message, { details: { roles } });
}
