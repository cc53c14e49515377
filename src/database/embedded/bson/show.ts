import { decimalText } from './decimal';
import {
  Binary,
  Code,
  DbPointer,
  Decimal,
  type Document,
  Double,
  ObjectId,
  Regex,
  SymbolText,
  Timestamp,
  type Value,
} from './types';

/** A value as a real server writes it in the text of an error: `{ a: "x", n: 1.0, t: new Date(5) }`. */
export function show(value: Value | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
    return String(value);
  }
  if (value instanceof Map) return showDocument(value);
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[ ${value.map(show).join(', ')} ]`;
  if (value instanceof Double) return showDouble(value.value);
  if (value instanceof ObjectId) return `ObjectId('${value.toHex()}')`;
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (value instanceof Decimal) return decimalText(value);
  if (value instanceof Binary) {
    return `BinData(${value.subtype}, ${Buffer.from(value.bytes).toString('hex').toUpperCase()})`;
  }
  if (value instanceof Timestamp) return `Timestamp(${value.value >> 32n}, ${value.value & 0xffff_ffffn})`;
  if (value instanceof Regex) return `/${value.pattern}/${value.options}`;
  if (value instanceof Code) return value.code;
  if (value instanceof SymbolText) return `"${value.text}"`;
  if (value instanceof DbPointer) return `DBRef('${value.namespace}',${value.id.toHex()})`;
  return value.name === 'undefined' ? 'undefined' : value.name === 'minKey' ? 'MinKey' : 'MaxKey';
}

function showDocument(value: Document): string {
  if (value.size === 0) return '{}';
  return `{ ${[...value].map(([name, field]) => `${name}: ${show(field)}`).join(', ')} }`;
}

function showDouble(value: number): string {
  if (Number.isNaN(value)) return 'nan.0';
  if (!Number.isFinite(value)) return value > 0 ? 'inf.0' : '-inf.0';
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : String(value);
}
