/**
 * How a BSON value is held in memory. Nothing is lost on the way in and out: each of the four number types stays what
 * it is, and a document is a Map, because the order of its fields counts and `{ "10": …, "2": … }` would be reordered
 * by an object.
 *
 * | BSON | here |
 * |---|---|
 * | int | number, always a 32-bit integer |
 * | long | bigint |
 * | double | Double |
 * | decimal | Decimal |
 * | string, bool, null, array, date | the same in JavaScript |
 * | document | Map |
 */
export type Value =
  | null
  | boolean
  | string
  | number
  | bigint
  | Double
  | Decimal
  | Date
  | ObjectId
  | Binary
  | Timestamp
  | Regex
  | Code
  | DbPointer
  | Marker
  | SymbolText
  | Document
  | Value[];

export type Document = Map<string, Value>;

export class Double {
  constructor(readonly value: number) {}
}

/** `sign × coefficient × 10^exponent`, at most 34 digits, or one of the specials. */
export class Decimal {
  constructor(
    readonly negative: boolean,
    readonly coefficient: bigint,
    readonly exponent: number,
    readonly special?: 'NaN' | 'Infinity',
  ) {}
}

/** The 12 bytes of an object id. */
export class ObjectId {
  constructor(readonly bytes: Uint8Array) {}
  toHex(): string {
    return Buffer.from(this.bytes).toString('hex');
  }
}

export class Binary {
  constructor(
    readonly bytes: Uint8Array,
    readonly subtype: number,
  ) {}
}

/** Seconds in the upper half, a counter in the lower. */
export class Timestamp {
  constructor(readonly value: bigint) {}
}

export class Regex {
  constructor(
    readonly pattern: string,
    readonly options: string,
  ) {}
}

export class Code {
  constructor(
    readonly code: string,
    readonly scope?: Document,
  ) {}
}

/** Deprecated in BSON; carried through unchanged. */
export class DbPointer {
  constructor(
    readonly namespace: string,
    readonly id: ObjectId,
  ) {}
}

/** Deprecated in BSON; sorts and compares as a string. */
export class SymbolText {
  constructor(readonly text: string) {}
}

/** The values that are nothing but their type. */
export class Marker {
  private constructor(readonly name: 'minKey' | 'maxKey' | 'undefined') {}
  static readonly minKey = new Marker('minKey');
  static readonly maxKey = new Marker('maxKey');
  static readonly undefined = new Marker('undefined');
}

/** The type names of `$type` and of error messages, by BSON type code. */
export const typeNames = {
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  5: 'binData',
  6: 'undefined',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  11: 'regex',
  12: 'dbPointer',
  13: 'javascript',
  14: 'symbol',
  15: 'javascriptWithScope',
  16: 'int',
  17: 'timestamp',
  18: 'long',
  19: 'decimal',
  127: 'maxKey',
  [-1]: 'minKey',
} as const;

export type TypeCode = keyof typeof typeNames;

/** The BSON type code of a value; -1 for minKey. */
export function typeCode(value: Value): TypeCode {
  switch (typeof value) {
    case 'number':
      return 16;
    case 'string':
      return 2;
    case 'bigint':
      return 18;
    case 'boolean':
      return 8;
  }
  if (value === null) return 10;
  if (value instanceof Map) return 3;
  if (Array.isArray(value)) return 4;
  if (value instanceof Double) return 1;
  if (value instanceof ObjectId) return 7;
  if (value instanceof Date) return 9;
  if (value instanceof Decimal) return 19;
  if (value instanceof Binary) return 5;
  if (value instanceof Timestamp) return 17;
  if (value instanceof Regex) return 11;
  if (value instanceof Code) return value.scope ? 15 : 13;
  if (value instanceof DbPointer) return 12;
  if (value instanceof SymbolText) return 14;
  return value === Marker.minKey ? -1 : value === Marker.maxKey ? 127 : 6;
}

/** The name that `$type` gives a value, `missing` for no value. */
export function typeName(value: Value | undefined): string {
  return value === undefined ? 'missing' : typeNames[typeCode(value)];
}

export type NumberValue = number | bigint | Double | Decimal;

export function isNumber(value: Value | undefined): value is NumberValue {
  return (
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    value instanceof Double ||
    value instanceof Decimal
  );
}

/** A document written as pairs or as an object literal whose names are not integers. */
export function document(fields: Record<string, Value | undefined>): Document {
  const result: Document = new Map();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) result.set(name, value);
  return result;
}
