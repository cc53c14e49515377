/**
 * Who may do what: the one table, asked by the services and by no door. What is not written here is refused.
 * `docs/access.md` is printed from it.
 */

/** What a caller is, as far as permissions go. `user` is any user with a login, where no room is concerned. */
export type GeneralStanding = 'service' | 'user' | 'anonymous';

/**
 * What a caller is to a room. An outsider has a login and no way into the room: it is invited only, or they were put out
 * of it. For an outsider a room that there is and one that there is not are the same.
 */
export type RoomStanding = 'service' | 'owner' | 'co-host' | 'member' | 'guest' | 'outsider' | 'anonymous';

/**
 * - `any`: for whomever they like
 * - `self`: for themselves, under their own user id, alone
 * - `visible`: of the rooms that they may see
 */
export type Extent = 'any' | 'self' | 'visible';

export interface Permission<Standing extends string> {
  readonly about: string;
  readonly may: Readonly<Partial<Record<Standing, Extent>>>;
}

const everybodyInside = { owner: 'any', 'co-host': 'any', member: 'any', guest: 'any' } as const;
const forThemselves = { owner: 'self', 'co-host': 'self', member: 'self', guest: 'self' } as const;

/** What may be asked without naming a room. */
export const generalPermissions = {
  createRoom: { about: 'create a room, and own it', may: { service: 'any', user: 'any' } },
  rooms: { about: 'list rooms', may: { service: 'any', user: 'visible' } },
  importRooms: { about: 'take in the rooms that exist at 100ms', may: { service: 'any' } },
  tokenAudit: { about: 'read who was given which token', may: { service: 'any' } },
  revokeLogins: { about: 'end the logins of a user, and their tokens in all rooms', may: { service: 'any' } },
} as const satisfies Record<string, Permission<GeneralStanding>>;

/** What may be asked of a room. */
export const roomPermissions = {
  room: { about: 'see the room', may: { service: 'any', ...everybodyInside } },
  participantUpdates: { about: 'watch the room', may: { service: 'any', ...everybodyInside } },
  joinRoom: { about: 'say that a user is in the room', may: { service: 'any', ...forThemselves } },
  leaveRoom: { about: 'say that a user has left the room', may: { service: 'any', ...forThemselves } },
  generateToken: { about: 'get a token for the room', may: { service: 'any', ...forThemselves } },
  updateRoom: {
    about: 'change, disable or enable the room',
    may: { service: 'any', owner: 'any', 'co-host': 'any' },
  },
  endRoom: {
    about: 'end the session for all participants',
    may: { service: 'any', owner: 'any', 'co-host': 'any' },
  },
  inviteMember: {
    about: 'invite and uninvite members',
    may: { service: 'any', owner: 'any', 'co-host': 'any' },
  },
  inviteCoHost: { about: 'invite and uninvite co-hosts', may: { service: 'any', owner: 'any' } },
  revokeTokens: {
    about: 'remove a user from the room, until they are invited again',
    may: { service: 'any', owner: 'any', 'co-host': 'any' },
  },
} as const satisfies Record<string, Permission<RoomStanding>>;

export type GeneralOperation = keyof typeof generalPermissions;
export type RoomOperation = keyof typeof roomPermissions;

/** The roles that a token for a room may have. */
export type RolesAllowed = 'every role' | 'roles of the invitation' | 'GUEST_ROLE' | 'none';

export const rolesByStanding: Readonly<Record<RoomStanding, RolesAllowed>> = {
  service: 'every role',
  owner: 'every role',
  'co-host': 'every role',
  member: 'roles of the invitation',
  guest: 'GUEST_ROLE',
  outsider: 'none',
  anonymous: 'none',
};

export function generalExtent(operation: GeneralOperation, standing: GeneralStanding): Extent | undefined {
  const { may }: Permission<GeneralStanding> = generalPermissions[operation];
  return may[standing];
}

export function roomExtent(operation: RoomOperation, standing: RoomStanding): Extent | undefined {
  const { may }: Permission<RoomStanding> = roomPermissions[operation];
  return may[standing];
}
