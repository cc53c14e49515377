/**
 * Asks once for everything that is wanted while the last question is still out: under load one command to the database answers
 * many, and alone nobody waits. Nothing is remembered: what answers a key was asked after the key was wanted, so that it holds
 * whatever had been written by then. A question that fails, fails for all that it was asked for.
 *
 * @param ask answers with how to find what belongs to each key
 */
export function inTurns<Key, Value>(
  ask: (keys: readonly Key[]) => Promise<(key: Key) => Value>,
): (key: Key) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve();
  let next: { readonly keys: Key[]; readonly found: Promise<(key: Key) => Value> } | undefined;
  const open = () => {
    const keys: Key[] = [];
    const found = last.then(endOfTick).then(() => {
      next = undefined;
      return ask(keys);
    });
    last = found.catch(() => undefined);
    return { keys, found };
  };
  return async (key) => {
    next ??= open();
    next.keys.push(key);
    return (await next.found)(key);
  };
}

/** When everything has been read that has arrived so far. */
function endOfTick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
