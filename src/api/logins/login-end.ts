import type { Identity } from './identity';

/** A timer beyond 2^31 - 1 ms fires at once; a login may well be good for longer. In milliseconds. */
const LONGEST_TIMER = 24 * 3_600_000;

/**
 * Calls `end` once, at the moment when the login of an identity ends, however far away that is; never for one that
 * does not end.
 *
 * @returns stops waiting; safe to call again
 */
export function whenLoginEnds({ login }: Identity, now: () => Date, end: () => void): () => void {
  if (!login) return () => undefined;
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    const left = login.endsAt.getTime() - now().getTime();
    timer = setTimeout(left <= 0 ? end : wait, Math.max(0, Math.min(left, LONGEST_TIMER))).unref();
  };
  wait();
  return () => clearTimeout(timer);
}
