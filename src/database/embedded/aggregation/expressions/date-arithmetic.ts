import { wholeNumber } from '../../bson/numbers';
import { show } from '../../bson/show';
import { isNumber, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { addMonths, dayNumber, partsOf, weekday } from './calendar';
import { timeOf, zoneOf } from './date-parts';
import { fromNamed, isNothing, type Named } from './operands';
import type { ReadOperator } from './reader';
import { fromLocal, type TimeZone, toLocal, utcTime } from './time-zone';

const DAY = 86_400_000;
const FARTHEST = 8.64e15;

/** Units of one length, in milliseconds. */
const lengths = { millisecond: 1, second: 1_000, minute: 60_000, hour: 3_600_000 } as const;
const months = { month: 1, quarter: 3, year: 12 } as const;
const days = { day: 1, week: 7 } as const;

type Unit = keyof typeof lengths | keyof typeof months | keyof typeof days;

function readUnit(operator: string, value: Value): Unit {
  if (typeof value !== 'string') {
    throw new ServerError(5439013, `${operator} requires 'unit' to be a string, but got ${typeName(value)}`);
  }
  if (value in lengths || value in months || value in days) return value as Unit;
  throw new ServerError(
    5439014,
    `${operator} parameter 'unit' value parsing failed :: caused by :: unknown time unit value: ${value}`,
  );
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

function readStartOfWeek(operator: string, value: Value): number {
  if (typeof value !== 'string') {
    throw new ServerError(
      5439015,
      `${operator} requires 'startOfWeek' to be a string, but got ${typeName(value)}`,
    );
  }
  const name = value.toLowerCase();
  const day = weekdays.findIndex((one) => one === name || one.slice(0, 3) === name);
  if (day < 0) {
    throw new ServerError(
      5439016,
      `${operator} parameter 'startOfWeek' value cannot be recognized as a day of a week: ${value}`,
    );
  }
  return day;
}

/** Whether an argument that was given is null: then so is the result. */
function lacksAny(values: Named, given: ReadonlySet<string>): boolean {
  return [...given].some((name) => isNothing(values[name]));
}

function moved(time: number, unit: Unit, amount: number, zone: TimeZone): number {
  if (unit in lengths) return time + amount * lengths[unit as keyof typeof lengths];
  const local = toLocal(time, zone);
  const target =
    unit in days
      ? local + amount * days[unit as keyof typeof days] * DAY
      : addMonths(local, amount * months[unit as keyof typeof months]);
  return fromLocal(target, zone);
}

function moving(operator: '$dateAdd' | '$dateSubtract'): ReadOperator {
  const names = {
    required: ['startDate', 'unit', 'amount'],
    optional: ['timezone'],
    codes: { notObject: 5166400, unknown: 5166401, missing: 5166402 },
  };
  return fromNamed(operator, names, (values, _, given) => {
    if (lacksAny(values, given)) return null;
    const unit = readUnit(operator, values['unit'] as Value);
    const start = timeOf(values['startDate']);
    if (start === undefined) {
      throw new ServerError(5166403, `${operator} requires startDate to be convertible to a date`);
    }
    const amount = isNumber(values['amount']) ? wholeNumber(values['amount']) : undefined;
    if (amount === undefined)
      throw new ServerError(5166405, `${operator} expects integer amount of time units`);
    const zone = zoneOf(values['timezone'], given.has('timezone')) as TimeZone;
    const time = moved(start, unit, operator === '$dateAdd' ? amount : -amount, zone);
    if (!(Math.abs(time) <= FARTHEST)) throw new ServerError(15, `${operator} overflowed`);
    return new Date(time);
  });
}

const dateDiff: ReadOperator = fromNamed(
  '$dateDiff',
  {
    required: ['startDate', 'endDate', 'unit'],
    optional: ['timezone', 'startOfWeek'],
    codes: { notObject: 5166301, unknown: 5166302, missing: [5166303, 5166304, 5166305] },
  },
  (values, _, given) => {
    const isWeek = values['unit'] === 'week';
    // The start of the week is of no interest to other units.
    const asked = isWeek ? given : new Set([...given].filter((name) => name !== 'startOfWeek'));
    if (lacksAny(values, asked)) return null;
    const [start, end] = ['startDate', 'endDate'].map((name) => {
      const time = timeOf(values[name]);
      if (time !== undefined) return time;
      throw new ServerError(
        5166307,
        `$dateDiff requires '${name}' to be a date, but got ${typeName(values[name])}`,
      );
    }) as [number, number];
    const unit = readUnit('$dateDiff', values['unit'] as Value);
    const zone = zoneOf(values['timezone'], given.has('timezone')) as TimeZone;
    const first =
      isWeek && given.has('startOfWeek') ? readStartOfWeek('$dateDiff', values['startOfWeek'] as Value) : 0;
    return BigInt(ordinal(end, unit, zone, first) - ordinal(start, unit, zone, first));
  },
);

/** The number of the unit in which a time lies: differences count the boundaries between two. */
function ordinal(time: number, unit: Unit, zone: TimeZone, firstDay: number): number {
  if (unit in lengths) {
    const length = lengths[unit as keyof typeof lengths];
    // Only what is not whole hours of an offset moves the boundaries; a change of clocks is no hour of its own.
    const shift = zone.offsetAt(time) % lengths.hour;
    return Math.floor((time + shift) / length);
  }
  const local = toLocal(time, zone);
  const { year, month } = partsOf(local);
  switch (unit) {
    case 'year':
      return year;
    case 'quarter':
      return year * 4 + Math.floor((month - 1) / 3);
    case 'month':
      return year * 12 + month;
    case 'week':
      return Math.floor((dayNumber(local) - ((weekday(local) - firstDay + 7) % 7)) / 7);
    default:
      return dayNumber(local);
  }
}

const dateTrunc: ReadOperator = fromNamed(
  '$dateTrunc',
  {
    required: ['date', 'unit'],
    optional: ['binSize', 'timezone', 'startOfWeek'],
    codes: { notObject: 5439007, unknown: 5439008, missing: [5439009, 5439010] },
  },
  (values, _, given) => {
    const asked =
      values['unit'] === 'week' ? given : new Set([...given].filter((name) => name !== 'startOfWeek'));
    if (lacksAny(values, asked)) return null;
    const time = timeOf(values['date']);
    if (time === undefined) {
      throw new ServerError(
        5439012,
        `$dateTrunc requires 'date' to be a date, but got ${typeName(values['date'])}`,
      );
    }
    const unit = readUnit('$dateTrunc', values['unit'] as Value);
    const size = given.has('binSize') ? readBinSize(values['binSize'] as Value) : 1;
    const zone = zoneOf(values['timezone'], given.has('timezone')) as TimeZone;
    const first =
      unit === 'week' && given.has('startOfWeek')
        ? readStartOfWeek('$dateTrunc', values['startOfWeek'] as Value)
        : 0;
    return new Date(truncated(time, unit, size, zone, first));
  },
);

function readBinSize(value: Value): number {
  const size = isNumber(value) ? wholeNumber(value) : undefined;
  if (size === undefined) {
    throw new ServerError(
      5439017,
      `$dateTrunc requires 'binSize' to be a 64-bit integer, but got value '${show(value)}' of type ${typeName(value)}`,
    );
  }
  if (size <= 0) {
    throw new ServerError(
      5439018,
      `$dateTrunc requires 'binSize' to be greater than 0, but got value ${size}`,
    );
  }
  return size;
}

/** Bins are counted from the beginning of 2000, weeks from its first day of a week. */
function truncated(time: number, unit: Unit, size: number, zone: TimeZone, firstDay: number): number {
  const origin = utcTime(2000, 0, 1);
  if (unit in lengths) {
    const bin = lengths[unit as keyof typeof lengths] * size;
    const start = fromLocal(origin, zone);
    return start + Math.floor((time - start) / bin) * bin;
  }
  const local = toLocal(time, zone);
  if (unit in months) {
    const bin = months[unit as keyof typeof months] * size;
    const { year, month } = partsOf(local);
    const since = (year - 2000) * 12 + month - 1;
    return fromLocal(utcTime(2000, Math.floor(since / bin) * bin, 1), zone);
  }
  const wait = unit === 'week' ? (firstDay - weekday(origin) + 7) % 7 : 0;
  const first = dayNumber(origin) + wait;
  const bin = days[unit as keyof typeof days] * size;
  return fromLocal((first + Math.floor((dayNumber(local) - first) / bin) * bin) * DAY, zone);
}

export const dateArithmetic: readonly [string, ReadOperator][] = [
  ['$dateAdd', moving('$dateAdd')],
  ['$dateSubtract', moving('$dateSubtract')],
  ['$dateDiff', dateDiff],
  ['$dateTrunc', dateTrunc],
];
