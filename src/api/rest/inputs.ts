import { z } from 'zod';
import {
  createRoomInput,
  generateTokenInput,
  idempotencyKey,
  LARGEST_ORDINARY_ROOM,
  listInput,
  updatesInput,
} from '../../rooms/room.input';
import { Region } from '../../rooms/room.model';

// What callers send, under the names that REST has for it. What a value may be is said once, in rooms/room.input.ts.

type RestRegion = Lowercase<Region>;
const regions = Object.values(Region).map((region) => region.toLowerCase() as RestRegion);

const { name, region: _, ...roomFields } = createRoomInput.shape;
const { roomId, ...tokenFields } = generateTokenInput.shape;
const { snapshot, limit, wait } = updatesInput.shape;
const page = listInput.shape;

/** A number in an address: digits only, so that neither `0x10` nor an empty text is one. */
function inAddress<T extends z.ZodType>(kind: T) {
  return z.preprocess(
    (text) => (typeof text === 'string' && /^-?\d{1,15}$/.test(text) ? Number(text) : text),
    kind,
  );
}

function flagInAddress<T extends z.ZodType>(kind: T) {
  const flags: Readonly<Record<string, boolean>> = { true: true, false: false };
  return z.preprocess((text) => (typeof text === 'string' ? (flags[text] ?? text) : text), kind);
}

export const newRoom = z
  .object({
    roomName: name.optional().meta({
      ...name.meta(),
      description: 'What people read. Need not be unique. Required, here or as `name`.',
    }),
    name: name.optional().meta({ ...name.meta(), description: 'Another name of `roomName`.' }),
    ...roomFields,
    region: z
      .enum(regions as [RestRegion, ...RestRegion[]], `must be one of ${regions.join(', ')}`)
      .nullish()
      .transform((given) => (given ? (given.toUpperCase() as Region) : undefined)),
  })
  .refine(({ roomName, name: same }) => roomName !== undefined || same !== undefined, {
    path: ['roomName'],
    message: 'must be the name of the room',
  })
  .refine(({ roomName, name: same }) => roomName === undefined || same === undefined, {
    path: ['name'],
    message: 'is another name of roomName: send one of them',
  })
  .meta({
    id: 'NewRoom',
    allOf: [
      { oneOf: [{ required: ['roomName'] }, { required: ['name'] }] },
      {
        anyOf: [
          { properties: { size: { maximum: LARGEST_ORDINARY_ROOM } } },
          { properties: { largeRoom: { const: true } }, required: ['largeRoom'] },
        ],
      },
    ],
    examples: [{ roomName: 'My Room' }],
  });

export const newToken = z
  .object(tokenFields)
  .meta({ id: 'NewToken', examples: [{ role: 'host', userId: 'ana', name: 'Ana', ttlSeconds: 3_600 }] });

export const aRoom = z.object({
  roomId: roomId.meta({ description: 'The 100ms room id.', examples: ['66112497abcd52312556c4aa'] }),
});

export const roomsQuery = z.object({
  limit: inAddress(page.limit.default(50)).meta({ description: 'Rooms on a page.' }),
  after: z.string().optional().meta({ description: '`next` of the page before.' }),
});

const cursor = z.string().optional();

export const updatesQuery = z.object({
  after: cursor.meta({
    description: 'The cursor of an update or a room: continue just after it. Without it, from now on.',
  }),
  snapshot: flagInAddress(snapshot).meta({
    description:
      'Also send a snapshot of the participants, and start with it if `after` is no longer in the log.',
  }),
  limit: inAddress(limit).meta({ description: 'Updates on a page.' }),
  wait: inAddress(wait).meta({
    description: 'Seconds to wait for the first update while the page is empty.',
  }),
});

export const idempotency = z.object({
  'Idempotency-Key': idempotencyKey.optional().meta({
    description:
      'Repeat a create that timed out with the same key: it answers the same room. Kept for 24 h. Stands before ' +
      '`idempotencyKey` of the body.',
  }),
});

export const resumption = z.object({
  'Last-Event-ID': cursor.meta({
    description: 'What `EventSource` sends when it comes back: stands before `after`.',
  }),
});
