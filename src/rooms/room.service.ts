import { AppError } from '../errors';
import type { HmsService } from '../video/hms.service';
import type { AccessNews } from './access/access-news';
import type { Caller } from './access/caller';
import { type Gatekeeper, noSuchRoom } from './access/gatekeeper';
import { RoomAccess, type RoomRole } from './access/room-grant.model';
import { type CountWrites, Remembered } from './asking/remembered';
import { type Cursors, entryTail } from './log/cursor';
import { endRoom, updateRoom } from './log/room-changes';
import { revive } from './log/room-entries';
import type { RoomLog } from './log/room-log';
import type { Models } from './models';
import { type Participant, ParticipantStatus } from './participant.model';
import {
  type CreateRoomInput,
  type EndRoomInput,
  endRoomInput,
  listInput,
  parseInput,
  participantLimit,
  type RoomFilter,
  type UpdateRoomInput,
  updateRoomInput,
} from './room.input';
import type { Room } from './room.model';
import { asRoom, digest, RoomCreation } from './room-creation';
import { isScan, newestRooms, openRoomPage, type RoomPage, roomsMatching } from './room-page';
import { RoomScans } from './room-scans';

export interface RoomServiceParts {
  readonly models: Models;
  readonly hms: Pick<HmsService, 'createRoom' | 'updateRoom' | 'endRoom'>;
  readonly gatekeeper: Gatekeeper;
  readonly news: Pick<AccessNews, 'permissionsChanged'>;
  readonly log: RoomLog;
  readonly cursors: Cursors;
  readonly countRooms?: CountWrites;
  readonly now: () => Date;
  /** The 100ms template of rooms that name none; undefined leaves it to 100ms. */
  readonly templateId?: string | undefined;
}

/** Lists that are kept, of at most 100 rooms each. */
const MOST_LISTS = 50;

/** A room with who is present, the count and the place in its log all taken from one moment. */
export interface LiveRoom extends Room {
  readonly present: readonly Participant[];
}

/** Rooms: made here and at 100ms alike, found, listed. */
export class RoomService {
  private readonly lists: Remembered<readonly Room[]>;
  private readonly scans = new RoomScans();
  private readonly creation: RoomCreation;

  constructor(private readonly parts: RoomServiceParts) {
    this.lists = new Remembered(parts.countRooms, MOST_LISTS);
    this.creation = new RoomCreation(parts);
  }

  /**
   * Creates a room here and at 100ms. With an idempotency key it is safe to repeat.
   *
   * @throws AppError BAD_USER_INPUT, IDEMPOTENCY_CONFLICT, UPSTREAM_REJECTED, UPSTREAM_UNAVAILABLE
   */
  async create(input: CreateRoomInput, caller: Caller): Promise<Room> {
    this.parts.gatekeeper.allow(caller, 'createRoom');
    return this.creation.create(input, caller);
  }

  /**
   * Changes what is given and leaves the rest: first at 100ms, then here. Safe to repeat, which is also what to do
   * after a failure. An empty room closes when it is disabled; otherwise when the last participant leaves.
   *
   * @throws AppError BAD_USER_INPUT, UNAUTHENTICATED, ROOM_NOT_FOUND, FORBIDDEN, UPSTREAM_REJECTED, UPSTREAM_UNAVAILABLE
   */
  async update(input: UpdateRoomInput, caller: Caller): Promise<Room> {
    const { id, ...changes } = parseInput(updateRoomInput, input);
    await this.parts.gatekeeper.admit(caller, 'updateRoom', { roomId: id });
    await this.existing(id);
    await updateRoom(this.parts, id, changes);
    if (changes.access === RoomAccess.INVITED) await this.parts.news.permissionsChanged({ roomId: id });
    return this.existing(id);
  }

  /**
   * Ends the session for all participants, here and at 100ms; those who report themselves leave with it. With `lock` the
   * room is disabled as well, and thereby closed.
   *
   * @throws AppError BAD_USER_INPUT, UNAUTHENTICATED, ROOM_NOT_FOUND, FORBIDDEN, UPSTREAM_REJECTED, UPSTREAM_UNAVAILABLE
   */
  async end(input: EndRoomInput, caller: Caller): Promise<Room> {
    const { roomId, ...how } = parseInput(endRoomInput, input);
    await this.parts.gatekeeper.admit(caller, 'endRoom', { roomId });
    await this.existing(roomId);
    await endRoom(this.parts, roomId, how);
    return this.existing(roomId);
  }

