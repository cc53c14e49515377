import type { RoomEvent } from './room-event.model';
import type { Change, RoomState } from './room-state';
import type { Asker } from './traced-appends';

/** A command on a room: decided on its current state, in one step, and committed before it is published. */
export interface Question<T> {
  /** Keys of participants who may be gone already and matter to the decision. */
  readonly keys?: readonly string[];
  /** The same, where none of `keys` is known in memory. */
  readonly otherKeys?: readonly string[];
  /** Reads what the decision needs from outside the log. Nothing is appended to the room between this and `decide`. */
  readonly prepare?: () => Promise<void>;
  /**
   * Decides what happens. It must not wait, and must hold when it is asked again on a newer state: another process
   * may have appended first.
   */
  readonly decide: (room: RoomState) => { changes: readonly Change[]; answer: T };
}

/** A question that waits for its answer. */
export interface Job extends Question<unknown>, Asker {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Asks every job in turn, each on what the ones before it decided. A job that throws is alone in that. `askers` has for each entry
 * whose it is.
 */
export function decideAll(state: RoomState, jobs: readonly Job[], now: Date) {
  const entries: RoomEvent[] = [];
  const askers: Job[] = [];
  const settled = jobs.map((job) => {
    try {
      const { changes, answer } = job.decide(state);
      for (const change of changes) {
        entries.push(state.next(change, now));
        askers.push(job);
      }
      return () => job.resolve(answer);
    } catch (error) {
      return () => job.reject(error);
    }
  });
  const settle = () => {
    for (const tell of settled) tell();
  };
  return { entries, askers, settle };
}
