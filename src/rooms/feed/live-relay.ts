/** A place in the log of a room, up to which a watcher has been told everything. */
export interface LivePlace {
  readonly roomId: string;
  readonly epoch: string;
  readonly seq: number;
}

/** A faster way to tell a watcher that is up to date. */
export interface LiveRelay {
  /**
   * Tells it every update after `place`, in order, each once, until it cannot go on. Resolves with the place that it has told
   * by then, from where the log continues.
   */
  carry(place: LivePlace): Promise<number>;
  /** Ends the carrying at once. Safe to repeat. */
  stop(): void;
}
