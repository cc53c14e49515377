import { z } from 'zod';
import { ParticipantAction, UpdateSource } from '../log/participant-update';
import { revive } from '../log/room-entries';
import { RoomEvent } from '../log/room-event.model';
import { ParticipantStatus } from '../participant.model';

const date = z.union([z.date(), z.iso.datetime().transform((text) => new Date(text))]);

const participant = z.looseObject({
  _id: z.string(),
  roomId: z.string(),
  keys: z.array(z.string()),
  userId: z.string(),
  status: z.enum(ParticipantStatus),
  joinedAt: date,
  leftAt: date.optional(),
  leaseUntil: date.optional(),
  asOfSeq: z.int(),
});

const entry = z.looseObject({
  _id: z.string(),
  roomId: z.string(),
  epoch: z.string(),
  seq: z.int(),
  action: z.enum(ParticipantAction),
  participant: participant.optional(),
  participantCount: z.int(),
  userPresent: z.boolean().optional(),
  occurredAt: date,
  recordedAt: date,
  source: z.enum(UpdateSource),
});

/** Entries that were asked for at once, and the span of their append where it is collected. */
export interface Append {
  readonly traceparent?: string | undefined;
  readonly entries: readonly RoomEvent[];
}

/** The message of the bus that tells of entries: they alone, unless their appends are traced. */
export function wakeUp(entries: readonly RoomEvent[], appends?: readonly Append[]): unknown {
  return appends ? { appends } : entries;
}

const traced = z.object({
  appends: z.array(z.object({ traceparent: z.string().optional(), entries: z.array(z.unknown()) })),
});

/**
 * What a message of the bus tells of: entries of this process as they are, those that came as JSON as entries again.
 * Undefined for what is no such message, or is of another room: then only the log knows.
 */
export function readWakeUp(roomId: string, message: unknown): readonly Append[] | undefined {
  const told = Array.isArray(message) ? [{ entries: message }] : traced.safeParse(message).data?.appends;
  const appends: Append[] = [];
  for (const { entries, ...rest } of told ?? []) {
    const read = readEntries(roomId, entries);
    if (!read) return undefined;
    appends.push({ ...rest, entries: read });
  }
  return told && appends;
}

function readEntries(roomId: string, message: readonly unknown[]): readonly RoomEvent[] | undefined {
  if (message.every((one) => one instanceof RoomEvent)) return message;
  const read = z.array(entry).safeParse(message);
  if (!read.success || read.data.some((one) => one.roomId !== roomId)) return undefined;
  return read.data.map((one) =>
    Object.assign(new RoomEvent(), one, one.participant && { participant: revive(one.participant as never) }),
  );
}
