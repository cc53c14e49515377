import { type QueryFilter, Types } from 'mongoose';
import { AppError } from '../errors';
import type { Models } from './models';
import { pageInput, parseInput, type RoomFilter, roomFilter } from './room.input';
import type { Room } from './room.model';

export interface RoomPage {
  readonly edges: readonly { readonly node: Room; readonly cursor: string }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  /** Rooms that the filter matches, on all pages. Counted only when asked for. */
  totalCount(): Promise<number>;
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
  asRoom: (stored: Room) => Room,
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
  const found = await models.rooms
    .find({ $and: [matching, beyond] })
    .sort({ createdAt: -1, _id: -1 })
    .limit(first + 1)
    .lean();
  const edges = found.slice(0, first).map((stored) => ({ node: asRoom(stored), cursor: pageCursor(stored) }));
  return {
    edges,
    hasNextPage: found.length > first,
    hasPreviousPage: after !== undefined,
    // Executed here: a query of mongoose is a promise each time that somebody looks at it.
    totalCount: () => models.rooms.countDocuments(matching).exec(),
  };
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
