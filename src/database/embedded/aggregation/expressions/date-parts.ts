import { wholeNumber } from '../../bson/numbers';
import { show } from '../../bson/show';
import { isNumber, ObjectId, Timestamp, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { dayOfYear, isoDate, isoWeek, isoWeekday, partsOf, weekday, weekOfYear } from './calendar';
import { computed, fromNamed, isNothing, readArguments } from './operands';
import type { ReadOperator } from './reader';
import { fromLocal, type TimeZone, timeZone, toLocal, utcTime } from './time-zone';

/** Milliseconds since 1970 of what can stand for a date; undefined for what cannot. */
export function timeOf(value: Value | undefined): number | undefined {
  if (value instanceof Date) return value.getTime();
  if (value instanceof Timestamp) return Number(value.value >> 32n) * 1_000;
  if (value instanceof ObjectId) return Buffer.from(value.bytes).readUInt32BE(0) * 1_000;
  return undefined;
}

/** @throws ServerError 16006 */
export function requireTime(value: Value | undefined): number {
  const time = timeOf(value);
  if (time === undefined)
    throw new ServerError(16006, `can't convert from BSON type ${typeName(value)} to Date`);
  return time;
}

/** The zone of an argument `timezone`; undefined where it is null, and UTC where it was not given. */
export function zoneOf(value: Value | undefined, isGiven: boolean): TimeZone | undefined {
  if (!isGiven) return timeZone(undefined);
  if (isNothing(value)) return undefined;
  if (typeof value !== 'string') {
    throw new ServerError(40517, `timezone must evaluate to a string, found ${typeName(value)}`);
  }
  return timeZone(value);
}

/** `$year` and its like: of a date, or of `{ date, timezone }`. */
function part(name: string, read: (local: number) => Value): ReadOperator {
  return (operand, reader) => {
    const { date, zone } = readOperand(name, operand);
    const parts = zone === undefined ? [reader.read(date)] : [reader.read(date), reader.read(zone)];
    return computed(reader, parts, ([value, zoneValue]) => {
      const at = zoneOf(zoneValue, zone !== undefined);
      if (isNothing(value) || !at) return null;
      return read(toLocal(requireTime(value), at));
    });
  };
}

function readOperand(name: string, operand: Value): { date: Value; zone?: Value } {
  if (Array.isArray(operand)) {
    if (operand.length !== 1) {
      throw new ServerError(
        40536,
        `${name} accepts exactly one argument if given an array, but was given ${operand.length}`,
      );
    }
    return readOperand(name, operand[0] as Value);
  }
  if (!(operand instanceof Map) || operand.keys().next().value?.startsWith('$')) return { date: operand };
  const fields = readArguments(name, operand, {
    required: ['date'],
    optional: ['timezone'],
    codes: { notObject: 40535, unknown: 40535, missing: 40539 },
  });
  const zone = fields.get('timezone');
  return zone === undefined
    ? { date: fields.get('date') as Value }
    : { date: fields.get('date') as Value, zone };
}

const dateToParts: ReadOperator = fromNamed(
  '$dateToParts',
  {
    required: ['date'],
    optional: ['timezone', 'iso8601'],
    codes: { notObject: 40524, unknown: 40520, missing: 40522 },
  },
  ({ date, timezone, iso8601 }, _, given) => {
    const zone = zoneOf(timezone, given.has('timezone'));
    if (!zone || (given.has('iso8601') && isNothing(iso8601))) return null;
    if (iso8601 !== undefined && typeof iso8601 !== 'boolean') {
      throw new ServerError(40521, `iso8601 must evaluate to a bool, found ${typeName(iso8601)}`);
    }
    if (isNothing(date)) return null;
    const local = toLocal(requireTime(date), zone);
    const { year, month, day, ...clock } = partsOf(local);
    const iso = isoWeek(local);
    const days = iso8601
      ? { isoWeekYear: iso.year, isoWeek: iso.week, isoDayOfWeek: isoWeekday(local) }
      : { year, month, day };
    return new Map<string, Value>(Object.entries({ ...days, ...clock }));
  },
);

const natural = ['year', 'month', 'day'];
const ofWeeks = ['isoWeekYear', 'isoWeek', 'isoDayOfWeek'];
const clock = ['hour', 'minute', 'second', 'millisecond'];

const fromParts = fromNamed(
  '$dateFromParts',
  {
    required: [],
    optional: [...natural, ...ofWeeks, ...clock, 'timezone'],
    codes: { notObject: 40519, unknown: 40518, missing: 40516 },
  },
  (values, _, given) => {
    const isIso = given.has('isoWeekYear');
    const names = [...(isIso ? ofWeeks : natural), ...clock];
    const numbers: number[] = [];
    for (const name of names) {
      const number = readPart(name, values[name], given.has(name));
      if (number === undefined) return null;
      numbers.push(number);
    }
    const zone = zoneOf(values['timezone'], given.has('timezone'));
    if (!zone) return null;
    const [a, b, c, hour, minute, second, millisecond] = numbers as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    if (a < 1 || a > 9999) {
      const [code, name] = isIso ? [31095, 'isoWeekYear'] : [40523, 'year'];
      throw new ServerError(
        code as number,
        `'${name}' must evaluate to an integer in the range 1 to 9999, found ${a}`,
      );
    }
    const day = isIso ? isoDate(a, b, c) : utcTime(a, b - 1, c);
    return new Date(fromLocal(day + ((hour * 60 + minute) * 60 + second) * 1_000 + millisecond, zone));
  },
);

/** Parts may be out of range and carry over; those that are bounded by a server are bounded here. */
function readPart(name: string, value: Value | undefined, isGiven: boolean): number | undefined {
  if (!isGiven) return ['hour', 'minute', 'second', 'millisecond'].includes(name) ? 0 : 1;
  if (isNothing(value)) return undefined;
  const number = isNumber(value) ? wholeNumber(value) : undefined;
  if (number === undefined) {
    throw new ServerError(
      40515,
      `'${name}' must evaluate to an integer, found ${typeName(value)} with value ${show(value)}`,
    );
  }
  const isBounded = !['year', 'isoWeekYear', 'second', 'millisecond'].includes(name);
  if (isBounded && (number < -32_768 || number > 32_767)) {
    throw new ServerError(
      31034,
      `'${name}' must evaluate to a value in the range [-32768, 32767]; value ${number} is not in range`,
    );
  }
  return number;
}

const dateFromParts: ReadOperator = (operand, reader) => {
  if (operand instanceof Map) {
    const has = (names: readonly string[]) => names.some((name) => operand.has(name));
    if (!operand.has('year') && !operand.has('isoWeekYear')) {
      throw new ServerError(40516, "$dateFromParts requires either 'year' or 'isoWeekYear' to be present");
    }
    if (operand.has('year') && has(ofWeeks)) {
      throw new ServerError(40489, '$dateFromParts does not allow mixing natural dates with ISO dates');
    }
    if (operand.has('isoWeekYear') && has(natural)) {
      throw new ServerError(40525, '$dateFromParts does not allow mixing ISO dates with natural dates');
    }
  }
  return fromParts(operand, reader);
};

export const dateParts: readonly [string, ReadOperator][] = [
  ['$year', part('$year', (local) => partsOf(local).year)],
  ['$month', part('$month', (local) => partsOf(local).month)],
  ['$dayOfMonth', part('$dayOfMonth', (local) => partsOf(local).day)],
  ['$hour', part('$hour', (local) => partsOf(local).hour)],
  ['$minute', part('$minute', (local) => partsOf(local).minute)],
  ['$second', part('$second', (local) => partsOf(local).second)],
  ['$millisecond', part('$millisecond', (local) => partsOf(local).millisecond)],
  ['$dayOfYear', part('$dayOfYear', dayOfYear)],
  ['$dayOfWeek', part('$dayOfWeek', (local) => weekday(local) + 1)],
  ['$week', part('$week', weekOfYear)],
  ['$isoDayOfWeek', part('$isoDayOfWeek', isoWeekday)],
  ['$isoWeek', part('$isoWeek', (local) => isoWeek(local).week)],
  ['$isoWeekYear', part('$isoWeekYear', (local) => BigInt(isoWeek(local).year))],
  ['$dateToParts', dateToParts],
  ['$dateFromParts', dateFromParts],
];
