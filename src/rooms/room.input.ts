import { z } from 'zod';
import { badInput } from '../errors';
import { InvitedRole, RoomAccess } from './access/room-grant.model';
import { Region } from './room.model';

/** 100ms's web SDK decodes tokens with plain `atob`: other characters break the join in the browser. */
const idAlphabet = /^[A-Za-z0-9._:@+-]{1,128}$/;

// Control characters (Cc) have no place in a name or a line of text that people read.
const controlCharacter = /\p{Cc}/u;
/** The same for descriptions, in the words of JSON Schema's readers, of whom not all know `\p`. */
const withoutControlCharacters = '[^\\u0000-\\u001f\\u007f-\\u009f]*';
const visibleCharacter = '[^\\s\\u0000-\\u001f\\u007f-\\u009f\\ufeff]';

/** Optional for every door: GraphQL says `null` where REST leaves a member out. */
function optional<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}

function text(atMost: number) {
  return z
    .string()
    .transform((value) => value.normalize('NFC').trim())
    .check((context) => {
      const length = [...context.value].length;
      const refuse = (rule: string) =>
        context.issues.push({ code: 'custom', message: rule, input: context.value });
      if (!context.value.isWellFormed()) refuse('must not contain half a surrogate pair');
      else if (controlCharacter.test(context.value)) refuse('must not contain control characters');
      else if (length > atMost) refuse(`must be at most ${atMost} characters, got ${length}`);
    })
    .meta({ maxLength: atMost, pattern: `^${withoutControlCharacters}$` });
}

export const displayName = text(120)
  .refine((value) => value !== '', 'must be 1 to 120 characters, got none')
  .meta({
    maxLength: 120,
    pattern: `^${withoutControlCharacters}${visibleCharacter}${withoutControlCharacters}$`,
  });
export const participantId = z
  .string()
  .regex(idAlphabet, 'must be 1 to 128 characters of A-Z a-z 0-9 . _ : @ + -');
const roomId = z.string().min(1, 'must be the id of a room');

/** 100ms's own limit: beyond it a room must be declared large. */
export const LARGEST_ORDINARY_ROOM = 2_500;

function wholeNumber(least: number, most: number, unit = '') {
  const rule = `must be a whole number from ${least} to ${most}${unit}`;
  return z.number(rule).int(rule).min(least, rule).max(most, rule);
}

export const idempotencyKey = z
  .string()
  .min(1, 'must not be empty')
  .max(200, 'must be at most 200 characters');

const roomAccess = z.enum(RoomAccess, `must be one of ${Object.values(RoomAccess).join(', ')}`);

export const createRoomInput = z
  .object({
    name: displayName,
    description: optional(text(1_000)),
    templateId: optional(z.string().min(1, 'must be the id of a 100ms template')),
    region: optional(z.enum(Region, `must be one of ${Object.values(Region).join(', ')}`)),
    size: optional(wholeNumber(0, 20_000, ' people')),
    largeRoom: optional(z.boolean()),
    maxDurationSeconds: optional(wholeNumber(120, 43_200, ' seconds')),
    access: optional(roomAccess),
    idempotencyKey: optional(idempotencyKey),
  })
  .refine(({ size = 0, largeRoom }) => size <= LARGEST_ORDINARY_ROOM || largeRoom, {
    path: ['size'],
    message: `must be at most ${LARGEST_ORDINARY_ROOM} people unless largeRoom is true`,
  });
export type CreateRoomInput = z.input<typeof createRoomInput>;

export const updateRoomInput = z.object({
  id: roomId,
  name: optional(displayName),
  description: optional(text(1_000)),
  enabled: optional(z.boolean()),
  access: optional(roomAccess),
});
export type UpdateRoomInput = z.input<typeof updateRoomInput>;

export const endRoomInput = z.object({
  roomId,
  reason: optional(text(1_000)),
  lock: z.boolean().default(false),
});
export type EndRoomInput = z.input<typeof endRoomInput>;

export const generateTokenInput = z.object({
  roomId,
  role: z.string().min(1, 'must name a role of the room’s template'),
  userId: optional(participantId),
  name: optional(displayName),
  ttlSeconds: wholeNumber(60, 86_400, ' seconds').default(3_600),
});
export type GenerateTokenInput = z.input<typeof generateTokenInput>;

export const leaveRoomInput = z.object({
  roomId,
  userId: participantId,
  deviceId: participantId.default('default'),
});
export type LeaveRoomInput = z.input<typeof leaveRoomInput>;

export const joinRoomInput = leaveRoomInput.extend({ name: optional(displayName) });
export type JoinRoomInput = z.input<typeof joinRoomInput>;

export const socketDeviceInput = joinRoomInput.extend({
  deviceId: optional(participantId),
  /** Unlike that of every other socket of this process. */
  socketId: z.string().min(1),
});
export type SocketDeviceInput = z.input<typeof socketDeviceInput>;

export const revokeRoomRoleInput = z.object({ roomId, userId: participantId });
export type RevokeRoomRoleInput = z.input<typeof revokeRoomRoleInput>;

export const grantRoomRoleInput = revokeRoomRoleInput.extend({
  role: z.enum(InvitedRole, `must be one of ${Object.values(InvitedRole).join(', ')}`),
  hmsRoles: optional(
    z
      .array(z.string().min(1, 'must name a role').max(128, 'must be at most 128 characters'))
      .min(1, 'must name a role, or be left out')
      .max(20, 'must be at most 20 roles'),
  ),
});
export type GrantRoomRoleInput = z.input<typeof grantRoomRoleInput>;

export const revokeTokensInput = z.object({ roomId: optional(roomId), userId: participantId });
export type RevokeTokensInput = z.input<typeof revokeTokensInput>;

export const tokenAuditInput = z.object({
  roomId: optional(roomId),
  userId: optional(participantId),
  limit: wholeNumber(1, 100),
});
export type TokenAuditInput = z.input<typeof tokenAuditInput>;

export const roomFilter = z.object({
  enabled: optional(z.boolean()),
  occupied: optional(z.boolean()),
  nameContains: optional(text(120)),
  createdAfter: optional(z.date('must be a date and time')),
  createdBefore: optional(z.date('must be a date and time')),
});
export type RoomFilter = z.input<typeof roomFilter>;

/** One page of a room's updates, and how long to wait for the first one. */
export const updatesInput = z.object({
  roomId,
  after: optional(z.string()),
  snapshot: z.boolean().default(false),
  limit: wholeNumber(1, 1_000).default(1_000),
  wait: wholeNumber(0, 30, ' seconds').default(0),
});
export type UpdatesInput = z.input<typeof updatesInput>;

/** A page of rooms is refused rather than clamped: a caller who asked for more would miss rooms without knowing. */
const pageSize = wholeNumber(1, 100);

/** The first so many of a list; made once, because to make a schema costs more than to ask it. */
export const listInput = z.object({ limit: pageSize });
export const pageInput = z.object({ first: pageSize });

export const participantLimit = z.object({ limit: wholeNumber(1, 1_000) });

/**
 * What `schema` makes of a caller's value, or BAD_USER_INPUT that names every wrong field with its rule.
 *
 * @param within where the value stands in the caller's input, put before each field's name
 */
export function parseInput<T extends z.ZodType>(schema: T, value: unknown, within = ''): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw badInput(
    result.error.issues.map(({ path, message }) => ({
      field: [...(within ? [within] : []), ...path].join('.') || 'input',
      rule: message,
    })),
  );
}
