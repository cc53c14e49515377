import { randomUUID } from 'node:crypto';
import type { Models } from '../models';
import type { RoomLog } from './room-log';

const CHECKPOINT = 'fold checkpoint';
/** Those of all processes: ids that begin with it. */
const checkpoints = { $gte: CHECKPOINT, $lt: `${CHECKPOINT}~` };
/** Clocks that are set back a little must not hide an entry from the repair, in milliseconds. */
const CLOCK_MARGIN = 10 * 60_000;
/** A process that has not noted anything for so long is gone, in milliseconds. */
const GONE_AFTER = 5 * 60_000;

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
  /** Each process notes for itself: what one has folded says nothing of another, which may have died half way. */
  private readonly id = `${CHECKPOINT} ${randomUUID()}`;

  constructor(private readonly parts: LogKeepingParts) {}

  /**
   * Brings every room up to its log whose fold a crash may have cut short: those with entries since the oldest checkpoint of
   * any process. To be awaited before any room is read.
   *
   * @returns how many rooms were looked at
   */
  async repair(): Promise<number> {
    const { models } = this.parts;
    const oldest = await models.settings.findOne({ _id: checkpoints }).sort({ at: 1 }).lean();
    const looked = await this.lookSince(oldest?.at);
    await this.checkpoint();
    return looked;
  }

  /** The same for processes that are gone and did not come back; then they are forgotten. */
  async repairAbandoned(): Promise<void> {
    const { models, now } = this.parts;
    const abandoned = { _id: { ...checkpoints, $ne: this.id }, until: { $not: { $gt: now() } } };
    const gone = await models.settings.find(abandoned).sort({ at: 1 }).lean();
    if (gone.length === 0) return;
    await this.lookSince(gone[0]?.at);
    await models.settings.deleteMany({ ...abandoned, _id: { $in: gone.map(({ _id }) => _id) } });
  }

  private async lookSince(at: Date | undefined): Promise<number> {
    const { models, log } = this.parts;
    const since = new Date((at?.getTime() ?? 0) - CLOCK_MARGIN);
    const roomIds = await models.events.distinct('roomId', { recordedAt: { $gte: since } });
    for (const roomId of roomIds) await log.look(roomId, () => undefined);
    await log.folded();
    return roomIds.length;
  }

  /** Folds what could not be folded before, then notes up to when everything is: the next repair begins there. */
  async checkpoint(): Promise<void> {
    const { models, log, now } = this.parts;
    const at = now();
    await Promise.all(log.dirty().map(({ roomId }) => log.look(roomId, () => undefined)));
    await log.folded();
    const oldest = Math.min(at.getTime(), ...log.dirty().map(({ since }) => since.getTime()));
    await models.settings.updateOne(
      { _id: this.id },
      { $set: { at: new Date(oldest), until: new Date(at.getTime() + GONE_AFTER) } },
      { upsert: true },
    );
  }

  /** Drops entries that are too old, and those beyond what one room may keep. Always the oldest of a room first. */
  async trim(): Promise<void> {
    const { models, log, now, keepEntries, keepHours } = this.parts;
    await log.folded();
    const tooOld = new Date(now().getTime() - keepHours * 3_600_000);
    await models.events.deleteMany({ recordedAt: { $lt: tooOld } });
    const long = models.rooms.find({ asOfSeq: { $gt: keepEntries } }, { roomId: 1, epoch: 1, asOfSeq: 1 });
    for await (const { roomId, epoch, asOfSeq } of long.lean().cursor()) {
      await models.events.deleteMany({ roomId, epoch, seq: { $lte: asOfSeq - keepEntries } });
    }
  }
}
