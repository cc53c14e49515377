import { type QueryFilter, Types } from 'mongoose';
import { AppError } from '../errors';
import type { Caller } from './access/caller';
import type { Models } from './models';
import { pageInput, parseInput, type RoomFilter, roomFilter } from './room.input';
import type { Room } from './room.model';
import { MAX_SCAN_MS, type RoomScans } from './room-scans';

export interface RoomPage {
  readonly edges: readonly { readonly node: Room; readonly cursor: string }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** Rooms that the filter matches, on all pages. Counted only when asked for. */
  totalCount(): Promise<number>;
}

/**
 * Whether finding a page of the newest rooms may look at many that are not on it. A user may see few of them; conditions on
 * anything but the time of creation have no index.
 */
export function isScan(filter: RoomFilter | null | undefined, caller: Caller): boolean {
  const { createdAfter: _, createdBefore: __, ...unindexed } = filter ?? {};
  return caller.kind === 'user' || Object.values(unindexed).some((value) => value != null);
}

/** @throws AppError BAD_USER_INPUT naming the wrong fields, as `filter.…` */
export function roomsMatching(filter: RoomFilter | null | undefined): QueryFilter<Room> {
  if (!filter) return {};
  const { enabled, occupied, nameContains, createdAfter, createdBefore } = parseInput(
    roomFilter,
    filter,
    'filter',
  );
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(occupied === undefined ? {} : { participantCount: occupied ? { $gt: 0 } : 0 }),
    ...(nameContains ? { name: { $regex: literally(nameContains), $options: 'i' } } : {}),
    ...(createdAfter || createdBefore
      ? {
          createdAt: {
            ...(createdAfter && { $gt: createdAfter }),
            ...(createdBefore && { $lt: createdBefore }),
          },
        }
      : {}),
  };
}

/** One page of rooms, newest first, that begins after the room of an earlier page's cursor. */
export async function openRoomPage(
  models: Models,
  request: {
    filter?: RoomFilter | null | undefined;
    first: number;
    after?: string | null | undefined;
    /** Those that the caller may see. */
    visible: QueryFilter<Room>;
  },
  { scans, caller, asRoom }: { scans: RoomScans; caller: Caller; asRoom: (stored: Room) => Room },
): Promise<RoomPage> {
  const { first } = parseInput(pageInput, request);
  const matching = { $and: [roomsMatching(request.filter), request.visible] };
  const after = request.after ? readPageCursor(request.after) : undefined;
  const beyond = after
    ? {
        $or: [
          { createdAt: { $lt: after.createdAt } },
          { createdAt: after.createdAt, _id: { $lt: after.id } },
        ],
      }
    : {};
  const found = await scans.run(caller, isScan(request.filter, caller), () =>
    newestRooms(models, { $and: [matching, beyond] }, first + 1),
  );
  const edges = found.slice(0, first).map((stored) => ({ node: asRoom(stored), cursor: pageCursor(stored) }));
  return {
    edges,
    hasNextPage: found.length > first,
    hasPreviousPage: after !== undefined,
    // Executed here: a query of mongoose runs each time that it is awaited.
    totalCount: () =>
      scans.run(caller, true, () => models.rooms.countDocuments(matching).maxTimeMS(MAX_SCAN_MS).exec()),
  };
}

/** Newest first. */
export function newestRooms(models: Models, matching: QueryFilter<Room>, limit: number): Promise<Room[]> {
  return models.rooms
    .find(matching)
    .sort({ createdAt: -1, _id: -1 })
    .limit(limit)
    .maxTimeMS(MAX_SCAN_MS)
    .lean()
    .exec();
}

function pageCursor({ createdAt, _id }: Room): string {
  return Buffer.from(`${createdAt.getTime()}:${_id.toHexString()}`).toString('base64url');
}

function readPageCursor(cursor: string): { createdAt: Date; id: Types.ObjectId } {
  const match = /^(\d{1,15}):([0-9a-f]{24})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match?.[1] || !match[2]) {
    throw new AppError(
      'BAD_CURSOR',
      'after: this is no cursor of a page; send back an endCursor as you got it.',
    );
  }
  return { createdAt: new Date(Number(match[1])), id: new Types.ObjectId(match[2]) };
}

/** The text as a pattern that matches just this text. */
function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
