import { Binary, Code, ObjectId, Regex, SymbolText, Timestamp, typeName, type Value } from '../../bson/types';
import { numberText } from './text';

/** What `$toString` writes for a value that is neither document nor array; undefined for a type that it refuses. */
export function scalarText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof ObjectId) return value.toHex();
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Timestamp) return `Timestamp(${value.value >> 32n}, ${value.value & 0xffff_ffffn})`;
  if (value instanceof Regex) return `/${value.pattern}/${value.options}`;
  if (value instanceof SymbolText) return value.text;
  if (value instanceof Code && !value.scope) return value.code;
  if (typeName(value) === 'minKey') return 'MinKey';
  if (typeName(value) === 'maxKey') return 'MaxKey';
  return numberText(value);
}

/** The JSON that `$toString` writes: plain numbers, and every other scalar as its text. Undefined where a type has none. */
export function jsonText(value: Value): string | undefined {
  if (value === null) return 'null';
  if (Array.isArray(value)) return joined(value.map(jsonText), '[', ']');
  if (value instanceof Map) {
    const fields = [...value].map(([name, field]) => {
      const text = jsonText(field);
      // A real server does not escape names.
      return text === undefined ? undefined : `"${name}":${text}`;
    });
    return joined(fields, '{', '}');
  }
  if (value instanceof Binary) return JSON.stringify(binaryText(value));
  const text = scalarText(value);
  if (text === undefined || typeof value === 'boolean') return text;
  const isPlain = numberText(value) !== undefined && !/NaN|Infinity/.test(text);
  return isPlain ? text : JSON.stringify(text);
}

function joined(parts: readonly (string | undefined)[], open: string, close: string): string | undefined {
  return parts.includes(undefined) ? undefined : `${open}${parts.join(',')}${close}`;
}

/** A UUID in its usual form, and base64 for all others. */
function binaryText({ bytes, subtype }: Binary): string {
  if (subtype !== 4 || bytes.length !== 16) return Buffer.from(bytes).toString('base64');
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
