import { ApiError } from '../api-error';

const DAY = 24 * 3_600 * 1_000;

/**
 * The stretch of time that a question about webhooks is about: the last 24 hours by default.
 *
 * @throws ApiError 400 in the documented words
 */
export function timeWindow(
  start: Date | undefined,
  end: Date | undefined,
  now: Date,
): { from: Date; to: Date } {
  const to = end ?? now;
  const from = start ?? new Date(now.getTime() - DAY);
  if (from.getTime() < now.getTime() - 30 * DAY) {
    throw new ApiError(400, 'start_time must be within the last 30 days');
  }
  if (to < from || to.getTime() > from.getTime() + 14 * DAY) {
    throw new ApiError(400, 'end_time must be within 14 days after start_time');
  }
  return { from, to };
}
