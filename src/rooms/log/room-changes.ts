import type { HmsService } from '../../video/hms.service';
import type { RoomAccess } from '../access/room-grant.model';
import type { Models } from '../models';
import { UpdateSource } from './participant-update';
import { roomDisabled, roomEnded } from './room-closing';
import type { RoomLog } from './room-log';

export interface RoomChangesParts {
  readonly models: Models;
  readonly hms: Pick<HmsService, 'updateRoom' | 'endRoom'>;
  readonly log: RoomLog;
  readonly now: () => Date;
}

interface RoomChanges {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly access?: RoomAccess | undefined;
}

/** Changes what is given, first at 100ms, then here: an error means that nothing changed here. Safe to repeat. */
export async function updateRoom(
  parts: RoomChangesParts,
  roomId: string,
  changes: RoomChanges,
): Promise<void> {
  // The name is only shown here; at 100ms it is derived, and what makes a create safe to repeat. Nor does 100ms know of access.
  const { name: _, access: __, ...there } = changes;
  if (Object.values(there).some((value) => value !== undefined)) {
    await parts.hms.updateRoom(roomId, onlyGiven(there));
  }
  await change(parts, roomId, changes, roomDisabled);
}

/** Ends the session for all participants, first at 100ms, then here; `lock` also disables the room. Idempotent. */
export async function endRoom(
  parts: RoomChangesParts,
  roomId: string,
  { reason, lock }: { reason?: string | undefined; lock: boolean },
): Promise<void> {
  const wasRunning = await parts.hms.endRoom(roomId, { reason, lock });
  if (lock && !wasRunning) await parts.hms.updateRoom(roomId, { enabled: false });
  await change(parts, roomId, lock ? { enabled: false } : {}, roomEnded);
}

/** In the room's lane, so that later commands are decided by the new rules. */
async function change(
  { models, log, now }: Omit<RoomChangesParts, 'hms'>,
  roomId: string,
  changes: RoomChanges,
  consequences: typeof roomDisabled,
): Promise<void> {
  const at = now();
  const set = onlyGiven({ ...changes, enabledAsOf: changes.enabled === undefined ? undefined : at });
  let wasEnabled: boolean | undefined;
  await log.ask(roomId, {
    prepare: async () => {
      if (Object.keys(set).length > 0) await models.rooms.updateOne({ roomId }, { $set: set });
    },
    decide: (room) => {
      // Asked again after another process was first, the room is as the line above left it.
      wasEnabled ??= room.enabled;
      room.enabled = changes.enabled ?? room.enabled;
      const word = { at, source: UpdateSource.API };
      return { changes: consequences(room, wasEnabled, word), answer: null };
    },
  });
}

function onlyGiven<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, given]) => given !== undefined)) as never;
}
