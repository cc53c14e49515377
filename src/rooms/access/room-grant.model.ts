import { index, modelOptions, prop } from '@typegoose/typegoose';
import { registerEnumType } from 'type-graphql';

/** Whether who knows a room's id and is logged in may enter. */
export enum RoomAccess {
  OPEN = 'OPEN',
  INVITED = 'INVITED',
}
registerEnumType(RoomAccess, {
  name: 'RoomAccess',
  description: 'OPEN: who is logged in and knows the id may enter as a guest. INVITED: who was invited.',
});

/** The role of an invitation. */
export enum InvitedRole {
  CO_HOST = 'CO_HOST',
  MEMBER = 'MEMBER',
}
registerEnumType(InvitedRole, { name: 'InvitedRole' });

/** What the caller is to a room. */
export enum RoomRole {
  OWNER = 'OWNER',
  CO_HOST = 'CO_HOST',
  MEMBER = 'MEMBER',
  GUEST = 'GUEST',
}
registerEnumType(RoomRole, { name: 'RoomRole' });

/** What one user was granted in one room, or that it was taken from them. The owner stands with the room itself. */
@modelOptions({ schemaOptions: { collection: 'room_grants', versionKey: false } })
@index({ userId: 1 })
export class RoomGrant {
  /** `grantId` of room and user: one document for each pair, created by the first writer. */
  @prop({ type: () => String, required: true })
  _id!: string;

  @prop({ type: () => String, required: true })
  roomId!: string;

  @prop({ type: () => String, required: true })
  userId!: string;

  /** Missing for a user who was removed or uninvited. */
  @prop({ type: () => String, enum: InvitedRole })
  role?: InvitedRole;

  /** The roles at 100ms that a member's tokens may have. */
  @prop({ type: () => [String], default: undefined })
  hmsRoles?: string[];

  /** When the user was removed from the room; missing once they are invited again. */
  @prop({ type: () => Date })
  putOutAt?: Date;

  /** When the invitation was taken back; missing once they are invited again. Matters while the room is INVITED. */
  @prop({ type: () => Date })
  uninvitedAt?: Date;

  /** Who granted it or put them out, as `callerKey` has it. */
  @prop({ type: () => String, required: true })
  by!: string;

  @prop({ type: () => Date, required: true })
  at!: Date;
}

/** User ids hold no blank, so that no two pairs look the same. */
export function grantId(roomId: string, userId: string): string {
  return `${userId} ${roomId}`;
}
