import { utcTime } from './time-zone';

/** What a calendar says about a local time. */
export interface DateParts {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
}

const DAY = 86_400_000;

export function partsOf(local: number): DateParts {
  const date = new Date(local);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
  };
}

/** Days since 1970. */
export const dayNumber = (local: number): number => Math.floor(local / DAY);

/** 0 is Sunday. */
export const weekday = (local: number): number => new Date(local).getUTCDay();

/** 1 is Monday, 7 Sunday. */
export const isoWeekday = (local: number): number => weekday(local) || 7;

/** 1 to 366. */
export function dayOfYear(local: number): number {
  return dayNumber(local) - dayNumber(utcTime(new Date(local).getUTCFullYear(), 0, 1)) + 1;
}

/** Weeks begin on Sundays; the days before the first Sunday are week 0. */
export function weekOfYear(local: number): number {
  return Math.floor((dayOfYear(local) + 6 - weekday(local)) / 7);
}

/** Weeks begin on Mondays; the first has the year's first Thursday (ISO 8601). */
export function isoWeek(local: number): { year: number; week: number } {
  const thursday = (dayNumber(local) - isoWeekday(local) + 4) * DAY;
  return { year: new Date(thursday).getUTCFullYear(), week: Math.ceil(dayOfYear(thursday) / 7) };
}

/** The local time at which a day of an ISO week begins. */
export function isoDate(year: number, week: number, day: number): number {
  const fourth = utcTime(year, 0, 4);
  return fourth + (1 - isoWeekday(fourth) + (week - 1) * 7 + (day - 1)) * DAY;
}

/** A day that the month does not have becomes its last. */
export function addMonths(local: number, months: number): number {
  const date = new Date(local);
  const month = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const year = Math.floor(month / 12);
  const inYear = month - year * 12;
  const last = new Date(utcTime(year, inYear + 1, 0)).getUTCDate();
  const start = utcTime(year, inYear, Math.min(date.getUTCDate(), last));
  return start + (local - dayNumber(local) * DAY);
}
