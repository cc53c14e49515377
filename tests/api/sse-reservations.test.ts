import { Reservations } from '../../src/api/graphql/sse-reservations';
import type { OpenStream } from '../../src/api/open-streams';
import { AppError } from '../../src/errors';

/** What comes of reserving a stream: `ok`, or the code of the refusal. */
function reserve(reservations: Reservations, owner: string): string {
  try {
    reservations.reserve(owner);
    return 'ok';
  } catch (error) {
    return error instanceof AppError ? error.code : String(error);
  }
}

it('refuses reservations to the owner who has too many that wait, and to no other', () => {
  const reservations = new Reservations(() => undefined);
  const all = Array.from({ length: 1_000 }, () => reservations.reserve('user ana'));
  expect(reserve(reservations, 'user ana')).toBe('RATE_LIMITED');
  expect([reserve(reservations, 'user ben'), reserve(reservations, 'service key-1')]).toEqual(['ok', 'ok']);
  // One that is opened waits no longer, and neither does one that was given up.
  const [opened, dropped] = all;
  if (opened) reservations.opened(opened, { gone: new AbortController().signal } as OpenStream);
  if (dropped) reservations.drop(dropped);
  expect([1, 2, 3].map(() => reserve(reservations, 'user ana'))).toEqual(['ok', 'ok', 'RATE_LIMITED']);
});
