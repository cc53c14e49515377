import { decimalText } from '../embedded/bson/decimal';
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
} from '../embedded/bson/types';

/** The names that make an object of extended JSON a value of another type. */
export const typeKeys: ReadonlySet<string> = new Set([
  '$oid',
  '$symbol',
  '$numberInt',
  '$numberLong',
  '$numberDouble',
  '$numberDecimal',
  '$binary',
  '$code',
  '$timestamp',
  '$regularExpression',
  '$dbPointer',
  '$date',
  '$minKey',
  '$maxKey',
  '$undefined',
]);

/**
 * Canonical extended JSON (https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md):
 * every number says its type. Undefined for a document that has a field named like one of the types, because what is
 * written would be read as that type.
 */
export function writeEjson(doc: Document): string | undefined {
  return isAmbiguous(doc) ? undefined : written(doc);
}

function isAmbiguous(value: Value): boolean {
  if (Array.isArray(value)) return value.some(isAmbiguous);
  if (value instanceof Code && value.scope) return isAmbiguous(value.scope);
  if (!(value instanceof Map)) return false;
  for (const [name, item] of value) if (typeKeys.has(name) || isAmbiguous(item)) return true;
  return false;
}

function written(value: Value): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return `{"$numberInt":"${value}"}`;
    case 'bigint':
      return `{"$numberLong":"${value}"}`;
    case 'boolean':
      return String(value);
  }
  if (value === null) return 'null';
  if (value instanceof Map) {
    const fields: string[] = [];
    for (const [name, item] of value) fields.push(`${JSON.stringify(name)}:${written(item)}`);
    return `{${fields.join(',')}}`;
  }
  if (Array.isArray(value)) return `[${value.map(written).join(',')}]`;
  if (value instanceof Double) return `{"$numberDouble":"${doubleText(value.value)}"}`;
  if (value instanceof ObjectId) return `{"$oid":"${value.toHex()}"}`;
  if (value instanceof Date) return `{"$date":{"$numberLong":"${value.getTime()}"}}`;
  if (value instanceof Decimal) return `{"$numberDecimal":"${decimalText(value)}"}`;
  return writtenRare(value);
}

function writtenRare(value: Value): string {
  if (value instanceof Binary) {
    const base64 = Buffer.from(value.bytes).toString('base64');
    return `{"$binary":{"base64":"${base64}","subType":"${value.subtype.toString(16).padStart(2, '0')}"}}`;
  }
  if (value instanceof Timestamp) {
    return `{"$timestamp":{"t":${value.value >> 32n},"i":${value.value & 0xffff_ffffn}}}`;
  }
  if (value instanceof Regex) {
    const [pattern, options] = [JSON.stringify(value.pattern), JSON.stringify(value.options)];
    return `{"$regularExpression":{"pattern":${pattern},"options":${options}}}`;
  }
  if (value instanceof Code) {
    const code = `"$code":${JSON.stringify(value.code)}`;
    return value.scope ? `{${code},"$scope":${written(value.scope)}}` : `{${code}}`;
  }
  if (value instanceof DbPointer) {
    return `{"$dbPointer":{"$ref":${JSON.stringify(value.namespace)},"$id":${written(value.id)}}}`;
  }
  if (value instanceof SymbolText) return `{"$symbol":${JSON.stringify(value.text)}}`;
  const { name } = value as { name: 'minKey' | 'maxKey' | 'undefined' };
  return name === 'undefined' ? '{"$undefined":true}' : `{"$${name}":1}`;
}

function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
