import { decimalText } from '../../bson/decimal';
import { Code, Decimal, Double, SymbolText, Timestamp, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { isNothing } from './operands';

/** The string that string operators make of other types; of null and nothing the empty one. */
export function looseText(value: Value | undefined): string {
  if (isNothing(value)) return '';
  if (typeof value === 'string') return value;
  if (value instanceof SymbolText) return value.text;
  if (value instanceof Code && !value.scope) return value.code;
  if (value instanceof Timestamp) return timestampText(value);
  // Sixteen digits, where $toString writes all that a double has.
  if (value instanceof Double) return doubleText(Number(value.value.toPrecision(16)));
  const text = numberText(value) ?? (value instanceof Date ? value.toISOString() : undefined);
  if (text === undefined) {
    throw new ServerError(16007, `can't convert from BSON type ${typeName(value)} to String`);
  }
  return text;
}

/** A number as `$toString` writes it; undefined for another type. */
export function numberText(value: Value): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Double) return doubleText(value.value);
  return value instanceof Decimal ? decimalText(value) : undefined;
}

/** The shortest text that reads back as the same double; an exponent has a sign and two digits, as in C. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0';
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    const digits = String(Math.abs(power)).padStart(2, '0');
    return `${mantissa}e${power < 0 ? '-' : '+'}${digits}`;
  }
  return String(value);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function timestampText({ value }: Timestamp): string {
  const date = new Date(Number(value >> 32n) * 1_000);
  const day = String(date.getUTCDate()).padStart(2, ' ');
  const time = date.toISOString().slice(11, 19);
  return `${months[date.getUTCMonth()]} ${day} ${time}:${(value & 0xffff_ffffn).toString(16)}`;
}
