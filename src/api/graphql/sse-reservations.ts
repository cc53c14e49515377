import { randomUUID } from 'node:crypto';
import { AppError } from '../../errors';
import { Crowds } from '../logins/crowds';
import type { OpenStream } from '../open-streams';

/** One stream of the single connection mode: reserved first, then opened, while operations are added to it. */
export interface Reservation {
  readonly token: string;
  /** The owner: no other caller can open it or add to it. */
  readonly owner: string;
  /** Operations under way. */
  operations: number;
  /** The stream, once it is opened; undefined where it never is. */
  readonly stream: Promise<OpenStream | undefined>;
  /** Says that it was opened, or that it never will be. */
  settle(stream: OpenStream | undefined): void;
}

/** A client opens what it reserved at once; after this, in milliseconds, it has forgotten. */
const OPEN_WITHIN = 30_000;
/** Reservations of one owner that wait to be opened. They cost nothing to make. */
const MAX_WAITING_PER_OWNER = 1_000;

/** The streams of the single connection mode that there are, by their tokens. */
export class Reservations {
  private readonly byToken = new Map<string, Reservation>();
  private readonly owners = new Crowds(MAX_WAITING_PER_OWNER);
  private readonly waiting = new Map<
    string,
    { readonly timer: NodeJS.Timeout; readonly countOff: () => void }
  >();

  /** @param forget removes a reservation that no client opened in time */
  constructor(private readonly forget: (reservation: Reservation) => void) {}

  /** @throws AppError RATE_LIMITED */
  reserve(owner: string): Reservation {
    if (this.owners.isFull(owner)) {
      const message = `You have ${MAX_WAITING_PER_OWNER} streams reserved and not opened, which is the limit: open them, or try again later.`;
      throw new AppError('RATE_LIMITED', message, { retryAfter: OPEN_WITHIN / 1_000 });
    }
    const token = randomUUID();
    let settle: Reservation['settle'] = () => undefined;
    const stream = new Promise<OpenStream | undefined>((resolve) => {
      settle = resolve;
    });
    const reservation = { token, owner, operations: 0, stream, settle };
    this.byToken.set(token, reservation);
    const timer = setTimeout(() => this.forget(reservation), OPEN_WITHIN).unref();
    this.waiting.set(token, { timer, countOff: this.owners.enter(owner) });
    return reservation;
  }

  find(token: string | undefined, owner: string): Reservation | undefined {
    const found = this.byToken.get(token ?? '');
    return found?.owner === owner ? found : undefined;
  }

  /** Marks it as opened: from now on it lasts as long as its stream. */
  opened(reservation: Reservation, stream: OpenStream): void {
    this.stopWaiting(reservation);
    stream.gone.addEventListener('abort', () => this.byToken.delete(reservation.token), { once: true });
    reservation.settle(stream);
  }

  drop(reservation: Reservation): void {
    this.stopWaiting(reservation);
    this.byToken.delete(reservation.token);
    reservation.settle(undefined);
  }

  private stopWaiting({ token }: Reservation): void {
    const waiting = this.waiting.get(token);
    clearTimeout(waiting?.timer);
    waiting?.countOff();
    this.waiting.delete(token);
  }
}
