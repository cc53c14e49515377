import type { Logins } from '../../rooms/access/logins';
import type { Login } from './user-login';

/** A timer beyond 2^31 - 1 ms fires at once; a login may well be good for longer. In milliseconds. */
const LONGEST_TIMER = 24 * 3_600_000;

export interface LoginEndParts {
  readonly now: () => Date;
  readonly logins: Pick<Logins, 'whenRevoked'>;
}

/** Calls `act` once, when a login ends, however far away that is, or is revoked. Answers with how to stop waiting. */
export function whenLoginEnds(login: Login, { now, logins }: LoginEndParts, act: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const stop = () => {
    isOver = true;
    clearTimeout(timer);
    forget();
  };
  const end = () => {
    if (isOver) return;
    stop();
    act();
  };
  const wait = () => {
    const left = login.endsAt.getTime() - now().getTime();
    if (left <= 0) end();
    else timer = setTimeout(wait, Math.min(left, LONGEST_TIMER)).unref();
  };
  let forget = (): void => undefined;
  wait();
  forget = logins.whenRevoked(login, end);
  if (isOver) forget();
  return stop;
}
