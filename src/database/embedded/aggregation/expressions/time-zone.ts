import { ServerError } from '../../server-error';

const MINUTE = 60_000;
const DAY = 86_400_000;

/**
 * Local time of one zone, as milliseconds in which UTC's calendar shows the local clock. Everything that counts in
 * days, weeks, months or years works on these.
 */
export interface TimeZone {
  readonly isUtc: boolean;
  /** Milliseconds to add to UTC. */
  offsetAt(utc: number): number;
}

const utcZone: TimeZone = { isUtc: true, offsetAt: () => 0 };

const zones = new Map<string, TimeZone>([
  ['UTC', utcZone],
  ['GMT', utcZone],
  ['Z', utcZone],
]);

/** @throws ServerError 40485 for an unknown zone. */
export function timeZone(id: string | undefined): TimeZone {
  if (id === undefined) return utcZone;
  const known = zones.get(id);
  if (known) return known;
  const zone = fixedZone(id) ?? namedZone(id);
  if (!zone) throw new ServerError(40485, `unrecognized time zone identifier: "${id}"`);
  // There are about 600 names; offsets written in other ways must not fill the memory.
  if (zones.size < 2_000) zones.set(id, zone);
  return zone;
}

/** `+05`, `-0330`, `+05:30` */
function fixedZone(id: string): TimeZone | undefined {
  const match = /^([+-])(\d{2})(?::?(\d{2}))?$/.exec(id);
  if (!match) return undefined;
  const offset = (Number(match[2]) * 60 + Number(match[3] ?? 0)) * MINUTE * (match[1] === '-' ? -1 : 1);
  return { isUtc: offset === 0, offsetAt: () => offset };
}

/** By the data that Node's own ICU has. */
function namedZone(id: string): TimeZone | undefined {
  if (!/^[A-Za-z]/.test(id)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: id,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
  // Intl does not mind the case of letters; a server does.
  const resolved = format.resolvedOptions().timeZone;
  if (resolved !== id && resolved.toLowerCase() === id.toLowerCase()) return undefined;
  return { isUtc: false, offsetAt: (utc) => localOf(format, utc) - Math.floor(utc / 1_000) * 1_000 };
}

/** The local clock, in whole seconds. */
function localOf(format: Intl.DateTimeFormat, utc: number): number {
  const parts: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(utc)) parts[type] = value;
  const year = parts['era'] === 'BC' ? 1 - Number(parts['year']) : Number(parts['year']);
  return utcTime(
    year,
    Number(parts['month']) - 1,
    Number(parts['day']),
    Number(parts['hour']),
    Number(parts['minute']),
    Number(parts['second']),
  );
}

/** Date.UTC, but years below 100 are what they say. */
export function utcTime(
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
  ms = 0,
): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1_000 + ms;
}

export function toLocal(utc: number, zone: TimeZone): number {
  return utc + zone.offsetAt(utc);
}

/** An hour that a clock change leaves out moves on; of one that comes twice the first is meant. */
export function fromLocal(local: number, zone: TimeZone): number {
  const before = zone.offsetAt(local - DAY);
  const after = zone.offsetAt(local + DAY);
  if (before === after || zone.offsetAt(local - before) === before) return local - before;
  return zone.offsetAt(local - after) === after ? local - after : local - before;
}
