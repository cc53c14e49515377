import { mongo } from 'mongoose';
import { decimalText } from '../embedded/bson/decimal';
import {
  Binary,
  Code,
  DbPointer,
  Decimal,
  type Document,
  Double,
  Marker,
  ObjectId,
  Regex,
  SymbolText,
  Timestamp,
  type Value,
} from '../embedded/bson/types';

const { BSON } = mongo;

/**
 * What the driver sends as exactly this value. Documents are Maps, which keep the order of their fields.
 *
 * @throws Unsendable for the two deprecated types that the driver cannot write.
 */
function toDriver(value: Value): unknown {
  if (typeof value === 'number') return new BSON.Int32(value);
  if (typeof value === 'bigint') return BSON.Long.fromBigInt(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Map) return documentToDriver(value);
  if (Array.isArray(value)) return value.map(toDriver);
  if (value instanceof Double) return new BSON.Double(value.value);
  if (value instanceof Decimal) return BSON.Decimal128.fromString(decimalText(value));
  if (value instanceof ObjectId) return new BSON.ObjectId(value.bytes);
  if (value instanceof Binary) return new BSON.Binary(value.bytes, value.subtype);
  if (value instanceof Timestamp) return new BSON.Timestamp(value.value);
  if (value instanceof Regex) return new BSON.BSONRegExp(value.pattern, value.options);
  if (value instanceof SymbolText) return new BSON.BSONSymbol(value.text);
  if (value instanceof Code) {
    return new BSON.Code(
      value.code,
      (value.scope && documentToDriver(value.scope)) as mongo.Document | undefined,
    );
  }
  if (value === Marker.minKey) return new BSON.MinKey();
  if (value === Marker.maxKey) return new BSON.MaxKey();
  throw new Unsendable(value instanceof DbPointer ? 'dbPointer' : 'undefined');
}

/** A value that no driver of today writes. */
class Unsendable extends Error {
  override readonly name = 'Unsendable';
  constructor(type: string) {
    super(`it has a value of the deprecated type ${type}, which the driver cannot write`);
  }
}

export function documentToDriver(doc: Document): Map<string, unknown> {
  const result = new Map<string, unknown>();
  for (const [name, value] of doc) result.set(name, toDriver(value));
  return result;
}
