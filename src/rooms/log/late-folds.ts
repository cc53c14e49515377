import { isUnavailable } from '../../database/connect';
import { type Fold, type FoldParts, writeFolds } from './fold';

/** How long a committed entry waits at most until its fold is begun, in milliseconds: a busy room is written once for many. */
const FOLD_WITHIN = 250;

/** Something with entries that wait to be folded. */
export interface Foldable {
  /** What is committed and not folded yet; undefined where there is nothing. It stays so until `wasFolded`. */
  readonly unwritten: Fold | undefined;
  /** `inStead`: what other processes had committed, and had not folded. They may not have published them, either. */
  wasFolded(fold: Fold, inStead: boolean): void;
  /** The fold could not be written. It is tried again when the room is next asked. */
  failedToFold(error: unknown, isLost: boolean): void;
}

/**
 * Writes the folds of all rooms, those of several rooms and rounds together: where this process is the only one that reads the
 * database a moment after their entries were committed and answered for, else before. Readers of stored rooms or participants
 * here waits for `written` first, and so never sees less than was answered for; and a process that dies before loses no event,
 * because the next process to open the room folds it from the log.
 */
export class LateFolds {
  private readonly waiting = new Set<Foldable>();
  private writing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param othersRead whether other processes read the same database, and cannot wait for what they do not know of */
  constructor(
    private readonly parts: FoldParts,
    private readonly othersRead: boolean,
  ) {}

  /** Resolves when the room may say what is new in it. */
  async add(room: Foldable): Promise<void> {
    this.waiting.add(room);
    if (this.othersRead) await this.written();
    else if (!this.writing) this.schedule();
  }

  /** Resolves when everything added until now is written, or could not be. Never rejects. */
  async written(): Promise<void> {
    await this.writing;
    if (this.waiting.size > 0) this.writing ??= this.write();
    await this.writing;
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => void this.written(), FOLD_WITHIN).unref();
  }

  private async write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const rooms = [...this.waiting];
    this.waiting.clear();
    try {
      await this.writeTogether(rooms);
    } finally {
      this.writing = undefined;
      if (this.waiting.size > 0) this.schedule();
    }
  }

  private async writeTogether(rooms: readonly Foldable[]): Promise<void> {
    const folds = rooms.flatMap((room) => {
      const fold = room.unwritten;
      return fold ? [{ room, fold }] : [];
    });
    if (folds.length === 0) return;
    try {
      const { lost, inStead } = await writeFolds(
        this.parts,
        folds.map(({ fold }) => fold),
      );
      for (const { room, fold } of folds) {
        if (lost.includes(fold)) room.failedToFold(placeLost(fold), true);
        else room.wasFolded(fold, inStead.includes(fold));
      }
    } catch (error) {
      // What one room brings must not stand in the way of the others.
      if (folds.length > 1 && !isUnavailable(error)) {
        await Promise.all(folds.map(({ room }) => this.writeTogether([room])));
        return;
      }
      for (const { room } of folds) room.failedToFold(error, false);
    }
  }
}

function placeLost({ roomId }: Fold): Error {
  return new Error(`room ${roomId}: its stored place is not its log's`);
}
