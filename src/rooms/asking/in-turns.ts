import { endOfTurn, gathered } from './gathered';

/** As `gathered`, but never asks twice at a time: under load one command to the database answers many, and alone nobody waits. */
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
