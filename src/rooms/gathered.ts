/**
 * Asks once for everything that is wanted in the same moment: a hot room wants the same kind of fact for many people
 * at once, and one query for all costs little more than one for each. Nothing is remembered.
 */
export function gathered<Key, Value>(
  ask: (keys: readonly Key[]) => Promise<(key: Key) => Value>,
): (key: Key) => Promise<Value> {
  let wanted: Key[] = [];
  let asking: Promise<(key: Key) => Value> | undefined;
  return async (key) => {
    wanted.push(key);
    asking ??= Promise.resolve().then(() => {
      const keys = wanted;
      wanted = [];
      asking = undefined;
      return ask(keys);
    });
    return (await asking)(key);
  };
}
