import { type EntryListener, RoomTail, type TailParts } from './room-tail';

interface SharedTail {
  readonly opening: Promise<RoomTail>;
  watchers: number;
}

/** The tails of rooms with subscribers; each lives as long as it has one. */
export class RoomTails {
  private readonly tails = new Map<string, SharedTail>();

  constructor(private readonly parts: TailParts) {}

  /** The rooms with a subscriber in this process. */
  watched(): string[] {
    return [...this.tails.keys()];
  }

  /** Receives the head of a room's log from a poll: a tail that is behind it reads the missing entries. */
  tell(roomId: string, head: { epoch: string; seq: number }): void {
    this.tails
      .get(roomId)
      ?.opening.then((tail) => tail.lookFrom(head))
      .catch(() => undefined);
  }

  /**
   * From now on `listener` receives every new entry of the room. Returns the position after which that begins, and
   * a function that stops it and is idempotent.
   *
   * @throws AppError ROOM_NOT_FOUND
   */
  async attach(
    roomId: string,
    listener: EntryListener,
  ): Promise<{ epoch: string; seq: number; detach: () => void }> {
    const shared = this.tails.get(roomId) ?? this.open(roomId);
    // Counted before the wait, so that the last other watcher cannot close the tail meanwhile.
    shared.watchers += 1;
    const release = once(() => this.release(roomId, shared));
    try {
      const tail = await shared.opening;
      const place = tail.attach(listener);
      const detach = () => {
        tail.detach(listener);
        release();
      };
      return { epoch: place.epoch, seq: place.seq, detach };
    } catch (error) {
      release();
      throw error;
    }
  }

  private open(roomId: string): SharedTail {
    const tail = new RoomTail(roomId, this.parts);
    const shared = { opening: tail.open().then(() => tail), watchers: 0 };
    this.tails.set(roomId, shared);
    shared.opening.catch(() => tail.close());
    return shared;
  }

  private release(roomId: string, shared: SharedTail): void {
    shared.watchers -= 1;
    if (shared.watchers > 0) return;
    if (this.tails.get(roomId) === shared) this.tails.delete(roomId);
    shared.opening.then((tail) => tail.close()).catch(() => undefined);
  }
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}