  /**
   * Newest first.
   *
   * @param limit 1 to 100; another number is BAD_USER_INPUT, never clamped
   */
  async list(
    request: { filter?: RoomFilter | null | undefined; limit: number },
    caller: Caller,
  ): Promise<readonly Room[]> {
    const visible = await this.parts.gatekeeper.visibleTo(caller);
    const { limit } = parseInput(listInput, request);
    const matching = roomsMatching(request.filter);
    await this.parts.log.folded();
    // Of what was asked, and not of `matching`: a pattern in there has no JSON.
    const listed = await this.lists.answer(digest([request.filter, visible, limit]), async () => {
      const read = () => newestRooms(this.parts.models, { $and: [matching, visible] }, limit);
      const found = await this.scans.run(caller, isScan(request.filter, caller), read);
      return found.map(asRoom);
    });
    return listed.map((room) => this.parts.log.current(room));
  }

  /** The same rooms by pages. `first` as `limit` of `list`; `after` is the cursor of an edge. */
  async page(
    request: { filter?: RoomFilter | null | undefined; first: number; after?: string | null | undefined },
    caller: Caller,
  ): Promise<RoomPage> {
    const visible = await this.parts.gatekeeper.visibleTo(caller);
    await this.parts.log.folded();
    const current = (stored: Room) => this.parts.log.current(asRoom(stored));
    return openRoomPage(
      this.parts.models,
      { ...request, visible },
      { scans: this.scans, caller, asRoom: current },
    );
  }

  /** Null if the room does not exist or the caller may not see it. @throws AppError UNAUTHENTICATED */
  async find(roomId: string, caller: Caller): Promise<Room | null> {
    try {
      await this.parts.gatekeeper.admit(caller, 'room', { roomId });
    } catch (error) {
      if (error instanceof AppError && error.code === 'ROOM_NOT_FOUND') return null;
      throw error;
    }
    return this.stored(roomId);
  }

  /** What the caller is to a room; null for services. */
  roleIn(room: Room, caller: Caller): Promise<RoomRole | null> {
    return this.parts.gatekeeper.roleIn(room, caller);
  }

  /** The same room with everything that moves taken from one moment of its log. */
  async withPresence(room: Room): Promise<LiveRoom> {
    const moving = await this.parts.log.look(room.roomId, (state) => {
      const { epoch, seq, entryId } = state.place;
      const { participantCount } = state;
      return { epoch, participantCount, asOfSeq: seq, asOfEntry: entryId, present: state.present() };
    });
    return Object.assign(asRoom(room), moving);
  }

  /**
   * Those present in the order of joining; with `active: false` then those who left, newest first.
   *
   * @param limit 1 to 1000, over both
   */
  async participants(
    room: Room | LiveRoom,
    request: { active: boolean; limit: number },
  ): Promise<readonly Participant[]> {
    const { limit } = parseInput(participantLimit, request);
    const live = 'present' in room ? room : await this.withPresence(room);
    const shown = live.present.slice(0, limit);
    if (request.active || shown.length === limit) return shown;
    await this.parts.log.folded(room.roomId);
    const gone = await this.parts.models.participants
      .find({ roomId: room.roomId, status: ParticipantStatus.LEFT, asOfSeq: { $lte: live.asOfSeq } })
      .sort({ leftAt: -1 })
      .limit(limit - shown.length)
      .lean();
    return [...shown, ...gone.map(revive)];
  }

  /** Where the room's updates stood when it was read: the cursor of its last entry. */
  cursorOf({ roomId, epoch, asOfSeq, asOfEntry }: Room): string {
    return this.parts.cursors.write(roomId, { epoch, seq: asOfSeq, entryTail: entryTail(asOfEntry) });
  }

  private async existing(roomId: string): Promise<Room> {
    const found = await this.stored(roomId);
    if (!found) throw noSuchRoom(roomId);
    return found;
  }

  private async stored(roomId: string): Promise<Room | null> {
    await this.parts.log.folded(roomId);
    const found = await this.parts.models.rooms.findOne({ roomId }).lean();
    return found ? this.parts.log.current(asRoom(found)) : null;
  }
}
