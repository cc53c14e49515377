import type { Caller } from './caller';
import { type Gatekeeper, noSuchRoom } from './gatekeeper';

interface Watch {
  readonly caller: Caller;
  readonly roomId: string;
  readonly end: (why: Error) => void;
}

/** Whom a change of permissions may affect: all users in a room, a user in all rooms, or a user in a room. */
export interface Concerned {
  readonly roomId?: string;
  readonly userId?: string;
}

/**
 * Who is watching which room, so that a permission that ends also ends what it had let begin. Nothing is asked per update:
 * code that removes a permission reports it here, and waits until the affected subscribers receive no more.
 */
export class Watches {
  private readonly open = new Set<Watch>();

  constructor(private readonly gatekeeper: Gatekeeper) {}

  /**
   * Lets a caller watch a room; `end` is called once, when they may no longer.
   *
   * @returns ends the watch from the watcher's side; safe to call again
   * @throws AppError UNAUTHENTICATED, ROOM_NOT_FOUND
   */
  async begin(caller: Caller, roomId: string, end: (why: Error) => void): Promise<() => void> {
    // Nothing can be taken from a service.
    const watch = caller.kind === 'user' ? { caller, roomId, end } : undefined;
    // Noted before it is asked, so that a permission cannot end between the two unseen.
    if (watch) this.open.add(watch);
    const stop = () => {
      if (watch) this.open.delete(watch);
    };
    try {
      await this.gatekeeper.admit(caller, 'participantUpdates', { roomId });
      return stop;
    } catch (error) {
      stop();
      throw error;
    }
  }

  /** Whether a user might begin to watch a room now; no as well where that could not be found out. */
  mayBegin(userId: string, roomId: string): Promise<boolean> {
    return this.mayWatch({ kind: 'user', id: userId }, roomId);
  }

  /** Checks all affected subscribers again; those that lost the permission are ended when this resolves. */
  async askAgain(concerned: Concerned): Promise<void> {
    await Promise.all(
      this.of(concerned).map(async (watch) => {
        if (!(await this.mayWatch(watch.caller, watch.roomId))) this.endOne(watch);
      }),
    );
  }

  /** Ends all affected subscribers without a check. */
  end(concerned: Concerned): void {
    for (const watch of this.of(concerned)) this.endOne(watch);
  }

  private of({ roomId, userId }: Concerned): Watch[] {
    return [...this.open].filter(
      (watch) =>
        (roomId === undefined || watch.roomId === roomId) &&
        (userId === undefined || (watch.caller.kind === 'user' && watch.caller.id === userId)),
    );
  }

  private mayWatch(caller: Caller, roomId: string): Promise<boolean> {
    return this.gatekeeper.admit(caller, 'participantUpdates', { roomId }).then(
      () => true,
      // Also if the check failed: the subscriber reconnects and is checked again.
      () => false,
    );
  }

  private endOne(watch: Watch): void {
    // Each is ended once.
    if (this.open.delete(watch)) watch.end(noSuchRoom(watch.roomId));
  }
}
