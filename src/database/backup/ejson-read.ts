import { parseDecimal } from '../embedded/bson/decimal';
import {
  Binary,
  Code,
  DbPointer,
  type Document,
  Double,
  Marker,
  ObjectId,
  Regex,
  SymbolText,
  Timestamp,
  type Value,
} from '../embedded/bson/types';
import { typeKeys } from './ejson-write';
import { BadJson, type Json } from './json';

/** The document that extended JSON stands for. Plain numbers are taken too. @throws BadJson */
export function readEjson(json: Json): Document {
  const value = read(json);
  if (!(value instanceof Map)) throw new BadJson('a document was expected');
  return value;
}

function read(json: Json): Value {
  if (typeof json === 'number') return readNumber(json);
  if (Array.isArray(json)) return json.map(read);
  if (!(json instanceof Map)) return json;
  for (const name of json.keys()) if (typeKeys.has(name)) return readTyped(name, json);
  return new Map([...json].map(([name, item]) => [name, read(item)]));
}

function readNumber(json: number): Value {
  if (!Number.isInteger(json)) return new Double(json);
  if ((json | 0) === json) return json;
  return Number.isSafeInteger(json) ? BigInt(json) : new Double(json);
}

function readTyped(name: string, json: Map<string, Json>): Value {
  const content = json.get(name) as Json;
  const allowed = name === '$code' ? ['$code', '$scope'] : [name];
  for (const key of json.keys()) if (!allowed.includes(key)) throw wrong(name);
  switch (name) {
    case '$oid':
      return new ObjectId(Buffer.from(text(name, content, /^[0-9a-fA-F]{24}$/), 'hex'));
    case '$numberInt': {
      const value = Number(text(name, content, /^-?\d{1,10}$/));
      if ((value | 0) !== value) throw wrong(name);
      return value;
    }
    case '$numberLong': {
      const value = BigInt(text(name, content, /^-?\d{1,19}$/));
      if (BigInt.asIntN(64, value) !== value) throw wrong(name);
      return value;
    }
    case '$numberDouble':
      return new Double(Number(text(name, content, /^(?:NaN|-?Infinity|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/)));
    case '$numberDecimal': {
      const decimal = parseDecimal(text(name, content, /./));
      if (!decimal) throw wrong(name);
      return decimal;
    }
    case '$date':
      return readDate(content);
    case '$symbol':
      return new SymbolText(text(name, content, /^/));
    case '$undefined':
      return Marker.undefined;
    case '$minKey':
      return Marker.minKey;
    case '$maxKey':
      return Marker.maxKey;
    default:
      return readCompound(name, content, json);
  }
}

function readCompound(name: string, content: Json, json: Map<string, Json>): Value {
  if (name === '$code') {
    const scope = json.get('$scope');
    const code = text(name, content, /^/);
    return scope === undefined ? new Code(code) : new Code(code, readEjson(scope));
  }
  const part = (key: string, form: RegExp): string => {
    if (!(content instanceof Map)) throw wrong(name);
    return text(name, content.get(key), form);
  };
  switch (name) {
    case '$binary':
      return new Binary(
        Buffer.from(part('base64', /^[A-Za-z0-9+/]*={0,2}$/), 'base64'),
        Number.parseInt(part('subType', /^[0-9a-fA-F]{1,2}$/), 16),
      );
    case '$regularExpression':
      return new Regex(part('pattern', /^/), part('options', /^/));
    case '$timestamp': {
      const [t, i] = ['t', 'i'].map((key) => BigInt(unsigned(name, content, key))) as [bigint, bigint];
      return new Timestamp((t << 32n) | i);
    }
    default: {
      const id = content instanceof Map ? read(content.get('$id') ?? null) : undefined;
      if (!(id instanceof ObjectId)) throw wrong(name);
      return new DbPointer(part('$ref', /^/), id);
    }
  }
}

function readDate(content: Json): Date {
  const value = typeof content === 'string' ? Date.parse(content) : Number(read(content));
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) throw wrong('$date');
  return date;
}

function unsigned(name: string, content: Json, key: string): number {
  const value = content instanceof Map ? content.get(key) : undefined;
  if (typeof value !== 'number' || value >>> 0 !== value) throw wrong(name);
  return value;
}

function text(name: string, content: Json | undefined, form: RegExp): string {
  if (typeof content !== 'string' || !form.test(content)) throw wrong(name);
  return content;
}

const wrong = (name: string) => new BadJson(`a bad ${name}`);
