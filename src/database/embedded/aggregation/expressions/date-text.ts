import { leftOut } from '../../server-error';
import { unreadable } from './date-format';
import { fromLocal, type TimeZone, timeZone, utcTime } from './time-zone';

const iso =
  /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|\s+)(\d{1,2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?)?(?:\s*(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?)?\s*$/;

/** Texts of which another server might make a date. */
const maybeDate =
  /\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|now|today|tomorrow|yesterday|noon|midnight/i;

/**
 * The time that a text without a format means: ISO 8601, with `T` or a space. Other ways to write a date, of which a
 * real server reads many, are refused and not guessed.
 *
 * @throws ServerError 241 for what is no date; 115 for a date in a form that is left out.
 */
export function readDateText(text: string, zone: TimeZone): number {
  const match = iso.exec(text);
  if (!match) {
    if (maybeDate.test(text))
      throw leftOut(`reading '${text}' as a date, which is not in the form of ISO 8601,`);
    throw unreadable(text, 'no date in it');
  }
  const [, year, month, day, hour, minute, second, fraction, offset] = match;
  const numbers = [hour, minute, second].map((part) => Number(part ?? 0)) as [number, number, number];
  if (Number(month) < 1 || Number(month) > 12) throw unreadable(text, 'no such month');
  if (Number(day) < 1 || Number(day) > 31) throw unreadable(text, 'no such day');
  if (numbers[0] > 24 || numbers[1] > 59 || numbers[2] > 59) throw unreadable(text, 'no such time');
  const milliseconds = Math.trunc(Number(`0.${fraction ?? '0'}`) * 1_000 + 1e-9);
  const local = utcTime(Number(year), Number(month) - 1, Number(day), ...numbers, milliseconds);
  if (offset === undefined) return fromLocal(local, zone);
  if (!zone.isUtc) throw unreadable(text, 'it has a time zone, and another one was given');
  return local - timeZone(offset.toUpperCase()).offsetAt(local);
}
