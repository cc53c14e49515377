import { leftOut, ServerError } from '../../server-error';
import { dayOfYear, isoDate, isoWeek, isoWeekday, partsOf, weekday, weekOfYear } from './calendar';
import { fromLocal, type TimeZone, utcTime } from './time-zone';

const MINUTE = 60_000;

const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const digits = (value: number, width: number): string => String(value).padStart(width, '0');

const writers: Record<string, (local: number, offset: number) => string> = {
  Y: (local) => digits(partsOf(local).year, 4),
  m: (local) => digits(partsOf(local).month, 2),
  d: (local) => digits(partsOf(local).day, 2),
  H: (local) => digits(partsOf(local).hour, 2),
  M: (local) => digits(partsOf(local).minute, 2),
  S: (local) => digits(partsOf(local).second, 2),
  L: (local) => digits(partsOf(local).millisecond, 3),
  b: (local) => (monthNames[partsOf(local).month - 1] ?? '').slice(0, 3),
  B: (local) => monthNames[partsOf(local).month - 1] ?? '',
  j: (local) => digits(dayOfYear(local), 3),
  w: (local) => String(weekday(local) + 1),
  u: (local) => String(isoWeekday(local)),
  U: (local) => digits(weekOfYear(local), 2),
  V: (local) => digits(isoWeek(local).week, 2),
  G: (local) => digits(isoWeek(local).year, 4),
  z: (_, offset) => offsetText(offset),
  Z: (_, offset) => `${offset < 0 ? '-' : '+'}${Math.abs(Math.trunc(offset / MINUTE))}`,
  '%': () => '%',
};

function offsetText(offset: number): string {
  const minutes = Math.abs(Math.trunc(offset / MINUTE));
  return `${offset < 0 ? '-' : '+'}${digits(Math.floor(minutes / 60), 2)}${digits(minutes % 60, 2)}`;
}

/** @throws ServerError 18535, 18536 */
export function refuseBadFormat(format: string, known: (letter: string) => boolean): void {
  for (let at = format.indexOf('%'); at >= 0; at = format.indexOf('%', at + 2)) {
    const letter = format[at + 1];
    if (letter === undefined) throw new ServerError(18535, "Unmatched '%' at end of format string");
    if (!known(letter)) {
      throw new ServerError(18536, `Invalid format character '%${letter}' in format string`);
    }
  }
}

export const isWritten = (letter: string): boolean => Object.hasOwn(writers, letter);

/** @throws ServerError 18537 for years that have not four digits. */
export function formatDate(format: string, utc: number, zone: TimeZone): string {
  const offset = zone.offsetAt(utc);
  const local = utc + offset;
  return format.replace(/%(.)/gsu, (_, letter: string) => {
    const { year } = partsOf(local);
    if ('YG'.includes(letter) && (year < 0 || year > 9999)) {
      throw new ServerError(
        18537,
        `Could not convert date to string: date component was outside the supported range of 0-9999: ${year}`,
      );
    }
    return writers[letter]?.(local, offset) ?? '';
  });
}

/** What one letter of a format reads, and how. */
const readers: Record<string, string> = {
  Y: '(?<Y>\\d{4})',
  m: '(?<m>\\d{1,2})',
  d: '(?<d>\\d{1,2})',
  H: '(?<H>\\d{1,2})',
  M: '(?<M>\\d{1,2})',
  S: '(?<S>\\d{1,2})',
  L: '(?<L>\\d{1,3})',
  b: '(?<b>[A-Za-z]{3})',
  B: '(?<B>[A-Za-z]+)',
  j: '(?<j>\\d{1,3})',
  u: '(?<u>[1-7])',
  V: '(?<V>\\d{1,2})',
  G: '(?<G>\\d{4})',
  z: '(?<z>Z|[+-]\\d{2}:?\\d{2})',
  Z: '(?<Z>[+-]\\d{1,4})',
  '%': '%',
};

export const isRead = (letter: string): boolean => Object.hasOwn(readers, letter);

/** 241: what `onError` of a conversion is for. */
export function unreadable(text: string, why: string): ServerError {
  return new ServerError(241, `Error parsing date string '${text}'; ${why}`);
}

/** The time that a text in a format of `$dateFromString` means. @throws ServerError 241 */
export function readDate(text: string, format: string, zone: TimeZone): number {
  const match = matchOf(text, format, readers);
  if (match) return timeOf(text, match.groups ?? {}, zone);
  // Names of zones, which a real server knows by the hundred, are not guessed.
  if (format.includes('%z') && matchOf(text, format, { ...readers, z: '\\s*[A-Za-z0-9+:()/_-]+' })) {
    throw leftOut(`reading the time zone in '${text}'`);
  }
  throw unreadable(text, `it is not as the format '${format}' says`);
}

function matchOf(text: string, format: string, parts: Record<string, string>): RegExpExecArray | null {
  const pattern = format.replace(/%(.)|[\\^$.*+?()[\]{}|/]/gsu, (char, letter?: string) =>
    letter === undefined ? `\\${char}` : (parts[letter] ?? ''),
  );
  try {
    return new RegExp(`^${pattern}$`, 'u').exec(text);
  } catch {
    throw unreadable(text, `the format '${format}' has a part twice`);
  }
}

function timeOf(text: string, groups: Record<string, string | undefined>, zone: TimeZone): number {
  const number = (name: string, fallback: number): number =>
    groups[name] === undefined ? fallback : Number(groups[name]);
  const clock =
    ((number('H', 0) * 60 + number('M', 0)) * 60 + number('S', 0)) * 1_000 +
    number('L', 0) * 10 ** (3 - (groups['L']?.length ?? 3));
  if (number('H', 0) > 24 || number('M', 0) > 59 || number('S', 0) > 59)
    throw unreadable(text, 'no such time');
  const local = dayOf(text, groups, number) + clock;
  const offset = groups['z'] ?? groups['Z'];
  if (offset === undefined) return fromLocal(local, zone);
  if (!zone.isUtc) throw unreadable(text, 'it has a time zone, and another one was given');
  return local - readOffset(groups);
}

function readOffset({ z, Z }: Record<string, string | undefined>): number {
  if (Z !== undefined) return Number(Z) * MINUTE;
  if (z === undefined || z === 'Z') return 0;
  const minutes = Number(z.slice(1, 3)) * 60 + Number(z.slice(-2));
  return minutes * MINUTE * (z.startsWith('-') ? -1 : 1);
}

function dayOf(
  text: string,
  groups: Record<string, string | undefined>,
  number: (name: string, fallback: number) => number,
): number {
  if (groups['G'] !== undefined) return isoDate(number('G', 1970), number('V', 1), number('u', 1));
  if (groups['Y'] === undefined) throw unreadable(text, 'it has no year');
  if (groups['j'] !== undefined) return utcTime(number('Y', 1970), 0, number('j', 1));
  const name = (groups['B'] ?? groups['b'])?.toLowerCase();
  const named = monthNames.findIndex((month) => month.toLowerCase().slice(0, name?.length) === name);
  if (name !== undefined && named < 0) throw unreadable(text, 'no such month');
  const month = name === undefined ? number('m', 1) : named + 1;
  const day = number('d', 1);
  if (month < 1 || month > 12 || day < 1 || day > 31) throw unreadable(text, 'no such day');
  return utcTime(number('Y', 1970), month - 1, day);
}
