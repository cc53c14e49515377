/**
 * Asks once for everything that is wanted in the same turn of the event loop: a hot room wants the same kind of fact for many people
 * at once, and one query for all costs little more than one for each. Nothing is remembered: what answers a key was asked after the
 * key was wanted, so that it includes everything written by then. A batch that fails, fails for all its callers.
 *
 * @param ask answers with how to find what belongs to each key
 * @param ready until when more is waited for
 */
export function gathered<Key, Value>(
  ask: (keys: readonly Key[]) => Promise<(key: Key) => Value>,
  ready: () => Promise<unknown> = endOfTurn,
): (key: Key) => Promise<Value> {
  let wanted: Key[] = [];
  let asking: Promise<(key: Key) => Value> | undefined;
  return async (key) => {
    wanted.push(key);
    asking ??= ready().then(() => {
      const keys = wanted;
      wanted = [];
      asking = undefined;
      return ask(keys);
    });
    return (await asking)(key);
  };
}

/** When everything that has arrived by now has been read. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
