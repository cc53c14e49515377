import { endOfTurn, gathered } from './gathered';

/** As `gathered`, but never runs two batches at a time: under load one database command serves many callers, and a single caller does not wait. */
export function inTurns<Key, Value>(
  ask: (keys: readonly Key[]) => Promise<(key: Key) => Value>,
): (key: Key) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve();
  const askNext = (keys: readonly Key[]) => {
    const found = ask(keys);
    last = found.catch(() => undefined);
    return found;
  };
  return gathered(askNext, () => last.then(endOfTurn));
}
