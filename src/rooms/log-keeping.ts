import type { Models } from './models';
import type { RoomLog } from './room-log';

const CHECKPOINT = 'fold checkpoint';
/** Clocks that are set back a little must not hide an entry from the repair, in milliseconds. */
const CLOCK_MARGIN = 10 * 60_000;

export interface LogKeepingParts {
  readonly models: Models;
  readonly log: RoomLog;
  readonly now: () => Date;
  /** Entries a room's log keeps at most. */
  readonly keepEntries: number;
  readonly keepHours: number;
}

/** What keeps the logs short, and the stored rooms true to them. */
export class LogKeeping {
  constructor(private readonly parts: LogKeepingParts) {}

  /**
   * Brings every room up to its log whose fold a crash may have cut short: those with entries since the last
   * checkpoint. To be awaited before anybody reads a room.
   *
   * @returns how many rooms were looked at
   */
  async repair(): Promise<number> {
    const { models, log } = this.parts;
    const checkpoint = await models.settings.findOne({ _id: CHECKPOINT }).lean();
    const since = new Date((checkpoint?.at?.getTime() ?? 0) - CLOCK_MARGIN);
    const roomIds = await models.events.distinct('roomId', { recordedAt: { $gte: since } });
    for (const roomId of roomIds) await log.look(roomId, () => undefined);
    return roomIds.length;
  }

  /** Folds what could not be folded before, then notes up to when everything is: the next repair begins there. */
  async checkpoint(): Promise<void> {
    const { models, log, now } = this.parts;
    const at = now();
    await Promise.all(log.dirty().map(({ roomId }) => log.look(roomId, () => undefined)));
    const oldest = Math.min(at.getTime(), ...log.dirty().map(({ since }) => since.getTime()));
    await models.settings.updateOne(
      { _id: CHECKPOINT },
      { $set: { at: new Date(oldest) } },
      { upsert: true },
    );
  }

  /** Drops entries that are too old, and those beyond what one room may keep. Always the oldest of a room first. */
  async trim(): Promise<void> {
    const { models, now, keepEntries, keepHours } = this.parts;
    const tooOld = new Date(now().getTime() - keepHours * 3_600_000);
    await models.events.deleteMany({ recordedAt: { $lt: tooOld } });
    const long = models.rooms.find({ asOfSeq: { $gt: keepEntries } }, { roomId: 1, epoch: 1, asOfSeq: 1 });
    for await (const { roomId, epoch, asOfSeq } of long.lean().cursor()) {
      await models.events.deleteMany({ roomId, epoch, seq: { $lte: asOfSeq - keepEntries } });
    }
  }
}
