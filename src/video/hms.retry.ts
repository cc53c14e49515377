import type { HmsError } from './hms.error';

const MOST_ATTEMPTS = 3;
/** In milliseconds: the bound of the first pause. */
const FIRST_PAUSE = 250;
/** Statuses with which 100ms says that it has not done anything. */
const notDone = new Set([425, 429]);

/**
 * Milliseconds until the next try, or undefined to give up. A pause is any time up to a bound that doubles, so that
 * callers do not come in step; where 100ms asked for a wait, that comes first.
 *
 * @param repeatable whether a second one after an unknown outcome does no harm
 * @param random 0 to 1
 */
export function pauseBeforeRetry(
  failure: HmsError,
  { attempt, repeatable, random }: { attempt: number; repeatable: boolean; random: number },
): number | undefined {
  if (failure.code !== 'UPSTREAM_UNAVAILABLE' || attempt >= MOST_ATTEMPTS) return undefined;
  if (!repeatable && !failure.neverSent && !notDone.has(failure.status ?? 0)) return undefined;
  const asked = failure.askedToWait ? (failure.retryAfter ?? 0) * 1_000 : 0;
  return asked + random * FIRST_PAUSE * 2 ** (attempt - 1);
}
