import { Extensions, Field, ID, InputType, Int } from 'type-graphql';
import { InvitedRole, RoomAccess } from '../../rooms/access/room-grant.model';
import type * as accepted from '../../rooms/room.input';
import { Region } from '../../rooms/room.model';
import { scansRooms } from './complexity';

// The shapes only: what a value may be is decided where all doors meet, by the schemas of rooms/room.input.ts.

@InputType()
export class CreateRoomInput implements accepted.CreateRoomInput {
  @Field(() => String, {
    description:
      'What people read: 1 to 120 characters of any script after trimming, no control characters. Need not be unique. ' +
      'The name sent to 100ms is derived, unique and never shown.',
  })
  name!: string;

  @Field(() => String, { nullable: true })
  description?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'A 100ms template; its roles are those that tokens can have.',
  })
  templateId?: string | null;

  @Field(() => Region, { nullable: true })
  region?: Region | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many people fit in: up to 2,500, or 20,000 in a large room.',
  })
  size?: number | null;

  @Field(() => Boolean, { nullable: true })
  largeRoom?: boolean | null;

  @Field(() => Int, { nullable: true, description: '120 to 43,200; then 100ms ends the session.' })
  maxDurationSeconds?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Repeat a create that timed out with the same key: it answers the same room. Per caller, kept 24 h, at most ' +
      "200 characters; parallel repeats get the first one's answer.",
  })
  idempotencyKey?: string | null;

  @Field(() => RoomAccess, { nullable: true, description: 'OPEN by default.' })
  access?: RoomAccess | null;
}

@InputType()
export class UpdateRoomInput implements accepted.UpdateRoomInput {
  @Field(() => ID)
  id!: string;

  @Field(() => String, { nullable: true })
  name?: string | null;

  @Field(() => String, { nullable: true })
  description?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'false: no more tokens and joins; who is inside stays.',
  })
  enabled?: boolean | null;

  @Field(() => RoomAccess, {
    nullable: true,
    description: 'INVITED: who was not invited sees no more of the room from then on.',
  })
  access?: RoomAccess | null;
}

@InputType()
export class EndRoomInput implements accepted.EndRoomInput {
  @Field(() => ID)
  roomId!: string;

  @Field(() => String, { nullable: true, description: '100ms shows it to those who are put out.' })
  reason?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: 'Disables the room as well.' })
  lock!: boolean;
}

@InputType()
export class GenerateTokenInput implements accepted.GenerateTokenInput {
  @Field(() => ID)
  roomId!: string;

  @Field(() => String, { description: "A role of the room's template, case as 100ms has it." })
  role!: string;

  @Field(() => ID, {
    nullable: true,
    description:
      "Default: the caller's own id, or a new guest id while access is open. 1 to 128 of A-Z a-z 0-9 . _ : @ + - " +
      "(100ms's web SDK cannot decode others).",
  })
  userId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Shown for this user where 100ms tells no other name.',
  })
  name?: string | null;

  @Field(() => Int, { defaultValue: 3_600, description: '60 to 86,400.' })
  ttlSeconds!: number;
}

@InputType()
export class LeaveRoomInput implements accepted.LeaveRoomInput {
  @Field(() => ID)
  roomId!: string;

  @Field(() => ID)
  userId!: string;

  @Field(() => ID, { defaultValue: 'default' })
  deviceId!: string;
}

@InputType()
export class JoinRoomInput implements accepted.JoinRoomInput {
  @Field(() => ID)
  roomId!: string;

  @Field(() => ID)
  userId!: string;

  @Field(() => ID, { defaultValue: 'default' })
  deviceId!: string;

  @Field(() => String, { nullable: true })
  name?: string | null;
}

@InputType()
export class RoomFilter implements accepted.RoomFilter {
  @Field(() => Boolean, { nullable: true })
  enabled?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether the room has participants.' })
  occupied?: boolean | null;

  @Extensions(scansRooms)
  @Field(() => String, { nullable: true, description: 'In capitals or small letters alike.' })
  nameContains?: string | null;

  @Field(() => Date, { nullable: true })
  createdAfter?: Date | null;

  @Field(() => Date, { nullable: true })
  createdBefore?: Date | null;
}

@InputType()
export class RevokeRoomRoleInput implements accepted.RevokeRoomRoleInput {
  @Field(() => ID)
  roomId!: string;

  @Field(() => ID)
  userId!: string;
}

@InputType()
export class GrantRoomRoleInput implements accepted.GrantRoomRoleInput {
  @Field(() => ID)
  roomId!: string;

  @Field(() => ID)
  userId!: string;

  @Field(() => InvitedRole)
  role!: InvitedRole;

  @Field(() => [String], {
    nullable: true,
    description:
      "For a MEMBER: the roles of the room's template that their tokens may have; by default the guest role. Co-hosts " +
      'get every role.',
  })
  hmsRoles?: string[] | null;
}

@InputType()
export class RevokeTokensInput implements accepted.RevokeTokensInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Without it, for services: in all rooms, logins included.',
  })
  roomId?: string | null;

  @Field(() => ID)
  userId!: string;
}
