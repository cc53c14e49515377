import { z } from 'zod';
import { type ErrorCode, errorStatus } from '../../errors';
import { ParticipantAction, SnapshotReason, UpdateSource } from '../../rooms/log/participant-update';
import { LeftReason, ParticipantStatus } from '../../rooms/participant.model';
import { Region } from '../../rooms/room.model';

// What callers get. The functions of present.ts answer with these types, so that the description cannot drift from them.

const inSmallLetters = <T extends string>(values: Readonly<Record<string, T>>) =>
  z.enum(Object.values(values).map((value) => value.toLowerCase()) as [Lowercase<T>, ...Lowercase<T>[]]);

const id = z.string().meta({ examples: ['66112497abcd52312556c4aa'] });
const moment = z.iso.datetime().meta({ description: 'RFC 3339, in UTC.' });
const cursor = z.string().meta({
  description:
    'An opaque place in the updates of the room, the same on every door. Keep it, send it back as `after`.',
});
const count = z.int().min(0);

export const createdRoom = z
  .object({
    id,
    name: z.string().meta({ examples: ['My Room'] }),
    created_at: moment,
    description: z.string(),
    enabled: z.boolean(),
    template_id: z.string().nullable(),
    region: inSmallLetters(Region),
    app_id: z.string().optional(),
    size: count.optional(),
    large_room: z.boolean().optional(),
    max_duration_seconds: count.optional(),
  })
  .meta({ id: 'CreatedRoom', description: "A new room, under the names of 100ms's own." });
export type CreatedRoom = z.input<typeof createdRoom>;

export const accessToken = z
  .object({
    token: z.string().meta({ description: 'A 100ms client SDK joins the room with it.' }),
    expiresAt: moment,
    userId: z.string(),
    role: z.string(),
  })
  .meta({ id: 'AccessToken' });
export type AccessToken = z.input<typeof accessToken>;

const summary = {
  roomId: id,
  name: z.string(),
  participantCount: count.meta({ description: 'Users present: two devices of one user count once.' }),
  createdAt: moment,
};

export const roomSummary = z.object(summary).meta({ id: 'RoomSummary' });
export type RoomSummary = z.input<typeof roomSummary>;

export const roomList = z
  .object({
    rooms: z.array(roomSummary).meta({ description: 'Newest first.' }),
    next: z.string().optional().meta({ description: 'There is another page: send this back as `after`.' }),
  })
  .meta({ id: 'RoomList' });
export type RoomList = z.input<typeof roomList>;

export const participant = z
  .object({
    id: z.string(),
    roomId: id,
    userId: z.string(),
    name: z.string().nullable(),
    role: z.string().nullable(),
    status: z.enum(ParticipantStatus),
    joinedAt: moment,
    leftAt: moment.nullable(),
    leftReason: z
      .enum(LeftReason)
      .nullable()
      .meta({ description: 'How the presence ended; null while the participant is present.' }),
  })
  .meta({ id: 'Participant', description: 'One device of one user in a room.' });
export type Participant = z.input<typeof participant>;

export const roomDetails = z
  .object({
    ...summary,
    participants: z.array(participant).meta({ description: 'Those present, in the order of joining.' }),
    cursor,
  })
  .meta({ id: 'RoomDetails' });
export type RoomDetails = z.input<typeof roomDetails>;

export const update = z
  .object({
    action: inSmallLetters(ParticipantAction),
    roomId: id,
    userId: z.string().nullable(),
    participant: participant.nullable(),
    participants: z.array(participant).nullable().meta({ description: 'With `snapshot`: who is there.' }),
    participantCount: count.meta({ description: 'Users present as of this update.' }),
    cursor,
    occurredAt: moment,
    source: z.enum(UpdateSource).nullable(),
    userPresent: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether the user still has a device in the room.' }),
    reason: z.enum(SnapshotReason).nullable().meta({ description: 'With `snapshot`: why it was sent.' }),
    replayed: z.boolean(),
  })
  .meta({ id: 'Update', description: 'A change in a room, or a marker in its stream.' });
export type Update = z.input<typeof update>;

export const updatePage = z
  .object({ updates: z.array(update), cursor })
  .meta({ id: 'UpdatePage', description: 'Updates, oldest first, and where the next page continues.' });
export type UpdatePage = z.input<typeof updatePage>;

export const problem = z
  .object({
    error: z.object({
      code: z.enum(Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]]),
      message: z.string(),
      details: z.unknown().optional().meta({
        description: 'With BAD_USER_INPUT a list of `{ field, rule }`, with ROLE_INVALID `{ roles }`.',
      }),
      retryAfter: z.number().optional().meta({ description: 'Seconds until trying again makes sense.' }),
      requestId: z.string().meta({ description: 'Finds the request in the log.' }),
    }),
  })
  .meta({ id: 'Problem' });
