import { show } from '../../bson/show';
import { typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { formatDate, isRead, isWritten, readDate, refuseBadFormat } from './date-format';
import { requireTime, zoneOf } from './date-parts';
import { readDateText } from './date-text';
import { fromNamed, isNothing } from './operands';
import type { ReadOperator } from './reader';

/** The default formats: `Z` says UTC. */
const isoFormat = { utc: '%Y-%m-%dT%H:%M:%S.%LZ', other: '%Y-%m-%dT%H:%M:%S.%L' };

function readFormat(
  operator: string,
  value: Value | undefined,
  code: number,
  known: (letter: string) => boolean,
): string | undefined {
  if (isNothing(value)) return undefined;
  if (typeof value !== 'string') {
    throw new ServerError(
      code,
      `${operator} requires that 'format' be a string, found: ${typeName(value)} with value ${show(value)}`,
    );
  }
  refuseBadFormat(value, known);
  return value;
}

const dateToString: ReadOperator = fromNamed(
  '$dateToString',
  {
    required: ['date'],
    optional: ['format', 'timezone', 'onNull'],
    codes: { notObject: 18629, unknown: 18534, missing: 18628 },
  },
  ({ date, format, timezone, onNull }, _, given) => {
    const asked = readFormat('$dateToString', format, 18533, isWritten);
    const zone = zoneOf(timezone, given.has('timezone'));
    if (isNothing(date)) return given.has('onNull') ? onNull : null;
    if (!zone || (given.has('format') && asked === undefined)) return null;
    return formatDate(asked ?? (zone.isUtc ? isoFormat.utc : isoFormat.other), requireTime(date), zone);
  },
);

const dateFromString: ReadOperator = fromNamed(
  '$dateFromString',
  {
    required: ['dateString'],
    optional: ['format', 'timezone', 'onNull', 'onError'],
    codes: { notObject: 40540, unknown: 40541, missing: 40542 },
  },
  ({ dateString, format, timezone, onNull, onError }, _, given) => {
    const asked = readFormat('$dateFromString', format, 40684, isRead);
    const zone = zoneOf(timezone, given.has('timezone'));
    if (isNothing(dateString)) return given.has('onNull') ? onNull : null;
    try {
      if (typeof dateString !== 'string') {
        throw new ServerError(
          241,
          `$dateFromString requires that 'dateString' be a string, found: ${typeName(dateString)} with value ${show(dateString)}`,
        );
      }
      if (!zone || (given.has('format') && asked === undefined)) return null;
      return new Date(
        asked === undefined ? readDateText(dateString, zone) : readDate(dateString, asked, zone),
      );
    } catch (error) {
      if (given.has('onError') && error instanceof ServerError && error.code === 241) return onError;
      throw error;
    }
  },
);

export const dateStrings: readonly [string, ReadOperator][] = [
  ['$dateToString', dateToString],
  ['$dateFromString', dateFromString],
];
