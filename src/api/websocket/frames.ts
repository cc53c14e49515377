import { z } from 'zod';
import { SnapshotReason } from '../../rooms/log/participant-update';
import { displayName, participantId } from '../../rooms/room.input';
import { problem } from '../rest/answers';

// Both directions of the raw WebSocket; what validates also describes, in /asyncapi.json.

const roomId = z.string().min(1, 'must be the id of a room').meta({ description: 'The 100ms room id.' });
const cursor = z.string().meta({
  description:
    'An opaque place in the updates of the room, the same on every door. Keep it, send it back as `after`.',
});
const after = cursor.optional();
const deviceId = participantId
  .optional()
  .meta({ description: 'Without it, the socket itself is the device.' });
const userId = participantId;

/** What a client may send, by its event. */
export const clientFrames = {
  auth: z
    .object({ token: z.string().meta({ description: "A service key, or a user's JWT." }) })
    .meta({ id: 'Auth', description: 'Who you are, as the first frame, where a login is asked for.' }),
  join: z.object({ roomId, userId, deviceId, name: displayName.optional(), after }).meta({
    id: 'Join',
    description:
      'Presence begins, and the updates of the room with it. RATE_LIMITED with more devices of the user in the room than LIMIT_DEVICES_PER_USER.',
  }),
  leave: z.object({ roomId, userId, deviceId }).meta({
    id: 'Leave',
    description: 'Presence ends: the one that this socket began, or that of the device named.',
  }),
  watch: z
    .object({ roomId, after })
    .meta({ id: 'Watch', description: 'The updates of a room, without being in it.' }),
} as const;

export type ClientEvent = keyof typeof clientFrames;

const clientEvents = Object.keys(clientFrames) as [ClientEvent, ...ClientEvent[]];

export const envelope = z.object({
  event: z.enum(clientEvents, `must be one of ${clientEvents.join(', ')}`),
  data: z.unknown().optional(),
});

/** What the server sends, by its event. */
export const serverFrames = {
  authenticated: z
    .object({ userId: z.string().nullable() })
    .meta({ id: 'Authenticated', description: 'You are let in; `userId` is null for a service.' }),
  update: z
    .object({
      roomId,
      userId: z.string(),
      action: z.enum(['joined', 'left', 'updated', 'reconnecting', 'reconnected']),
      cursor,
      at: z.iso.datetime(),
    })
    .meta({
      id: 'UserUpdate',
      description:
        '`joined` with the first device of a user, `left` with the last; the rest is what happens in between.',
    }),
  snapshot: z
    .object({ roomId, users: z.array(z.string()), cursor, reason: z.enum(SnapshotReason) })
    .meta({ id: 'UserSnapshot', description: 'Who is there, where `after` could not be used.' }),
  closed: z
    .object({ roomId, cursor })
    .meta({ id: 'Closed', description: 'The room is closed: its last word.' }),
  error: problem.shape.error.meta({ id: 'Refusal', description: 'What was wrong with a frame of yours.' }),
} as const;

type ServerEvent = keyof typeof serverFrames;

/** One frame of the server, as it is sent. */
export type ServerFrame = {
  [Event in ServerEvent]: { readonly event: Event; readonly data: z.input<(typeof serverFrames)[Event]> };
}[ServerEvent];
