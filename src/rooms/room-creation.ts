import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
import { isDuplicateKey } from '../database/connect';
import { AppError } from '../errors';
import type { HmsRoom, HmsService } from '../video/hms.service';
import { type Caller, callerKey } from './access/caller';
import { RoomAccess } from './access/room-grant.model';
import { SharedQuestions } from './asking/shared-questions';
import { newEpoch } from './log/cursor';
import type { RoomLog } from './log/room-log';
import type { Models } from './models';
import { type CreateRoomInput, createRoomInput, parseInput } from './room.input';
import { Room } from './room.model';

export interface RoomCreationParts {
  readonly models: Models;
  readonly hms: Pick<HmsService, 'createRoom'>;
  readonly log: RoomLog;
  readonly now: () => Date;
  /** The 100ms template of rooms that name none; undefined leaves it to 100ms. */
  readonly templateId?: string | undefined;
}

type WantedRoom = Omit<ReturnType<typeof createRoomInput.parse>, 'idempotencyKey'>;
type NewRoom = WantedRoom & { ownerId: string | undefined };

/** Creates rooms, once for each idempotency key. */
export class RoomCreation {
  /** Equal requests with a key that arrive together send one create to 100ms. */
  private readonly repeats = new SharedQuestions<Room>();

  constructor(private readonly parts: RoomCreationParts) {}

  /**
   * With an idempotency key it is safe to repeat after any failure: the room's own id is chosen and kept first, and the
   * name at 100ms follows from it, so a repeat finds what is there.
   */
  async create(input: CreateRoomInput, caller: Caller): Promise<Room> {
    const { idempotencyKey, ...wanted } = parseInput(createRoomInput, input);
    if (idempotencyKey === undefined) return this.make(new Types.ObjectId(), wanted, caller);
    return this.repeats.answer(digest([callerKey(caller), idempotencyKey, wanted]), async () => {
      const id = await this.idFor(idempotencyKey, wanted, caller);
      return (await this.byOwnId(id)) ?? this.make(id, wanted, caller);
    });
  }

  private async make(id: Types.ObjectId, wanted: WantedRoom, caller: Caller): Promise<Room> {
    const templateId = wanted.templateId ?? this.parts.templateId;
    const made = await this.parts.hms.createRoom({
      name: hmsName(id),
      description: wanted.description,
      templateId,
      region: wanted.region?.toLowerCase() as Lowercase<NonNullable<typeof wanted.region>> | undefined,
      size: wanted.size,
      largeRoom: wanted.largeRoom,
      maxDurationSeconds: wanted.maxDurationSeconds,
    });
    const ownerId = caller.kind === 'user' ? caller.id : undefined;
    return this.keep(newRoom(id, { ...wanted, ownerId }, made, this.parts.now()));
  }

  /** The room id that this key stands for: the first one's, for everyone who comes with it within its 24 hours. */
  private async idFor(key: string, wanted: unknown, caller: Caller): Promise<Types.ObjectId> {
    const { createRequests } = this.parts.models;
    const _id = digest([callerKey(caller), key]);
    const fingerprint = digest(wanted);
    const mine = { fingerprint, room: new Types.ObjectId(), createdAt: this.parts.now() };
    const upsert = () =>
      createRequests
        .findOneAndUpdate({ _id }, { $setOnInsert: mine }, { upsert: true, returnDocument: 'after' })
        .lean();
    // Two upserts at once can both try to insert; the second try finds what the other one kept.
    const kept = await upsert().catch((error: unknown) => {
      if (isDuplicateKey(error)) return upsert();
      throw error;
    });
    if (kept && kept.fingerprint !== fingerprint) {
      throw new AppError(
        'IDEMPOTENCY_CONFLICT',
        `The idempotency key "${key}" was used for another request within the last 24 hours; use a new one.`,
      );
    }
    return kept?.room ?? mine.room;
  }

  private async byOwnId(_id: Types.ObjectId): Promise<Room | null> {
    const { models, log } = this.parts;
    const known = await models.rooms.findOne({ _id }, { roomId: 1 }).lean();
    if (!known) return null;
    await log.folded(known.roomId);
    const found = await models.rooms.findOne({ _id }).lean();
    return found ? asRoom(found) : null;
  }

  private async keep(room: Room): Promise<Room> {
    try {
      await this.parts.models.rooms.collection.insertOne({ ...room });
      return room;
    } catch (error) {
      // A parallel repeat of the same create kept it first: theirs is the answer for both.
      const theirs = isDuplicateKey(error) ? await this.byOwnId(room._id) : null;
      if (theirs) return theirs;
      throw error;
    }
  }
}

/**
 * The room's name at 100ms. There a taken name means that existing room, overwritten; a name derived from an id of
 * ours is unique, holds no character that 100ms refuses, and makes the call safe to repeat.
 */
function hmsName(id: Types.ObjectId): string {
  return `rollcall-${id.toHexString()}`;
}

function newRoom(_id: Types.ObjectId, wanted: NewRoom, made: HmsRoom, now: Date): Room {
  return asRoom({
    _id,
    roomId: made.id,
    name: wanted.name,
    description: wanted.description,
    enabled: made.enabled,
    access: wanted.access ?? RoomAccess.OPEN,
    ownerId: wanted.ownerId,
    createdAt: now,
    participantCount: 0,
    epoch: newEpoch(),
    asOfSeq: 0,
    appId: made.appId,
    templateId: made.templateId ?? wanted.templateId,
    region: wanted.region,
    size: wanted.size,
    largeRoom: wanted.largeRoom,
    maxDurationSeconds: wanted.maxDurationSeconds,
  });
}

export function asRoom(stored: Omit<Room, 'id'>): Room {
  const { id: _, ...fields } = stored as Room;
  return Object.assign(new Room(), { access: RoomAccess.OPEN }, fields);
}

export function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
