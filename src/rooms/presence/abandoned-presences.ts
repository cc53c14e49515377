import { UpdateSource } from '../log/participant-update';
import type { RoomLog } from '../log/room-log';
import type { Models } from '../models';
import { type Participant, ParticipantStatus } from '../participant.model';
import { holderDied } from './device-rules';

export interface AbandonedPresencesParts {
  readonly models: Models;
  readonly log: RoomLog;
  readonly now: () => Date;
  readonly graceSeconds: number;
  readonly processes: {
    dead(): Promise<string[]>;
    forget(): Promise<void>;
  };
}

/** Presences that one sweep looks at. */
const SWEEP_AT_MOST = 500;

/** What hung on sockets of a process that is gone, and that could not say so itself. */
export class AbandonedPresences {
  constructor(private readonly parts: AbandonedPresencesParts) {}

  /**
   * Presences held by a dead process count as RECONNECTING for the grace, at most 500 for each call. Returns how many there
   * were.
   */
  async lose(): Promise<number> {
    const { models, log, processes } = this.parts;
    const dead = await processes.dead();
    if (dead.length === 0) return 0;
    await log.folded();
    const found = await models.participants
      .find({ heldBy: { $in: dead }, status: ParticipantStatus.ACTIVE }, { roomId: 1, keys: 1, heldBy: 1 })
      .limit(SWEEP_AT_MOST)
      .lean();
    const lost = await Promise.all(found.map((each) => this.loseOne(each)));
    if (found.length === 0) await processes.forget();
    return lost.filter(Boolean).length;
  }

  /** Unless a socket of another process holds it by now. Returns whether it was lost. */
  private async loseOne({
    _id,
    roomId,
    keys,
    heldBy,
  }: Pick<Participant, '_id' | 'roomId' | 'keys' | 'heldBy'>): Promise<boolean> {
    const { models, log, now, graceSeconds } = this.parts;
    let isStillHeld = false;
    return log.ask(roomId, {
      prepare: async () => {
        isStillHeld = (await models.participants.exists({ _id, heldBy })) !== null;
      },
      decide: (room) => {
        const at = now();
        const graceUntil = new Date(at.getTime() + graceSeconds * 1_000);
        const there = isStillHeld ? room.find(keys.at(-1) ?? '') : undefined;
        const loss = { at, graceUntil, source: UpdateSource.SOCKET };
        const changes = there?._id === _id ? holderDied(there, loss).changes : [];
        return { changes, answer: changes.length > 0 };
      },
    });
  }
}
