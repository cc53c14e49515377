import type { QueryFilter } from 'mongoose';
import { AppError } from '../../errors';
import type { Models } from '../models';
import type { Room } from '../room.model';
import type { Caller } from './caller';
import {
  type Extent,
  type GeneralOperation,
  generalExtent,
  generalPermissions,
  type RoomOperation,
  type RoomStanding,
  roomExtent,
  roomPermissions,
} from './permissions';
import { grantId, InvitedRole, RoomAccess, type RoomGrant, RoomRole } from './room-grant.model';

/** What a caller is to a room, and what an invitation says. */
export interface Standing {
  readonly standing: RoomStanding;
  /** With `member`: the roles at 100ms that the invitation names. */
  readonly hmsRoles?: readonly string[];
}

type RoomFacts = Pick<Room, 'roomId' | 'ownerId' | 'access'>;

/** Checks the table of permissions: every service that acts for a caller comes here first. */
export class Gatekeeper {
  constructor(private readonly models: Models) {}

  /**
   * Lets a caller do something for which no room is named, or throws.
   *
   * @throws AppError UNAUTHENTICATED, FORBIDDEN
   */
  allow(caller: Caller, operation: GeneralOperation): Extent {
    const extent = generalExtent(operation, caller.kind);
    if (caller.kind === 'anonymous') throw logInFirst();
    if (extent) return extent;
    const { about } = generalPermissions[operation];
    throw new AppError('FORBIDDEN', `Only a service may ${about}.`);
  }

  /**
   * Lets a caller do something in a room, or throws. That a room exists is not said of it where the caller is a service:
   * the operation itself finds out.
   *
   * @param forUser whom it is done for, where that matters
   * @throws AppError UNAUTHENTICATED; ROOM_NOT_FOUND for a room that the caller may not know of; FORBIDDEN
   */
  async admit(
    caller: Caller,
    operation: RoomOperation,
    { roomId, userId }: { roomId: string; userId?: string | undefined },
  ): Promise<Standing> {
    const found = await this.standingIn(roomId, caller);
    const extent = roomExtent(operation, found.standing);
    if (caller.kind === 'anonymous') throw logInFirst();
    if (found.standing === 'outsider') throw noSuchRoom(roomId);
    const { about } = roomPermissions[operation];
    if (!extent) throw new AppError('FORBIDDEN', `As ${found.standing} of this room you may not ${about}.`);
    if (extent === 'self' && userId !== undefined && caller.kind === 'user' && userId !== caller.id) {
      const message = `You may ${about} as yourself, "${caller.id}", and not as "${userId}".`;
      throw new AppError('FORBIDDEN', message);
    }
    return found;
  }

  /** What the caller is to a room; the same question, at the same cost, for a room that there is not. */
  async standingIn(roomId: string, caller: Caller): Promise<Standing> {
    if (caller.kind !== 'user') return { standing: caller.kind };
    const { rooms, grants } = this.models;
    const [room, grant] = await Promise.all([
      rooms.findOne({ roomId }, { roomId: 1, ownerId: 1, access: 1 }).lean(),
      grants.findOne({ _id: grantId(roomId, caller.id) }).lean(),
    ]);
    return room ? standingOf(caller.id, room, grant) : { standing: 'outsider' };
  }

  /** The role of the caller in a room that they may see; null for services, who have none. */
  async roleIn(room: RoomFacts, caller: Caller): Promise<RoomRole | null> {
    if (caller.kind !== 'user') return null;
    const grant = await this.models.grants.findOne({ _id: grantId(room.roomId, caller.id) }).lean();
    return roleOf[standingOf(caller.id, room, grant).standing] ?? null;
  }

  /** A filter for the rooms that a caller may list. @throws AppError UNAUTHENTICATED */
  async visibleTo(caller: Caller): Promise<QueryFilter<Room>> {
    const extent = this.allow(caller, 'rooms');
    if (extent === 'any' || caller.kind !== 'user') return {};
    const grants = await this.models.grants.find({ userId: caller.id }).lean();
    const roomsOf = (some: readonly RoomGrant[]) => some.map(({ roomId }) => roomId);
    const invited = roomsOf(grants.filter(({ role }) => role !== undefined));
    const putOutOf = roomsOf(grants.filter(({ putOutAt }) => putOutAt !== undefined));
    return {
      $or: [
        { access: { $ne: RoomAccess.INVITED }, roomId: { $nin: putOutOf } },
        { ownerId: caller.id },
        { roomId: { $in: invited } },
      ],
    };
  }
}

function standingOf(userId: string, room: RoomFacts, grant: RoomGrant | null): Standing {
  if (room.ownerId === userId) return { standing: 'owner' };
  if (grant?.role === InvitedRole.CO_HOST) return { standing: 'co-host' };
  if (grant?.role === InvitedRole.MEMBER) return { standing: 'member', hmsRoles: grant.hmsRoles ?? [] };
  const isOutside = grant?.putOutAt !== undefined || room.access === RoomAccess.INVITED;
  return { standing: isOutside ? 'outsider' : 'guest' };
}

const roleOf: Readonly<Partial<Record<RoomStanding, RoomRole>>> = {
  owner: RoomRole.OWNER,
  'co-host': RoomRole.CO_HOST,
  member: RoomRole.MEMBER,
  guest: RoomRole.GUEST,
};

function logInFirst(): AppError {
  return new AppError('UNAUTHENTICATED', 'Log in first: send "Authorization: Bearer <token>".');
}

/** The same words for a room that there is not and for one that the caller may not know of. */
export function noSuchRoom(roomId: string): AppError {
  return new AppError('ROOM_NOT_FOUND', `There is no room ${roomId}.`);
}
